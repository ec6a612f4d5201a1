import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Smsc } from '../../src/simulator';
import { Shell, folderWith } from '../support/shell';

/** MiB of heap: what loading the sources takes, and much less than the rows would. */
const HEAP = 64;
const ROWS = 150_000;

describe('the memory of smpp send', function () {
  this.timeout(180_000);
  let folder: ReturnType<typeof folderWith>;
  let smsc: Smsc;

  before(async () => {
    folder = folderWith({});
    smsc = new Smsc({ receiptDelay: 1000 });
    await smsc.start();
    const file = createWriteStream(join(folder.path, 'many.csv'));
    file.write('to,text\n');
    for (let at = 0; at < ROWS; at++)
      if (!file.write(`4477${String(at).padStart(8, '0')},Hello number ${at}\n`)) await once(file, 'drain');
    file.end();
    await once(file, 'close');
  });
  after(async () => {
    await smsc?.stop();
    folder?.remove();
  });

  it('does not grow with the file, nor with its journal', async () => {
    const words = ['--file', join(folder.path, 'many.csv'), '--resume', join(folder.path, 'j')];
    const env = { NODE_OPTIONS: `--max-old-space-size=${HEAP}` };
    const shell = new Shell(['send', '--port', String(smsc.port), '--window-size', '200', ...words], env);
    const [code] = await shell.ended;
    assert.equal(code, 0, shell.stderr.slice(-2000));
    assert.match(shell.stdout, new RegExp(`${ROWS} rows: ${ROWS} accepted, 0 failed`));
  });
});
