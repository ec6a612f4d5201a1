import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Smsc } from '../../src/simulator';
import { runsTypeScript } from '../support/child';
import { MAIN, folderWith } from '../support/shell';
import { needs } from '../support/skip';
import { Terminal } from '../support/terminal';

describe('smpp doctor in a terminal', function () {
  this.timeout(60_000);
  let smsc: Smsc;
  let folder: ReturnType<typeof folderWith>;
  let terminal: Terminal;
  let port: number;

  before(function () {
    needs(this, 'tmux');
  });
  beforeEach(async () => {
    smsc = new Smsc({ systemId: 'esme', password: 'hunter2', receiptDelay: 0.05 });
    ({ port } = await smsc.start());
    folder = folderWith({ secret: 'hunter2\n', wrong: 'hunter3\n' });
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

  const line = (password: string, more = ''): string =>
    `./smpp doctor --port ${port} --system-id esme --password-file ${password} ${more}; echo "ended $?"`;

  it('says that the password is wrong, and what to do', async () => {
    terminal.type(line('wrong'));
    await terminal.shows(/✗ bind +\d+ ms {2}refused: ESME_R(INVPASWD|BINDFAIL)[\s\S]*→ .*password/);
    await terminal.shows(/^ended 4$/m);
  });

  it('asks before it sends, asks what the phone shows, and prints the configuration', async () => {
    terminal.type(line('secret', '--to 447700900123'));
    await terminal.shows(/This sends up to 10 messages to 447700900123.*\[y\/N\]/);
    terminal.type('y');
    await terminal.shows(/✓ long messages +.*accepted: udh8/);
    await terminal.shows(/What does the phone show of/);
    terminal.type('');
    await terminal.shows(/✓ default alphabet/);
    await terminal.shows(/✓ receipts .*came, DELIVRD/);
    await terminal.shows(/systemId: "esme"[\s\S]*^ended 0$/m);
  });

  it('is interrupted by Ctrl-C while it waits, and unbinds', async () => {
    smsc.setRules([{ type: 'ids', response: 'uuid' }]);
    terminal.type(line('secret', '--to 447700900123'));
    await terminal.shows(/\[y\/N\]/);
    terminal.press('C-c');
    await terminal.shows(/^ended 130$/m);
  });
});
