/*
 * What a text costs. This file and all that it imports use neither Buffer nor Node nor a charset
 * library, so that an editor can bundle them for a browser; segmenting asks the same plan.
 */
import { choose, lackingCharacters, layOut, type PlanOptions, type Written } from './plan/plan';
import { alphabetOf, gsmOf, meaningOf } from './plan/data-codings';
import { encodingName, encodingSpec } from './plan/names';
import { UCS2, unitsOf } from './plan/repertoire';
import { transliterate } from './plan/transliterate';
import { isLanguage } from './plan/languages';
import type { Unit } from './plan/types';
import { elementsLength, elementsOf } from './plan/udh-elements';
import type { EncodeOptions, SegmentOptions } from './types';

/** As of `encodeText` and `segment`; languages, encodings and headers that are not known are left out of account. */
export interface MeasureOptions
  extends
    Omit<EncodeOptions, 'language' | 'languages' | 'codecs'>,
    Pick<SegmentOptions, 'method' | 'wholeWords' | 'wholeGraphemes'> {
  /** The language whose shift tables are used where the text needs them. */
  readonly language?: string | undefined;
  /** Languages whose shift tables may be used. */
  readonly languages?: readonly string[] | undefined;
  /** Octets of other elements in each segment's user data header, beside those of `udh`. */
  readonly elementOctets?: number | undefined;
}

/** What a text costs. */
export interface Measure {
  /** Unicode characters (code points). */
  readonly characters: number;
  /** What it goes in. */
  readonly encoding: string;
  /** The language whose shift table is used. */
  readonly language?: string;
  /** Septets or octets of the whole text, without headers. */
  readonly units: number;
  /** What `units` are. */
  readonly unit: Unit;
  /** Short messages that it takes. */
  readonly segments: number;
  /** Units that fit into each segment of this message. */
  readonly perSegment: number;
  /** Units that the last segment still has room for. */
  readonly remaining: number;
  /** Characters that the default alphabet (or the encoding asked for) lacks; `index` in UTF-16 code units. */
  readonly forcing: readonly { readonly char: string; readonly index: number }[];
  /** Whether the text can go out; false: the encoding lacks characters, for which `unencodable` has no others. */
  readonly encodable: boolean;
  /** False where only the codec knows which characters the encoding has: then widths are an estimate. */
  readonly exact: boolean;
  /** What the nearest characters of the default alphabet would cost; absent where that saves no segment. */
  readonly transliterated?: {
    /** The text then. */
    readonly text: string;
    /** Septets or octets, without headers. */
    readonly units: number;
    /** What `units` are. */
    readonly unit: Unit;
    /** Short messages that it takes. */
    readonly segments: number;
  };
}

/** What a text costs; never throws. */
export function measure(text: string, options: MeasureOptions = {}): Measure {
  const plan = measurePlan(options);
  const asked = plan.encoding === 'auto' ? plan.defaultAlphabet : plan.encoding;
  const chosen = choose(text, plan);
  const encodable = !('lacking' in chosen);
  const written = encodable ? chosen : estimate(text, plan);
  const { starts, perSegment } = layOut(written, plan);
  const asIs = encodable && written.encoding === asked && written.text === text && !written.language;
  const repertoire = plan.repertoireOf(asked);
  return {
    characters: characterCount(written.text),
    encoding: written.encoding,
    ...(written.language && { language: written.language }),
    units: written.units,
    unit: written.repertoire.unit,
    segments: starts.length,
    perSegment,
    remaining: remaining(written, starts, perSegment),
    forcing: asIs || !repertoire ? [] : lackingCharacters(text, repertoire),
    encodable,
    exact: isExact(written.encoding),
    ...cheaper(text, written, starts.length, plan),
  };
}

function measurePlan(options: MeasureOptions): PlanOptions {
  const { encoding = 'auto', language, data_coding, messageClass } = options;
  const asked = alphabetOf(options);
  const alphabet = encodingName(asked) ?? asked;
  return {
    encoding:
      encoding === 'auto'
        ? byDataCoding(data_coding, alphabet, options)
        : (encodingName(encoding) ?? encoding),
    defaultAlphabet: messageClass === undefined ? alphabet : gsmOf(alphabet),
    language: language !== undefined && isLanguage(language) ? language : undefined,
    languages: (options.languages ?? []).filter(isLanguage),
    unencodable: options.unencodable ?? 'strict',
    method: options.method ?? 'udh8',
    elementOctets: (options.elementOctets ?? 0) + octetsOf(options.udh),
    wholeWords: options.wholeWords ?? false,
    wholeGraphemes: options.wholeGraphemes ?? true,
    maxParts: Infinity,
    asDefault: data_coding === 0,
    repertoireOf: (name) => encodingSpec(name)?.repertoire,
  };
}

function octetsOf(udh: MeasureOptions['udh']): number {
  const elements = udh === undefined ? [] : elementsOf(udh);
  return Array.isArray(elements) ? elementsLength(elements) : 0;
}

function byDataCoding(
  data_coding: number | undefined,
  alphabet: string,
  { dataCodings }: MeasureOptions,
): string {
  if (data_coding === undefined) return 'auto';
  const mapped = dataCodings?.[data_coding];
  const encoding =
    mapped === undefined ? meaningOf(data_coding, alphabet)?.encoding : (encodingName(mapped) ?? mapped);
  return encoding === undefined || encoding === 'binary' ? 'auto' : encoding;
}

function isExact(encoding: string): boolean {
  const spec = encodingSpec(encoding);
  return spec?.repertoire !== undefined && !spec.estimated;
}

/** A text that cannot go out as it is, counted with a replacement for what is lacking. */
function estimate(text: string, plan: PlanOptions): Written {
  const replaced = choose(text, { ...plan, unencodable: 'replace' });
  if (!('lacking' in replaced)) return replaced;
  return { encoding: 'ucs2', text, units: text.length * 2, repertoire: UCS2, shiftOctets: 0 };
}

function remaining(written: Written, starts: readonly number[], perSegment: number): number {
  const last = written.text.slice(starts[starts.length - 1]);
  return Math.max(0, perSegment - unitsOf(last, written.repertoire));
}

function cheaper(
  text: string,
  written: Written,
  segments: number,
  plan: PlanOptions,
): Pick<Measure, 'transliterated'> {
  const repertoire = plan.repertoireOf(plan.defaultAlphabet);
  if (!repertoire || written.encoding === plan.defaultAlphabet) return {};
  const near = transliterate(text, repertoire);
  if (near.missing !== -1 || near.text === text) return {};
  const chosen = choose(near.text, { ...plan, encoding: 'auto', unencodable: 'strict' });
  if ('lacking' in chosen) return {};
  const count = layOut(chosen, plan).starts.length;
  if (count >= segments) return {};
  return {
    transliterated: { text: near.text, units: chosen.units, unit: chosen.repertoire.unit, segments: count },
  };
}

/** Code points: of a surrogate pair two code units are one. */
export function characterCount(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}
