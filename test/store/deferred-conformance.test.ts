import { deferStore, openMemoryStore, storeConformance, type Store } from '../../src/store';
import { chance, laggard } from '../support/order';

const LIMITS = { capacity: 1, whenFull: 'reject' } as const;

describe('a store that opens while it is used conforms', () => {
  const { capabilities } = openMemoryStore(LIMITS);

  for (const check of storeConformance()) {
    if (check.needs?.(capabilities) === false) continue;
    it(check.name, () =>
      check.run((options) => {
        const open = async (): Promise<Store> => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          return openMemoryStore(options);
        };
        return Promise.resolve(deferStore(capabilities, open));
      }),
    );
  }
});

describe('a store behind a network conforms, as to the order', () => {
  const { capabilities } = laggard(openMemoryStore(LIMITS), chance(1));

  for (const check of storeConformance()) {
    if (!/^(order|release|take|priorities):/.test(check.name)) continue;
    if (check.needs?.(capabilities) === false) continue;
    it(check.name, () =>
      check.run((options) => Promise.resolve(laggard(openMemoryStore(options), chance(2)))),
    );
  }
});
