import { capacityChecks } from './capacity';
import { correlationChecks } from './correlation';
import { deadLetterChecks } from './dead-letters';
import { durabilityChecks } from './durability';
import { leaseChecks } from './leases';
import { lifecycleChecks } from './lifecycle';
import { orderChecks } from './order';
import { stateChecks } from './state';
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
  return [
    ...orderChecks,
    ...leaseChecks,
    ...capacityChecks,
    ...correlationChecks,
    ...stateChecks,
    ...deadLetterChecks,
    ...lifecycleChecks,
    ...durabilityChecks,
  ];
}
