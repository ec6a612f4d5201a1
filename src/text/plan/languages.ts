import {
  DEFAULT_BASIC,
  DEFAULT_GSM,
  DEFAULT_SINGLE,
  NONE,
  gsmTable,
  septetTable,
  type GsmTable,
  type SeptetTable,
} from './gsm-alphabet';
import { LOCKING_TABLES } from './locking-tables';
import { SINGLE_TABLES } from './single-tables';
import { LANGUAGE_NAMES, type LanguageName } from './types';

interface Language {
  /** National language identifier, TS 23.038 section 6.2.1.2.4. */
  readonly id: number;
  readonly single: SeptetTable;
  /** Spanish has none. */
  readonly locking: SeptetTable | undefined;
}

/** By identifier; parsed when first asked for, for most processes never need any. */
const LANGUAGES: (Language | undefined)[] = [];

/** Undefined: no language has the identifier. */
function languageOf(id: number): Language | undefined {
  const name = LANGUAGE_NAMES[id - 1];
  if (name === undefined) return undefined;
  return (LANGUAGES[id] ??= {
    id,
    single: septetTable(parseSingle(SINGLE_TABLES[name])),
    locking: name === 'spanish' ? undefined : septetTable(parseLocking(LOCKING_TABLES[name])),
  });
}

const named = (name: LanguageName): Language | undefined => languageOf(LANGUAGE_NAMES.indexOf(name) + 1);

function* parseSingle(lines: readonly string[]): Generator<[number, string]> {
  for (const entry of lines.join(' ').split(' ')) {
    const [septet = '', codePoint = ''] = entry.split(':');
    yield [parseInt(septet, 16), String.fromCharCode(parseInt(codePoint, 16))];
  }
}

function* parseLocking(rows: readonly string[]): Generator<[number, string]> {
  for (const [septet, codePoint] of rows.join(' ').split(' ').entries()) {
    if (codePoint !== '----') yield [septet, String.fromCharCode(parseInt(codePoint, 16))];
  }
}

export function isLanguage(name: string): name is LanguageName {
  return (LANGUAGE_NAMES as readonly string[]).includes(name);
}

export function languageNames(): readonly LanguageName[] {
  return LANGUAGE_NAMES;
}

/**
 * The table that a user data header asks for. An unknown identifier means the default one
 * (TS 23.038 section 6.2.1.2). There is no Spanish locking table: who asks for
 * it has the two identifiers the wrong way round, as some senders do, and means the single one.
 */
export function tableOf(locking: number, single: number): GsmTable {
  const base = languageOf(locking);
  const shift = languageOf(single) ?? (base?.locking ? undefined : base);
  if (!base?.locking && !shift) return DEFAULT_GSM;
  return gsmTable(base?.locking ?? DEFAULT_BASIC, shift?.single ?? DEFAULT_SINGLE, {
    locking: base?.locking ? base.id : 0,
    single: shift?.id ?? 0,
  });
}

/** The ways to write a language, those with the shorter header first. */
export function tablesOf(name: LanguageName): GsmTable[] {
  const language = named(name);
  if (!language) return [];
  const { id } = language;
  if (!language.locking) return [tableOf(0, id)];
  return [tableOf(0, id), tableOf(id, 0), tableOf(id, id)];
}

/** Whether the language's tables, with the default one, have the code point. */
export function languageHas(name: LanguageName, codePoint: number): boolean {
  const language = named(name);
  if (!language || codePoint >= NONE) return false;
  return language.single.includes(codePoint) || (language.locking?.includes(codePoint) ?? false);
}
