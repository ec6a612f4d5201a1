/** A telephone number as people write it: digits in groups. */
interface WrittenNumber {
  /** Whether a `+` stands before it. */
  readonly plus: boolean;
  readonly digits: string;
  /** Whether anything stands between the digits. */
  readonly grouped: boolean;
}

/** Why a text is not one number, for people. */
export interface NoNumber {
  readonly why: string;
  /** It is, or may be, several. */
  readonly several: boolean;
}

/** `no` is absent where the text does not look like a number at all. */
type NumberReading = { readonly number: WrittenNumber } | { readonly no?: NoNumber };

/** Of numbers copied from an address book, a chat or a web page: marks of direction, and what has no width. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

/** Blanks that stand within a line; a tab or a line end may divide two numbers. */
const BLANKS = /[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+/g;
const DASHES = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/g;

/** What only stands between two numbers. */
const DIVIDERS = /[,;|&\t\n\v\f\r\u0085\u2028\u2029\u060c\u061b\u3001\uff0c\uff1b]| (?:and|und) /i;
/** A `+` begins a number: whatever stands before it divides. */
const BEFORE_PLUS = /(?<=\d) ?[/-]? ?(?=\+)/;
const BETWEEN_NUMBERS = /[ /]+/;

/** Digits of the shortest number of a subscriber: two groups of as many are two numbers. */
const WHOLE_NUMBER = 7;
/** Digits of a grouped number, with a trunk zero: ITU-T E.164. */
const MAX_GROUPED = 15;
/** Digits of an area code, with the country's before it or a trunk zero. */
const MAX_AREA = 6;

const DIGITS = /^\+?\d+$/;
const EXPONENT = /^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i;
const YEAR = '(?:19|20)\\d\\d';
const DAY_MONTH_YEAR = new RegExp(`^(\\d\\d?)([-./])(\\d\\d?)\\2(?:${YEAR}|\\d\\d)$`);
const YEAR_MONTH_DAY = new RegExp(`^${YEAR}([-./])(\\d\\d?)(?:\\1(\\d\\d?))?$`);
const MONTH_YEAR = new RegExp(`^(\\d\\d?)[-./]${YEAR}$`);
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}$/;

const AS_TEXT = 'give the number as a text with all its digits';

/**
 * The numbers that a text holds, as they are written: what divides two is never written inside one. Those are
 * `,` `;` `|` `&`, "and", "und", tabs and line ends, what stands before a `+`, and blanks and slashes between numbers of
 * 7 digits and more each.
 */
