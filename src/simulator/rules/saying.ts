import { occasion } from './occasion';
import type { Behaviour, Saying, Subject, Treatment } from './types';

/** Which PDUs of those that the centre writes a rule is about. */
export interface SayingOccasion {
  /** `submit` (mostly the default): responses to submits; `all`: everything. */
  readonly on?: Subject | 'all';
  /** Every nth one; default 1. */
  readonly every?: number;
  /** Only so many times, then never again. */
  readonly times?: number;
}

/** A rule that treats what is written, as its `on`, `every` and `times` say. */
export function treating(
  { on = 'submit', every = 1, times = Infinity }: SayingOccasion,
  treatment: Treatment,
  fits: (saying: Saying) => boolean = () => true,
): Behaviour {
  const applies = occasion({ every, times });
  return {
    onWrite: (saying) =>
      (on === 'all' || saying.subject === on) && fits(saying) && applies() ? treatment : undefined,
  };
}
