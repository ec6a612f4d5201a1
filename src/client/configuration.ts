import { ConfigError } from './errors';
import { normalise, type Settings } from './options';

/** What can be changed while a client runs. */
export interface Configuration {
  /** Segments per second; 0: no limit. */
  sendRate?: number | string;
  windowSize?: number | string;
  logLevel?: string;
}

const CHANGEABLE = ['sendRate', 'windowSize', 'logLevel'] as const;

/** The changes, checked. Throws {@link ConfigError}. */
export function checkChanges(
  changes: Configuration,
  rateIsOurs: boolean,
): Partial<Pick<Settings, (typeof CHANGEABLE)[number]>> {
  const remedy = `only ${CHANGEABLE.join(', ')} can be changed while running`;
  const strange = Object.keys(changes).filter((field) => !(CHANGEABLE as readonly string[]).includes(field));
  if (strange.length > 0) {
    throw new ConfigError(strange.map((field) => ({ field, value: undefined, remedy })));
  }
  if (changes.sendRate !== undefined && !rateIsOurs) {
    const theirs = 'the rate limiter is your own; change it there';
    throw new ConfigError([{ field: 'sendRate', value: changes.sendRate, remedy: theirs }]);
  }
  const settings = normalise(changes);
  return Object.fromEntries(
    CHANGEABLE.filter((field) => changes[field] !== undefined).map((field) => [field, settings[field]]),
  );
}
