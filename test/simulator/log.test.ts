import assert from 'node:assert/strict';
import { Smsc, type SmscOptions } from '../../src/simulator';

describe('The log of the simulator', () => {
  it('may be a function that takes lines, as a client’s may', async () => {
    const lines: Record<string, unknown>[] = [];
    const smsc = new Smsc({ log: (line) => void lines.push(line) });
    await smsc.start();
    await smsc.stop();
    assert.match(String(lines[0]?.msg), /^listening on 127\.0\.0\.1:\d+$/);
  });
  it('is refused by its name where it is neither that nor a logger', () => {
    for (const log of [{}, 'info', 1, { info: () => undefined }] as unknown as SmscOptions['log'][]) {
      assert.throws(() => new Smsc({ log }), /log .*: give a pino logger, or a function/);
    }
  });
});
