import { DEFAULT_BASIC, DEFAULT_GSM, DEFAULT_SINGLE, NONE, gsmTable, type GsmTable } from './gsm-alphabet';
import { lockingTable, singleTable } from './shift-tables';
import { LANGUAGE_NAMES, type LanguageName } from './types';

/** In the order of the national language identifiers, from 1 (TS 23.038 section 6.2.1.2.4). */
const LANGUAGES = LANGUAGE_NAMES.map((name, index) => ({
  id: index + 1,
  single: singleTable(name) ?? DEFAULT_SINGLE,
  locking: lockingTable(name),
}));

export function isLanguage(name: string): name is LanguageName {
  return (LANGUAGE_NAMES as readonly string[]).includes(name);
}

/** The languages that have national shift tables, in the order of their identifiers, from 1. */
export function languageNames(): readonly LanguageName[] {
  return LANGUAGE_NAMES;
}

/**
 * The table that a user data header asks for. An unknown identifier means the default one
 * (TS 23.038 section 6.2.1.2). There is no Spanish locking table: who asks for
 * it has the two identifiers the wrong way round, as some senders do, and means the single one.
 */
export function tableOf(locking: number, single: number): GsmTable {
  const base = LANGUAGES[locking - 1];
  const shift = LANGUAGES[single - 1] ?? (base?.locking ? undefined : base);
  if (!base?.locking && !shift) return DEFAULT_GSM;
  return gsmTable(base?.locking ?? DEFAULT_BASIC, shift?.single ?? DEFAULT_SINGLE, {
    locking: base?.locking ? base.id : 0,
    single: shift?.id ?? 0,
  });
}

/** The ways to write a language, those with the shorter header first. */
export function tablesOf(name: LanguageName): GsmTable[] {
  const id = LANGUAGE_NAMES.indexOf(name) + 1;
  if (!LANGUAGES[id - 1]?.locking) return [tableOf(0, id)];
  return [tableOf(0, id), tableOf(id, 0), tableOf(id, id)];
}

/** Whether the language's tables, with the default one, have the code point. */
export function languageHas(name: LanguageName, codePoint: number): boolean {
  const language = LANGUAGES[LANGUAGE_NAMES.indexOf(name)];
  if (!language || codePoint >= NONE) return false;
  return language.single.includes(codePoint) || (language.locking?.includes(codePoint) ?? false);
}
