import { ConfigError } from './errors';
import { checkValues, type Settings } from './options';

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
  // Elsewhere an emptied field means its default. Here that would lift the limit that is in force.
  const blank = CHANGEABLE.filter((field) => isBlank(changes[field]));
  if (blank.length > 0) {
    const give = 'give a value; what is not to change is left out';
    throw new ConfigError(blank.map((field) => ({ field, value: changes[field], remedy: give })));
  }
  const { settings, problems } = checkValues(changes);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(
    CHANGEABLE.filter((field) => changes[field] !== undefined).map((field) => [field, settings[field]]),
  );
}

/** A flow may give null. */
function isBlank(value: unknown): boolean {
  return value === null || (typeof value === 'string' && value.trim() === '');
}
