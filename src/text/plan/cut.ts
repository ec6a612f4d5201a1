import { unitsOf, type Repertoire } from './repertoire';

interface CutOptions {
  /** Units that fit into one part. */
  readonly capacity: number;
  readonly wholeWords: boolean;
  readonly wholeGraphemes: boolean;
  /** Stop after so many parts and one more: the caller sees that it is too long. */
  readonly maxParts: number;
}

/**
 * Where each part begins; the first is 0. Never cuts an escape or a surrogate pair; keeps
 * combining sequences, and words, whole where they fit into one part.
 *
 * Every character must be in the repertoire.
 */
export function cutText(text: string, repertoire: Repertoire, options: CutOptions): number[] {
  const starts: number[] = [];
  const clusters = options.wholeGraphemes && CLUSTERING.test(text) ? new Clusters(text) : undefined;
  const fits: Fits = (cluster) => unitsOf(cluster, repertoire) <= options.capacity;
  for (let start = 0; start < text.length && starts.length <= options.maxParts;) {
    starts.push(start);
    const furthest = fill(text, start, repertoire, options.capacity);
    if (furthest >= text.length) break;
    let end = furthest;
    if (options.wholeWords) end = backToWord(text, start, end);
    if (clusters) end = clusters.back(start, end, fits);
    start = Math.max(end, start + 1);
  }
  return starts;
}

/** How far a part that begins at `start` can reach. */
function fill(text: string, start: number, repertoire: Repertoire, capacity: number): number {
  let units = 0;
  let previous = -1;
  let reached = start;
  for (let index = start; index < text.length;) {
    const codePoint = text.codePointAt(index) as number;
    units += repertoire.width(codePoint) + (repertoire.shift?.(previous, codePoint) ?? 0);
    if (units > capacity) break;
    previous = codePoint;
    index += codePoint > 0xffff ? 2 : 1;
    if (!repertoire.tail || units + repertoire.tail(codePoint) <= capacity) reached = index;
  }
  return reached;
}

/** White space, but for that which is not to be broken at. */
const SPACE = /[^\S\u00a0\u202f\ufeff]/;

/** The end of the last whole word before `end`, its space included; `end` if there is none. */
function backToWord(text: string, start: number, end: number): number {
  if (SPACE.test(text.charAt(end))) return end;
  for (let index = end; index > start; index--) {
    if (SPACE.test(text.charAt(index - 1))) return index;
  }
  return end;
}

/**
 * What can make one cluster of several code points (Unicode annex 29): marks and all else that extends, joiners, CR LF,
 * Thai and Lao "am", Hangul jamo, regional indicators, prepended signs. Segmenting is dear: texts without them do not need it.
 */
const CLUSTERING =
  /\r\n|[\p{M}\p{Grapheme_Extend}\p{Regional_Indicator}\p{Emoji_Modifier}\u200d\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\u0600-\u0605\u06dd\u070f\u08e2\u0890\u0891\u0d4e\u{11000}-\u{11fff}]/u;

/** More code units than fit into any part: a cluster that goes on beyond them is longer than one. */
const BEYOND = 200;

/** Of a cluster longer than a part, so much tells what belongs to it. */
const BEFORE = 1000;

/**
 * Where the clusters of a text are, asked from its beginning to its end. Only what lies about a place is looked at:
 * in all of a long text, asking takes as long as getting there.
 */
class Clusters {
  readonly #text: string;
  readonly #segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  /** A place where a cluster begins. */
  #from = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The start of the cluster around `end`; `end` itself, if that cluster is longer than a part. */
  back(start: number, end: number, fits: Fits): number {
    const near = this.#segmenter.segment(this.#text.slice(this.#from, end + BEYOND));
    const { index, segment } = near.containing(end - this.#from) as Intl.SegmentData;
    const begin = this.#from + index;
    const cut = begin > start && fits(segment) ? begin : end;
    this.#from = cut === begin ? cut : Math.max(this.#from, cut - BEFORE);
    return cut;
  }
}

type Fits = (cluster: string) => boolean;
