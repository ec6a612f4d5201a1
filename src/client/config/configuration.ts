import { ConfigError } from './errors';
import { checkValues, type Settings } from './options';

/** What can be changed while a client runs. */
export interface Configuration {
  /** Segments per second; 0: no limit. */
  sendRate?: number | string;
  /** Requests without response on each session, from now on. */
  windowSize?: number | string;
  /** `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. */
  logLevel?: string;
}

const CHANGEABLE = ['sendRate', 'windowSize', 'logLevel'] as const;

/** The changes, checked, sendRate only where the rate limiter is ours. Throws {@link ConfigError}. */
export function checkChanges(
  changes: Configuration,
  rateIsOurs: boolean,
): Partial<Pick<Settings, (typeof CHANGEABLE)[number]>> {
  const refuse = (fields: readonly string[], remedy: string): void => {
    if (fields.length === 0) return;
    const given = changes as Readonly<Record<string, unknown>>;
    throw new ConfigError(
      fields.map((field) => ({ field, value: isChangeable(field) ? given[field] : undefined, remedy })),
    );
  };
  const strange = Object.keys(changes).filter((field) => !isChangeable(field));
  refuse(strange, `only ${CHANGEABLE.join(', ')} can be changed while running`);
  const given = CHANGEABLE.filter((field) => changes[field] !== undefined);
  const theirs = given.filter((field) => field === 'sendRate' && !rateIsOurs);
  refuse(theirs, 'the rate limiter is your own; change it there');
  // Elsewhere an emptied field means its default; here that would lift the limit in force.
  const blank = given.filter((field) => isBlank(changes[field]));
  refuse(blank, 'give a value; what is not to change is left out');
  const { settings, problems } = checkValues(changes);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(given.map((field) => [field, settings[field]]));
}

const isChangeable = (field: string): boolean => (CHANGEABLE as readonly string[]).includes(field);

/** JSON may have null. */
const isBlank = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && value.trim() === '');
