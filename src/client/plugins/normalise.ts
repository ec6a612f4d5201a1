import { didYouMean } from '../../protocol';
import { clientDirectory } from '../../store';
import { dataCodingProblems } from '../config/structured-kinds';
import { ConfigError, type Problem } from '../config/errors';
import { DEFAULT_CLIENT_ID, OPTIONS, checkValues, type Settings } from '../config/options';
import { tlsProblems } from '../config/tls';
import { defaultsProblems } from '../message/defaults';
import type { SmppClientOptions } from './client-options';
import { PART_NAMES, isPart, partProblems } from './part-shapes';

/** Checks all options; throws {@link ConfigError} with everything that is wrong. */
export function normalise(options: SmppClientOptions): Settings {
  const { settings, problems } = check(options);
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}

/** Checks all options and returns what is wrong with them: an empty list when all is well. */
export function findProblems(options: SmppClientOptions): Problem[] {
  return check(options).problems;
}

function check(options: SmppClientOptions): { settings: Settings; problems: Problem[] } {
  const { settings, problems } = checkValues(options);
  return {
    settings,
    problems: [
      ...problems,
      ...Object.keys(options).flatMap((field) => fieldProblems(field, options)),
      ...defaultsProblems(settings),
      ...dataCodingProblems(options.codecs, settings),
      ...queueProblems(options, settings),
      ...tlsProblems(options.tls, settings.useTls),
    ],
  };
}

function fieldProblems(field: string, options: SmppClientOptions): Problem[] {
  if (isPart(field)) return partProblems(field, options);
  if (Object.hasOwn(OPTIONS, field)) return [];
  const names = [...Object.keys(OPTIONS), ...PART_NAMES];
  const remedy = `there is no such option${didYouMean(field, names)}; see docs/reference.md for the names`;
  return [{ field, value: undefined, remedy }];
}

/** A queue on disk needs a place, and a name within it. */
function queueProblems({ queue }: SmppClientOptions, settings: Settings): Problem[] {
  const { queueDirectory, clientId } = settings;
  if (queue !== 'disk' && (queue !== undefined || queueDirectory === '')) return [];
  const check = (field: string, value: string, directory: string, name: string): Problem[] => {
    try {
      clientDirectory(directory, name);
      return [];
    } catch (error) {
      return [{ field, value, remedy: (error as Error).message }];
    }
  };
  return [
    ...check('queueDirectory', queueDirectory, queueDirectory, 'any'),
    ...check('clientId', clientId, '/any', clientId || DEFAULT_CLIENT_ID),
  ];
}