export function divideNumbers(text: string): string[] {
  return plain(text)
    .split(DIVIDERS)
    .flatMap((part) => part.split(BEFORE_PLUS))
    .flatMap((part) => {
      const pieces = part.trim().split(BETWEEN_NUMBERS);
      return pieces.every((one) => countDigits(one) >= WHOLE_NUMBER) ? pieces : [part];
    })
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/**
 * Reads one number. Blanks, dashes, parentheses, and dots and a slash between groups go, and so does the trunk
 * zero of "+44 (0)20". What could be two numbers, a fraction, an exponent or a date is none.
 */
export function readNumber(text: string): NumberReading {
  // Nearly all are: most of what follows is for the others.
  if (DIGITS.test(text))
    return { number: { plus: text.startsWith('+'), digits: text.replace('+', ''), grouped: false } };
  const written = plain(text).trim();
  const numbers = divideNumbers(written);
  if (numbers.length > 1 && numbers.every((one) => /^[+(]*\d/.test(one)))
    return { no: several(`it holds ${numbers.length} numbers`) };
  if (EXPONENT.test(written)) return { no: other(`it has an exponent, which has lost digits: ${AS_TEXT}`) };
  const groups = groupsOf(written);
  if (!groups) return {};
  const no = otherThanOne(written, groups);
  if (no) return { no };
  return {
    number: {
      plus: isPlus(written),
      digits: dialledFrom(groups),
      grouped: groups.length > 1,
    },
  };
}

const plain = (text: string): string => text.replace(INVISIBLE, '').replace(DASHES, '-').replace(BLANKS, ' ');

const isPlus = (written: string): boolean => /^\(?\+/.test(written);

const countDigits = (text: string): number => text.replace(/\D/g, '').length;

interface Group {
  readonly digits: string;
  /** In parentheses. */
  readonly enclosed: boolean;
  /** What stands before it: a dash, a dot, a slash, or nothing but blanks. */
  readonly mark: string;
}

/** The groups of digits; undefined where anything else stands between them than what people put there. */
function groupsOf(written: string): Group[] | undefined {
  const [head = '', ...pieces] = written.split(/(\d+)/);
  const last = pieces.pop();
  if (last !== '' || !/^(?:\+ ?\(? ?|\( ?\+? ?)?$/.test(head)) return undefined;
  const groups: Group[] = [];
  let open = head.includes('(');
  for (let at = 0; at < pieces.length; at += 2) {
    const before = at === 0 ? '' : (pieces[at - 1] ?? '').replaceAll(' ', '');
    const [, closes, mark, opens] = /^(\)?)([-./]?)(\(?)$/.exec(before) ?? [];
    // A parenthesis closes behind its only group.
    if (closes === undefined || (at > 0 && (closes === ')') !== open)) return undefined;
    if (at > 0) open = opens === '(';
    groups.push({ digits: pieces[at] ?? '', enclosed: open, mark: mark ?? '' });
  }
  return open ? undefined : groups;
}

const other = (why: string): NoNumber => ({ why, several: false });
const several = (why: string): NoNumber => ({ why, several: true });

/** What else it could be than one number. */
function otherThanOne(written: string, groups: readonly Group[]): NoNumber | undefined {
  if (isDate(written))
    return other('it may be a date; a number is written without such dashes, dots or slashes');
  if (IPV4.test(written)) return other('it is an IP address');
  if (groups.filter(({ digits }) => digits.length >= WHOLE_NUMBER).length > 1)
    return several('it may be two numbers');
  const count = countDigits(written) - (written.startsWith('00') ? 2 : 0);
  if (groups.length > 1 && count > MAX_GROUPED)
    return several(`it has ${count} digits, a number has ${MAX_GROUPED} at most; it may be two`);
  if (groups.some((group, at) => at > 0 && isZero(group) && !isTrunkZero(groups, at)))
    return other('a (0) stands behind a country code only, as in +44 (0)20');
  return fractionIn(written, groups) ?? slashIn(written, groups);
}

function isDate(written: string): boolean {
  const isDay = (text = '1'): boolean => Number(text) >= 1 && Number(text) <= 31;
  const isMonth = (text = '0'): boolean => Number(text) >= 1 && Number(text) <= 12;
  const [, , month, day] = YEAR_MONTH_DAY.exec(written) ?? [];
  const [, one, , other] = DAY_MONTH_YEAR.exec(written) ?? [];
  return (
    (isMonth(month) && isDay(day)) ||
    isMonth(MONTH_YEAR.exec(written)?.[1]) ||
    (isDay(one) && isDay(other) && (isMonth(one) || isMonth(other)))
  );
}

/** Only + and 0 say of digits that they are dialled: no fraction is written so. */
const isDialled = (written: string): boolean => isPlus(written) || /^\(?0\d/.test(written);

/** Dots stand between short groups; one alone is a decimal point unless something says that digits are dialled: +, 0, or an area code in parentheses. */
function fractionIn(written: string, groups: readonly Group[]): NoNumber | undefined {
  const dots = groups.flatMap(({ mark }, at) => (mark === '.' ? [at] : []));
  const shortest = groups.length > 2 ? 2 : 3;
  const fits = dots.every(
    (at) => digitsIn(groups, at, at + 1) >= shortest && digitsIn(groups, at - 1, at) < MAX_AREA,
  );
  const isNumber = isDialled(written) || groups.some(({ enclosed }) => enclosed);
  if (fits && (dots.length !== 1 || isNumber)) return undefined;
  return other(`a dot may mark a fraction: ${AS_TEXT} and without the dot`);
}

/** A slash stands behind the area code; elsewhere it divides. */
function slashIn(written: string, groups: readonly Group[]): NoNumber | undefined {
  const slashes = groups.flatMap(({ mark }, at) => (mark === '/' ? [at] : []));
  const [at] = slashes;
  if (at === undefined) return undefined;
  const area = digitsIn(groups, 0, at) - (written.startsWith('00') ? 2 : 0);
  const isWhole = digitsIn(groups, at, groups.length) > 3 && !groups[at]?.digits.startsWith('0');
  if (slashes.length === 1 && area <= MAX_AREA && isWhole && isDialled(written)) return undefined;
  return several('a slash may divide two numbers');
}

function digitsIn(groups: readonly Group[], from: number, to: number): number {
  return groups.slice(from, to).reduce((sum, { digits }) => sum + digits.length, 0);
}

const isZero = ({ digits, enclosed }: Group): boolean => enclosed && digits === '0';

/** Behind the country code, which has up to three digits: "+44 (0)20", "0044 (0)20", "44 (0)20". */
function isTrunkZero(groups: readonly Group[], at: number): boolean {
  const before = groups.slice(0, at).map(({ digits }) => digits);
  const group = groups[at];
  return group !== undefined && isZero(group) && /^(?:00)?[1-9]\d{0,2}$/.test(before.join(''));
}

/** The digits to dial: the trunk zero is for callers within the country, and no part of the number. */
function dialledFrom(groups: readonly Group[]): string {
  return groups
    .filter((_, at) => !isTrunkZero(groups, at))
    .map(({ digits }) => digits)
    .join('');
}
