import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { runsTypeScript } from '../support/child';
import { MAIN, folderWith } from '../support/shell';
import { needs } from '../support/skip';
import { Terminal } from '../support/terminal';
import { until } from '../support/until';

const COUNT = 300;

describe('smpp in a terminal', function () {
  this.timeout(60_000);
  let smsc: Smsc;
  let taken: SubmitEvent[];
  let folder: ReturnType<typeof folderWith>;
  let terminal: Terminal;
  let port: number;

  before(function () {
    needs(this, 'tmux');
  });
  beforeEach(async () => {
    smsc = new Smsc({ rules: [{ type: 'slow', seconds: 0.05 }] });
    taken = [];
    smsc.on('submit', (submit) => taken.push(submit));
    ({ port } = await smsc.start());
    const rows = Array.from(
      { length: COUNT },
      (_, at) => `44770090${String(at).padStart(4, '0')},text ${at}`,
    );
    folder = folderWith({ 'rows.csv': `to,text\n${rows.join('\n')}\nnobody,bad\n` });
    const command = join(folder.path, 'smpp');
    const words = [process.execPath, ...runsTypeScript, MAIN].map((word) => `'${word}'`).join(' ');
    writeFileSync(command, `#!/bin/sh\nexec ${words} "$@"\n`);
    chmodSync(command, 0o755);
    terminal = new Terminal(folder.path);
  });
  afterEach(async () => {
    terminal.close();
    await smsc.stop();
    folder.remove();
  });

  const line = (more = ''): string =>
    `./smpp send --port ${port} --file rows.csv --resume j ${more}; echo "ended $?"`;
  const different = (): number => new Set(taken.map(({ text }) => text)).size;

  it('shows how far it is, is interrupted by Ctrl-C, and goes on', async () => {
    terminal.type(line());
    const screen = await terminal.shows(
      /sending \[#+-+\] +[1-9]\d? % · \d+ accepted · 0 failed · \d+\/s · \d+ s left/,
    );
    // One bar, in its place.
    assert.equal(screen.match(/sending \[/g)?.length, 1, screen);
    terminal.press('C-c');
    await terminal.shows(
      /interrupted by SIGINT; \d+ rows: \d+ accepted.* not sent[\s\S]*the same command goes on/,
    );
    await terminal.shows(/^ended 130$/m);
    const before = taken.length;
    assert.ok(before < COUNT, String(before));

    terminal.type(line());
    await terminal.shows(new RegExp(`${before} rows were accepted before`));
    await terminal.shows(/line 302 \(row 301\): "nobody" cannot be the recipient[\s\S]*destinationTon/);
    await terminal.shows(/301 rows: \d+ accepted, 0 failed, 1 bad, \d+ were accepted before/);
    await terminal.shows(/^ended 1$/m);
    assert.match(terminal.screen(), /\[#{24}\] 100 %/);
    assert.deepEqual([different(), taken.length], [COUNT, COUNT]);
  });

  it('goes on after a kill, says what may come twice, and no more than that does', async () => {
    terminal.type(`./smpp send --port ${port} --file rows.csv --resume j --window-size 5 & echo $! >pid`);
    await until(() => taken.length > 40);
    // On a line of its own: what is killed leaves its line of progress unended.
    terminal.type("kill -9 $(cat pid); printf '\\nkill%s\\n' ed");
    await terminal.shows(/^killed$/m);
    terminal.type(line('--window-size 5'));
    const screen = await terminal.shows(/^ended 1$/m);
    const [, told] = /warning: (\d+) rows were begun[\s\S]*may come twice/.exec(screen) ?? [];
    assert.equal(different(), COUNT);
    const repeats = taken.length - COUNT;
    assert.ok(repeats <= Number(told) && Number(told) <= 10, `${repeats} repeats, ${String(told)} told`);
  });

  it('ends at once by a second Ctrl-C', async () => {
    smsc.setRules([{ type: 'hang' }]);
    terminal.type(line());
    await terminal.shows(/sending \[/);
    await until(() => smsc.sessions.some(({ submitted }) => submitted > 0));
    terminal.press('C-c');
    terminal.press('C-c');
    await terminal.shows(/ended 130$/m);
  });

  it('tells in a pipe how far it is, line by line', async () => {
    terminal.type(`./smpp send --port ${port} --file rows.csv --window-size 2 2>&1 | cat`);
    await terminal.shows(/^\d+ accepted, 0 failed, [1-9]\d*\/s, \d+ %$/m);
    assert.doesNotMatch(terminal.screen(), /sending \[/);
  });

  it('has no colors in a pipe, nor with NO_COLOR', async () => {
    terminal.type(
      `./smpp send --to 1 --text x --port 1 2>&1 | od -c | head -1; NO_COLOR=1 ./smpp send; echo ended`,
    );
    const screen = await terminal.shows(/^ended$/m);
    assert.match(screen, /0000000 +s +m +p +p +:/);
    assert.match(screen, /^smpp: there is nothing to send/m);
  });
});
