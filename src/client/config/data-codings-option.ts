import { encodingName, type DataCodings, type TextCodec } from '../../text';
import type { Problem } from './errors';
import { parsed, type OptionKind } from './option-kinds';

const EXAMPLE = 'give a JSON object of numbers and encodings such as {"1": "gsm0338"}';
const NUMBER = /^(\d{1,3}|0x[0-9a-f]{1,2})$/i;

/** What numbers mean at this SMSC: `{1: "gsm0338", "0xf5": "binary"}`, or its JSON text; undefined where none is named. */
export function dataCodings(): OptionKind<DataCodings | undefined> {
  return {
    fallback: undefined,
    check(given) {
      const value = parsed(given);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return { remedy: EXAMPLE };
      const all: Record<number, string> = {};
      for (const [key, name] of Object.entries(value) as [string, unknown][]) {
        const number = NUMBER.test(key) ? Number(key) : NaN;
        if (!(number <= 255))
          return { remedy: `${JSON.stringify(key)} is no number from 0 to 255; ${EXAMPLE}` };
        if (typeof name !== 'string' || name === '')
          return { remedy: `${key} has no name of an encoding; ${EXAMPLE}` };
        if (all[number] !== undefined) return { remedy: `${number} is there twice` };
        all[number] = name;
      }
      return { value: Object.keys(all).length === 0 ? undefined : all };
    },
  };
}

/** What the options say of the meaning of data_coding. */
interface Codings {
  readonly dataCodings: DataCodings | undefined;
  readonly defaultAlphabet: string;
}

/** Encodings that there are none of; and data_coding 0 that is said to be two. What a plugin brings is known when it is needed. */
export function dataCodingProblems(given: unknown, settings: Codings): Problem[] {
  // Their shape is checked elsewhere.
  const codecs: readonly unknown[] = Array.isArray(given) ? given : [];
  const { dataCodings: all, defaultAlphabet } = settings;
  const later = codecs.some((codec) => typeof codec === 'string');
  const own = codecs.map((codec) => (codec as Partial<TextCodec> | null)?.name);
  const known = (name: string): boolean => later || own.includes(name) || encodingName(name) !== undefined;
  const problems = Object.entries(all ?? {})
    .filter(([, name]) => !known(name))
    .map(([number, name]) => ({
      field: `dataCodings.${number}`,
      value: name,
      remedy:
        'there is no such encoding; give one such as gsm0338, ascii, latin1, ucs2, binary, or the name of a codec',
    }));
  const zero = all?.[0];
  const same = (one: string): string => encodingName(one) ?? one;
  if (zero === undefined || defaultAlphabet === 'gsm0338' || same(zero) === same(defaultAlphabet))
    return problems;
  const remedy = `data_coding 0 cannot mean this and ${defaultAlphabet} (defaultAlphabet): leave one of them away`;
  return [...problems, { field: 'dataCodings.0', value: zero, remedy }];
}
