import { openMemoryStore, storeConformance } from '../../src/store';

describe('the memory store conforms', () => {
  const { capabilities } = openMemoryStore({ capacity: 1, whenFull: 'reject' });

  for (const check of storeConformance()) {
    if (check.needs?.(capabilities) === false) continue;
    it(check.name, () => check.run((options) => Promise.resolve(openMemoryStore(options))));
  }
});
