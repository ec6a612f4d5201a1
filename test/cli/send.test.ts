import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Interruption, OutputClosed } from '../../src/cli/exit-codes';
import { Smsc, type Rule, type SubmitEvent } from '../../src/simulator';
import { MAIN, Shell, folderWith, jsonLines, smpp, type Said } from '../support/shell';
import { until } from '../support/until';

describe('smpp send', () => {
  let smsc: Smsc;
  let port: string;
  let taken: SubmitEvent[];
  let folder: ReturnType<typeof folderWith>;

  const started = async (rules: readonly Rule[] = []): Promise<void> => {
    smsc = new Smsc({ rules, receiptDelay: 0.05 });
    taken = [];
    smsc.on('submit', (submit) => taken.push(submit));
    port = String((await smsc.start()).port);
  };
  const send = (...words: string[]): Promise<Said> =>
    smpp(['send', '--port', port, ...words], { cwd: folder.path });
  const file = (name: string, content: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, content);
    return path;
  };
  const texts = (): (string | undefined)[] => taken.map(({ text }) => text);

  beforeEach(async () => {
    folder = folderWith({});
    await started();
  });
  afterEach(async () => {
    await smsc.stop();
    folder.remove();
  });

  describe('one message', () => {
    it('is accepted, with the id that the SMSC gave', async () => {
      const { code, stdout, stderr } = await send(
        '--to',
        '+44 7700 900123',
        '--from',
        '70123',
        '--text',
        'Hello',
      );
      assert.deepEqual([code, stderr], [0, '']);
      assert.equal(stdout, `accepted, message_id ${taken[0]!.message_id}\n`);
      assert.deepEqual(
        [taken[0]!.text, taken[0]!['destination_addr'], taken[0]!['source_addr']],
        ['Hello', '447700900123', '70123'],
      );
    });

    it('takes any field, and the configuration of variables', async () => {
      const env = { SMPP_PORT: port, SMPP_SYSTEM_ID: 'me' };
      const words = [
        'send',
        '--to',
        '447700900123',
        '--text',
        'x',
        '--set',
        'encoding=ucs2',
        '--set',
        'service_type=CMT',
      ];
      const { code } = await smpp(words, { env });
      assert.equal(code, 0);
      assert.deepEqual(
        [taken[0]!['data_coding'], taken[0]!['service_type'], taken[0]!.system_id],
        [8, 'CMT', 'me'],
      );
    });

    it('fails with 1 where the SMSC refuses it, and the reason', async () => {
      smsc.setRules([{ type: 'status', status: 'ESME_RINVDSTADR' }]);
      const { code, stdout, stderr } = await send('--to', '447700900123', '--text', 'x');
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /^smpp: .*ESME_RINVDSTADR/);
      const asJson = await send('--to', '447700900123', '--text', 'x', '--json');
      const [failed, summary] = jsonLines(asJson.stdout);
      assert.deepEqual([failed?.['event'], failed?.['command_status']], ['failed', 'ESME_RINVDSTADR']);
      assert.equal(summary?.['event'], 'summary');
    });

    it('waits for its receipt with --complete-when delivered', async () => {
      const { code, stdout } = await send(
        '--to',
        '447700900123',
        '--text',
        'x',
        '--complete-when',
        'delivered',
        '--json',
      );
      assert.equal(code, 0);
      const [line] = jsonLines(stdout);
      assert.deepEqual([line?.['event'], line?.['state']], ['delivered', 'DELIVRD']);
    });

    it('takes no receipts and messages that others wait for: it binds as transmitter, whatever the configuration', async () => {
      const binds: string[] = [];
      smsc.on('bind', ({ command }) => binds.push(command));
      const env = { SMPP_BIND_TYPE: 'pair', SMPP_PORT: port, SMPP_RECEIVER_PORT: '1' };
      const { code, stderr } = await smpp(['send', '--to', '447700900123', '--text', 'x'], { env });
      assert.equal(code, 0, stderr);
      await send('--to', '447700900123', '--text', 'x', '--bind-type', 'transceiver');
      assert.deepEqual(binds, ['bind_transmitter', 'bind_transceiver']);
    });

    it('is only checked with --dry-run: encoding, segments and their price', async () => {
      const { code, stdout } = await send(
        '--to',
        '1',
        '--text',
        `${'x'.repeat(160)}€`,
        '--dry-run',
        '--price',
        '0.07',
      );
      assert.deepEqual([code, stdout], [0, '2 segments, gsm0338, 174 octets\n2 segments, 0.14 altogether\n']);
      assert.equal(taken.length, 0);
    });
  });

  describe('what cannot be', () => {
    const cases: [string, number, RegExp, ...string[]][] = [
      ['nothing to send', 2, /give --to and --text, or --file/],
      ['no text', 2, /--text is missing/, '--to', '1'],
      ['a recipient and a file', 2, /give one of them/, '--to', '1', '--file', 'x'],
      [
        'a file that is not there',
        2,
        /nope\.csv cannot be read: there is no such file/,
        '--file',
        'nope.csv',
      ],
      ['a folder', 2, /\. cannot be read: it is a folder/, '--file', '.'],
      ['an option that is none', 2, /unknown option '--tp'\n\(Did you mean --to\?\)/, '--tp', '1'],
      ['a value that is none', 2, /--rate <number>.*Give a number/, '--rate', 'fast'],
      ['a word too many', 2, /too many arguments/, 'hello'],
      [
        'a queue in memory to leave messages in',
        2,
        /configure a queue/,
        '--to',
        '1',
        '--text',
        'x',
        '--complete-when',
        'queued',
      ],
      ['a recipient that is none', 1, /cannot be the recipient/, '--to', 'x', '--text', 'x', '--dry-run'],
      [
        'a configuration with problems',
        3,
        /windowSize \("x"\).*option --window-size/,
        '--to',
        '1',
        '--text',
        'x',
        '--window-size',
        'x',
      ],
      [
        'a port where nothing listens',
        4,
        /^smpp: cannot connect to 127\.0\.0\.1:1: nothing listens there .*\n$/,
        '--to',
        '1',
        '--text',
        'x',
        '--port',
        '1',
      ],
    ];
    for (const [what, wanted, pattern, ...words] of cases)
      it(`is told in one error: ${what}`, async () => {
        const { code, stdout, stderr } = await send(...words);
        assert.deepEqual([code, stdout], [wanted, ''], stderr);
        assert.match(stderr, pattern);
        assert.doesNotMatch(stderr, /\n\s+at /, 'a stack trace');
      });

    it('a refused bind ends it with 4', async () => {
      smsc.setRules([{ type: 'refuse', status: 'ESME_RINVPASWD' }]);
      const { code, stderr } = await send('--to', '1', '--text', 'x');
      assert.equal(code, 4, stderr);
      assert.match(stderr, /ESME_RINVPASWD/);
    });
  });

  describe('a file', () => {
    const MIXED = 'to,text\n447700900001,one\n447700900002\nnobody,three\n447700900004,"fo\nur"\n';

    it('sends what is good, tells what is bad with its line, and ends with 1', async () => {
      file('a.csv', MIXED);
      const { code, stdout, stderr } = await send('--file', 'a.csv');
      assert.equal(code, 1);
      assert.deepEqual(texts(), ['one', 'fo\nur']);
      assert.match(stderr, /^smpp: line 3 \(row 2\): it has 1 column/m);
      assert.match(stderr, /^smpp: line 4 \(row 3\): "nobody" cannot be the recipient/m);
      assert.match(stdout, /^4 rows: 2 accepted, 0 failed, 2 bad; 2 segments in /);
    });

    it('ends at the first bad row with --strict', async () => {
      file('a.csv', MIXED);
      const { code } = await send('--file', 'a.csv', '--strict');
      assert.equal(code, 1);
      assert.deepEqual(texts(), ['one']);
    });

    it('gives a JSON line for each row with --json', async () => {
      file('a.csv', MIXED);
      const { code, stdout, stderr } = await send('--file', 'a.csv', '--json');
      assert.deepEqual([code, stderr], [1, '']);
      const lines = jsonLines(stdout);
      const told = lines.slice(0, -1).map(({ row, line, event }) => [row, line, event]);
      assert.deepEqual(told.sort(), [
        [1, 2, 'accepted'],
        [2, 3, 'invalid'],
        [3, 4, 'invalid'],
        [4, 5, 'accepted'],
      ]);
      const { seconds: _seconds, ...summary } = lines.at(-1)!;
      const counts = {
        rows: 4,
        accepted: 2,
        failed: 0,
        invalid: 2,
        skipped: 0,
        returned: 0,
        unsure: 0,
        segments: 2,
      };
      assert.deepEqual(summary, { event: 'summary', ...counts });
    });

    it('may come by standard input, as JSON lines', async () => {
      const stdin =
        '{"destination_addr":"447700900001","short_message":{"hex":"00ff"}}\n{"to":"447700900002","text":"b"}\n';
      const { code } = await smpp(['send', '--port', port, '-f', '-'], { stdin });
      assert.equal(code, 0);
      assert.deepEqual(
        taken.map(({ octets }) => octets.toString('hex')),
        ['00ff', '62'],
      );
    });

    it('is refused where a column is no field, before anything is sent', async () => {
      file('a.csv', 'to,text,name\n447700900001,a,Ann\n447700900002,b,Bob\n');
      const { code, stderr } = await send('--file', 'a.csv');
      assert.equal(code, 2);
      assert.match(stderr, /^smpp: the column "name" is no field of a message: map it \(--map name=field\)/);
      assert.equal(taken.length, 0);
      assert.equal((await send('--file', 'a.csv', '--map', 'name=metadata.name')).code, 0);
    });

    it('with --dry-run sends nothing and sums up', async () => {
      file('a.csv', MIXED);
      const { code, stdout } = await send('--file', 'a.csv', '--dry-run', '--price', '0.1');
      assert.equal(code, 1);
      assert.equal(stdout, '4 rows: 2 good, 2 bad; 2 segments, 0.2 altogether; nothing was sent\n');
      assert.equal(taken.length, 0);
    });

    it('ends where the reader of its lines has gone', async () => {
      file('a.csv', 'to,text\n447700900001,a\n');
      const ending = new AbortController();
      ending.abort(new OutputClosed());
      const { code } = await smpp(['send', '--port', port, '--file', 'a.csv'], {
        cwd: folder.path,
        signal: ending.signal,
      });
      assert.equal(code, 141);
    });

    it('does not end as if all were sent where that reader goes in the middle', async () => {
      smsc.setRules([{ type: 'slow', seconds: 0.02 }]);
      const path = file('a.csv', `to,text\n${'447700900001,a\n'.repeat(3000)}`);
      const shell = new Shell(['send', '--port', port, '--file', path, '--json']);
      await until(() => shell.stdout.includes('accepted'));
      shell.child.stdout?.destroy();
      assert.deepEqual(await shell.ended, [141, null]);
      assert.match(
        shell.stderr,
        /^smpp: the reader of the output has gone, the rest is not sent: \d+ rows: \d+ accepted/m,
      );
      assert.ok(taken.length < 3000);
    });

    it('goes on where nobody reads its notes', async () => {
      smsc.setRules([{ type: 'status', status: 'ESME_RINVDSTADR', destination: '4477009000011' }]);
      const path = file('a.csv', `to,text\n${'4477009000011,a\n'.repeat(200)}447700900002,b\n`);
      const shell = new Shell(['send', '--port', port, '--file', path]);
      await until(() => shell.stderr.includes('ESME_RINVDSTADR'));
      shell.child.stderr?.destroy();
      assert.deepEqual(await shell.ended, [1, null]);
      assert.match(shell.stdout, /^201 rows: 1 accepted, 200 failed/);
    });

    it('says where its lines cannot be written', async () => {
      file('a.csv', 'to,text\n447700900001,a\n447700900002,b\n');
      const shell = `"${process.execPath}" -r ./.ci/compiled.cjs "${MAIN}" send --port ${port} --file "${join(folder.path, 'a.csv')}" --json >/dev/full`;
      const child = spawn('bash', ['-c', shell], { stdio: ['ignore', 'inherit', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      assert.deepEqual(await once(child, 'close'), [1, null]);
      assert.equal(stderr, 'smpp: the output cannot be written: no space is left there\n');
    });

    it('is refused where --map names a column that is not there', async () => {
      file('a.csv', 'to,message\n447700900001,a\n');
      const { code, stderr } = await send('--file', 'a.csv', '--map', 'mesage=text,message=');
      assert.equal(code, 2);
      assert.match(
        stderr,
        /^smpp: --map mesage=…: the file has no column "mesage"\n {2}its columns are "to", "message"/,
      );
    });
  });

  describe('with a journal', () => {
    const ROWS = 60;
    const rows = Array.from({ length: ROWS }, (_, at) => `4477009${String(at).padStart(5, '0')},text ${at}`);
    const journal = (): string => readFileSync(join(folder.path, 'j'), 'utf8');
    const resume = (...words: string[]): Promise<Said> => send('--file', 'a.csv', '--resume', 'j', ...words);
    const often = (): Map<string | undefined, number> => {
      const counts = new Map<string | undefined, number>();
      for (const text of texts()) counts.set(text, (counts.get(text) ?? 0) + 1);
      return counts;
    };

    beforeEach(() => void file('a.csv', `to,text\n${rows.join('\n')}\n`));

    it('has no row whose end is not known where a column was no field', async () => {
      file('a.csv', 'to,text,name\n447700900001,a,Ann\n');
      assert.equal((await resume()).code, 2);
      const { code, stderr } = await resume('--map', 'name=');
      assert.deepEqual([code, stderr.includes('may come twice')], [0, false]);
    });

    it('tells by the first Ctrl-C what it waits for', async () => {
      const { stderr } = await interrupted(10);
      assert.match(
        stderr,
        /^interrupted: waits for the answers to what is on the wire, drainTimeout at most/m,
      );
    });

    /** Interrupts it when so many were taken. */
    const interrupted = async (after: number): Promise<Said> => {
      smsc.setRules([{ type: 'slow', seconds: 0.02 }]);
      const ending = new AbortController();
      const words = ['send', '--port', port, '--file', 'a.csv', '--resume', 'j', '--window-size', '5'];
      const ended = smpp(words, { cwd: folder.path, signal: ending.signal });
      await until(() => taken.length >= after);
      ending.abort(new Interruption('SIGINT'));
      return ended;
    };

    it('goes on after an interruption, each message once', async () => {
      const first = await interrupted(12);
      assert.equal(first.code, 130);
      assert.match(first.stdout, /^interrupted by SIGINT; \d+ rows: \d+ accepted, 0 failed, \d+ not sent/);
      const before = taken.length;
      assert.ok(before < ROWS, String(before));
      const second = await resume();
      assert.equal(second.code, 0);
      assert.match(
        second.stderr,
        new RegExp(`^${before} rows were accepted before and are not sent again\n$`),
      );
      assert.deepEqual(
        [...often().values()],
        Array.from({ length: ROWS }, () => 1),
      );
      const third = await resume();
      assert.match(third.stdout, /^60 rows: 0 accepted, 0 failed, 60 were accepted before/);
      assert.equal(taken.length, ROWS);
    });

    it('says how many may come twice where the end of some is not known, or leaves them', async () => {
      await resume();
      // As a process that was killed has left it.
      const lines = journal()
        .split('\n')
        .filter((line) => !/^accepted (59|60)\b/.test(line));
      file('j', `${lines.join('\n')}\nacce`);
      const { stderr, stdout } = await resume('--in-flight', 'skip');
      assert.match(stderr, /warning: 2 rows were begun .* are not sent again \(--in-flight skip\)/);
      assert.match(stdout, /58 were accepted before, 2 of which it is not known/);
      assert.equal(taken.length, ROWS);
      assert.match((await resume()).stderr, /2 rows were begun .* sent again, and may come twice/);
      assert.equal(taken.length, ROWS + 2);
    });

    it('tries again what failed, and what was bad and is mended', async () => {
      file('a.csv', 'to,text\n447700900001,a\nnobody,b\n');
      smsc.setRules([{ type: 'status', status: 'ESME_RINVDSTADR', times: 1 }]);
      assert.equal((await resume()).code, 1);
      file('a.csv', 'to,text\n447700900001,a\n447700900002,b\n');
      assert.equal((await resume()).code, 0);
      assert.deepEqual(texts(), ['a', 'b']);
    });

    it('is refused for another file, but rows may be added', async () => {
      await resume();
      appendFileSync(join(folder.path, 'a.csv'), '447700999999,more\n');
      assert.equal((await resume()).code, 0);
      assert.equal(taken.length, ROWS + 1);
      file('a.csv', `to,text\n${[...rows].reverse().join('\n')}\n`);
      const { code, stderr } = await resume();
      assert.equal(code, 2);
      assert.match(stderr, /row 1 is not the one that was accepted/);
      assert.equal(taken.length, ROWS + 1);
    });

    it('is refused where the file is none, or in use, or cannot be written', async () => {
      file('j', 'precious\n');
      const { code, stderr } = await resume();
      assert.deepEqual([code, journal()], [2, 'precious\n']);
      assert.match(stderr, /is no journal of smpp send; it is left as it is/);
      file('k.lock', String(process.ppid));
      assert.match((await send('--file', 'a.csv', '--resume', 'k')).stderr, /in use by process \d+/);
      assert.match(
        (await send('--file', 'a.csv', '--resume', 'no/j')).stderr,
        /no\/j cannot be used: there is no such file/,
      );
      assert.equal(taken.length, 0);
      assert.ok(!existsSync(join(folder.path, 'j.lock')));
    });

    it('is written for receipts that are waited for, too, as soon as the message is accepted', async () => {
      await smsc.stop();
      smsc = new Smsc({ receiptDelay: 1000 });
      port = String((await smsc.start()).port);
      const ending = new AbortController();
      const words = [
        'send',
        '--port',
        port,
        '--file',
        'a.csv',
        '--resume',
        'j',
        '--complete-when',
        'delivered',
      ];
      const ended = smpp(words, { cwd: folder.path, signal: ending.signal });
      await until(
        () => existsSync(join(folder.path, 'j')) && (journal().match(/^accepted/gm) ?? []).length === ROWS,
      );
      ending.abort(new Interruption('SIGTERM'));
      assert.equal((await ended).code, 143);
    });
  });

  it('ends at once when it is interrupted while it waits for input', async () => {
    const ending = new AbortController();
    const stdin = new Readable({ read: () => undefined });
    stdin.push('to,text\n447700900001,a\n447700900002,b\n4477');
    const ended = smpp(['send', '--port', port, '-f', '-'], { stdin, signal: ending.signal });
    await until(() => taken.length === 2);
    ending.abort(new Interruption('SIGINT'));
    const { code, stdout } = await ended;
    assert.equal(code, 130);
    assert.match(stdout, /2 rows: 2 accepted/);
  });
});
