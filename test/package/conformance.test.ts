import { openMemoryStore, storeConformance } from '@nazjs/node-red-smpp';

/** As somebody's own package would do it: by the package's name, from what is built. */
describe('a store outside the project, by the suite that the package exports', () => {
  const capabilities = openMemoryStore({ capacity: 1, whenFull: 'reject' }).capabilities;
  for (const check of storeConformance()) {
    if (check.needs?.(capabilities) ?? true)
      it(check.name, () => check.run(async (options) => openMemoryStore(options)));
  }
});
