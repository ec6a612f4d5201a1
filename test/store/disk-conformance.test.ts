import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, storeConformance } from '../../src/store';

const account = { host: '127.0.0.1', systemId: 'tester' };

for (const [kind, more] of [
  ['the disk store conforms', {}],
  ['the disk store conforms with a queueKey', { queueKey: 'ab'.repeat(16) + '0123456789cdef90'.repeat(2) }],
] as const)
  describe(kind, () => {
    let base: string;
    before(async () => {
      base = await mkdtemp(join(tmpdir(), 'smpp-store-'));
    });
    after(() => rm(base, { recursive: true, force: true }));

    for (const check of storeConformance()) {
      const capabilities = {
        durable: true,
        shared: false,
        extend: false,
        delay: true,
        atomicSettle: true,
        segmentState: true,
        claims: true,
      };
      if (check.needs?.(capabilities) === false) continue;
      it(check.name, () =>
        check.run(({ name, ...options }) =>
          openDiskStore({ ...options, ...more, directory: join(base, name), account }),
        ),
      );
    }
  });
