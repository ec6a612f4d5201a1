import { didYouMean } from '../../protocol';
import { dataCodingProblems } from '../config/structured-kinds';
import { ConfigError, type Problem } from '../config/errors';
import { OPTIONS, checkValues, type Settings } from '../config/options';
import { sourcePrefixProblems } from '../config/source-prefixes';
import { listenTlsProblems, tlsProblems } from '../config/tls';
import { defaultsProblems } from '../message/defaults';
import { backendProblems } from './backend-options';
import type { SmppClientOptions } from './client-options';
import { logProblems } from './log-part';
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
      ...sourcePrefixProblems(settings),
      ...dataCodingProblems(options.codecs, settings),
      ...backendProblems(options, settings),
      ...tlsProblems(options.tls, settings.useTls),
      ...listenTlsProblems(options.outbindTls),
      ...logProblems(options, settings),
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
