import assert from 'node:assert/strict';
import { createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Smsc } from '../../src/simulator';
import { Shell, folderWith } from '../support/shell';

const MIB = 1024 * 1024;

describe('the memory of smpp send', function () {
  this.timeout(120_000);
  let folder: ReturnType<typeof folderWith>;
  let smsc: Smsc;
  let port: string;

  before(async function () {
    // Where the peak of a process is told.
    if (process.platform !== 'linux') this.skip();
    folder = folderWith({});
    smsc = new Smsc({ receiptDelay: 1000 });
    port = String((await smsc.start()).port);
    await written('few.csv', 10_000);
    await written('many.csv', 150_000);
  });
  after(async () => {
    await smsc?.stop();
    folder?.remove();
  });

  async function written(name: string, rows: number): Promise<void> {
    const file = createWriteStream(join(folder.path, name));
    file.write('to,text\n');
    for (let at = 0; at < rows; at++)
      if (!file.write(`4477${String(at).padStart(8, '0')},Hello number ${at}\n`)) await once(file, 'drain');
    file.end();
    await once(file, 'close');
  }

  /** The most that it took, in octets. */
  async function peak(...words: string[]): Promise<number> {
    const shell = new Shell(['send', '--port', port, ...words]);
    let most = 0;
    const look = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${shell.child.pid!}/status`, 'utf8');
        most = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? most / 1024) * 1024;
      } catch {
        // It has ended.
      }
    }, 20);
    const [code] = await shell.ended;
    clearInterval(look);
    assert.equal(code, 0, shell.stderr);
    return most;
  }

  it('stays flat however long the file is', async () => {
    const few = await peak('--file', join(folder.path, 'few.csv'), '--window-size', '200');
    const many = await peak(
      '--file',
      join(folder.path, 'many.csv'),
      '--window-size',
      '200',
      '--resume',
      join(folder.path, 'j'),
    );
    assert.ok(few > 30 * MIB, String(few));
    assert.ok(
      many - few < 60 * MIB,
      `${Math.round(few / MIB)} MiB for 10,000 rows, ${Math.round(many / MIB)} MiB for 150,000`,
    );
  });
});
