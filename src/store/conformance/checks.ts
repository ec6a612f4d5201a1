import { capacityChecks } from './capacity';
import { claimChecks } from './claims';
import { correlationChecks } from './correlation';
import { deadLetterChecks } from './dead-letters';
import { durabilityChecks } from './durability';
import { leaseChecks } from './leases';
import { lifecycleChecks } from './lifecycle';
import { orderChecks } from './order';
import { removalChecks } from './removal';
import { sharingChecks } from './sharing';
import { stateChecks } from './state';
import { sessionChecks } from './sessions';
import { traceChecks } from './trace';
import type { ConformanceCheck } from './harness';

export const CHECKS: readonly ConformanceCheck[] = [
  ...orderChecks,
  ...leaseChecks,
  ...capacityChecks,
  ...correlationChecks,
  ...stateChecks,
  ...claimChecks,
  ...deadLetterChecks,
  ...lifecycleChecks,
  ...durabilityChecks,
  ...removalChecks,
  ...sharingChecks,
  ...traceChecks,
  ...sessionChecks,
];
