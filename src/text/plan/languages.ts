import { DEFAULT_BASIC, DEFAULT_GSM, DEFAULT_SINGLE, NONE, gsmTable, type GsmTable } from './gsm-alphabet';
import { lockingTable, singleTable } from './shift-tables';
import { LANGUAGE_NAMES, type LanguageName } from './types';

const tablesFor = (name: LanguageName, id: number) => ({
  id,
  single: singleTable(name) ?? DEFAULT_SINGLE,
  locking: lockingTable(name),
});

/** By identifier, from 1 (TS 23.038 section 6.2.1.2.4); each made when first asked for: most processes need none. */
const LANGUAGES: ReturnType<typeof tablesFor>[] = [];

function languageOf(id: number): ReturnType<typeof tablesFor> | undefined {
  const name = LANGUAGE_NAMES[id - 1];
  return name && (LANGUAGES[id] ??= tablesFor(name, id));
}

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
  const id = LANGUAGE_NAMES.indexOf(name) + 1;
  if (!languageOf(id)?.locking) return [tableOf(0, id)];
  return [tableOf(0, id), tableOf(id, 0), tableOf(id, id)];
}

/** Whether the language's tables, with the default one, have the code point. */
export function languageHas(name: LanguageName, codePoint: number): boolean {
  const language = languageOf(LANGUAGE_NAMES.indexOf(name) + 1);
  if (!language || codePoint >= NONE) return false;
  return language.single.includes(codePoint) || (language.locking?.includes(codePoint) ?? false);
}
