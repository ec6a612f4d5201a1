import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { LogFile } from '../../../src/observability';
import { FakeClock } from '../../support/clock';
import { until } from '../../support/until';

describe('A log file', () => {
  let folder: string;
  let clock: FakeClock;
  let told: string[];
  let lost: number[];
  const files: LogFile[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'smpp-log-'));
    clock = new FakeClock();
    [told, lost] = [[], []];
  });
  afterEach(async () => {
    for (const file of files.splice(0)) await file.close();
    rmSync(folder, { recursive: true });
  });

  function file(path = join(folder, 'smpp.log')): LogFile {
    const made = new LogFile(path, {
      clock,
      told: (text) => told.push(text),
      recovered: (count) => lost.push(count),
    });
    files.push(made);
    return made;
  }
  const read = (name = 'smpp.log'): string => readFileSync(join(folder, name), 'utf8');

  it('is made with its folder when the first line comes, for the user and the group alone', async () => {
    const path = join(folder, 'a', 'b', 'smpp.log');
    const log = file(path);
    await log.flush();
    assert.ok(!existsSync(path));
    log.write('one\n');
    log.write('two\n');
    await log.flush();
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
    assert.equal(statSync(path).mode & 0o137, 0);
    assert.equal(statSync(join(folder, 'a')).mode & 0o027, 0);
  });

  it('goes on where it was', async () => {
    writeFileSync(join(folder, 'smpp.log'), 'before\n');
    const log = file();
    log.write('after\n');
    await log.close();
    assert.equal(read(), 'before\nafter\n');
  });

  it('is opened anew when asked, and no line is lost or cut between the two', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('\n'))),
        async (steps) => {
          for (const name of readdirSync(folder)) rmSync(join(folder, name));
          const log = file();
          let moved = 0;
          for (const [at, step] of steps.entries()) {
            if (step !== '\n') log.write(`${at} ${JSON.stringify(step)}\n`);
            else if (existsSync(join(folder, 'smpp.log'))) {
              renameSync(join(folder, 'smpp.log'), join(folder, `${moved++}`));
              await log.reopen();
            }
          }
          await log.close();
          const names = [...Array(moved).keys()].map(String);
          const written = [...names, 'smpp.log'].flatMap((name) =>
            existsSync(join(folder, name)) ? read(name).split('\n').slice(0, -1) : [],
          );
          assert.deepEqual(
            written,
            steps.flatMap((step, at) => (step === '\n' ? [] : [`${at} ${JSON.stringify(step)}`])),
          );
        },
      ),
      { numRuns: 30 },
    ));

  it('may be written to by several, whose lines stay whole', async () => {
    const logs = [file(), file(), file()];
    for (let n = 0; n < 300; n++) {
      for (const [at, log] of logs.entries()) log.write(`${at} ${n} ${'x'.repeat(n * 7)}\n`);
      if (n % 50 === 0) await new Promise(setImmediate);
    }
    await Promise.all(logs.map((log) => log.close()));
    const lines = read().split('\n').slice(0, -1);
    assert.equal(lines.length, 900);
    for (const line of lines) assert.match(line, /^\d \d+ x*$/);
    for (const at of ['0', '1', '2']) {
      const own = lines.filter((line) => line.startsWith(at)).map((line) => Number(line.split(' ')[1]));
      assert.deepEqual(own, [...Array(300).keys()]);
    }
  });

  it('that cannot be opened is told of once, tried again, and has then what waited', async () => {
    const path = join(folder, 'in', 'smpp.log');
    writeFileSync(join(folder, 'in'), 'no folder');
    const log = file(path);
    log.write('one\n');
    await log.flush();
    log.write('two\n');
    await clock.advance(10_000);
    await until(() => told.length > 0);
    assert.match(
      told.join(),
      /^the log file .*smpp\.log cannot be written: (ENOTDIR|EEXIST).*tried again every 10 s/,
    );
    await assert.rejects(log.reopen(), /ENOTDIR|EEXIST/);
    rmSync(join(folder, 'in'));
    await clock.advance(10_000);
    await log.flush();
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
    assert.deepEqual([told.length, lost], [2, [0]]);
    assert.match(told[1] ?? '', /is written again; 0 lines were lost$/);
  });

  it('on a full disk keeps 16 MiB of lines, counts those beyond, and neither throws nor waits', async () => {
    const log = file('/dev/full');
    const line = `${'x'.repeat(1024 * 1024 - 1)}\n`;
    for (let n = 0; n < 20; n++) log.write(line);
    await log.flush();
    log.write(line);
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /\/dev\/full cannot be written: ENOSPC/);
    await log.close();
    assert.match(told[1] ?? '', /could not be written until the end; 21 lines were lost$/);
  });

  it('says how many lines were lost when it can be written again', async () => {
    const path = join(folder, 'smpp.log');
    mkdirSync(path);
    const log = file(path);
    for (let n = 0; n < 18; n++) log.write(`${'x'.repeat(1024 * 1024 - 1)}\n`);
    await log.flush();
    rmSync(path, { recursive: true });
    await clock.advance(10_000);
    await log.flush();
    assert.deepEqual(lost, [2]);
    assert.equal(statSync(path).size, 16 * 1024 * 1024);
  });

  it('that is a pipe without a reader is no file to wait for', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const log = file(path);
    log.write('one\n');
    await log.flush();
    assert.match(told[0] ?? '', /ENXIO/);
  });

  it('takes lines after it was closed, too', async () => {
    const log = file();
    log.write('one\n');
    await log.close();
    log.write('two\n');
    log.write('three\n');
    await log.close();
    assert.equal(read(), 'one\ntwo\nthree\n');
  });
});
