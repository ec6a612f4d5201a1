import type { ConformanceCheck } from './harness';

export type { ConformanceCheck, ConformanceOptions, OpenStore } from './harness';

/**
 * What every store must do, built in or not, as named checks for any test
 * runner. A check rejects when the store fails it; those whose `needs` says no
 * to the store's capabilities do not apply. They use the system's clock and take
 * a fraction of a second each.
 *
 *   for (const check of storeConformance())
 *     it(check.name, () => check.run(openStore));
 */
export function storeConformance(): ConformanceCheck[] {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only tests need them
  const { CHECKS } = require('./checks') as typeof import('./checks');
  return [...CHECKS];
}
