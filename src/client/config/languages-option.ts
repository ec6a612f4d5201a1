import { languageNames, type LanguageName } from '../../text';
import { parsed, type OptionKind } from './option-kinds';

/** Languages by name: a list, its JSON text, or names between commas. */
export function languages(): OptionKind<readonly LanguageName[]> {
  return {
    fallback: [],
    check(given) {
      const { names, unknown } = readLanguages(given);
      return unknown === undefined ? { value: names } : { remedy: unknown };
    },
  };
}

/** The languages that are named, each once; or what is wrong with them. */
export function readLanguages(given: unknown): { names: readonly LanguageName[]; unknown?: string } {
  const words = listOf(given);
  if (!words) return { names: [], unknown: `give languages such as turkish, spanish (${all()})` };
  const names = new Set<LanguageName>();
  for (const word of words) {
    const name = languageNames().find((one) => one === word.trim().toLowerCase());
    if (!name) {
      return { names: [], unknown: `there are no shift tables for ${JSON.stringify(word)}; give ${all()}` };
    }
    names.add(name);
  }
  return { names: [...names] };
}

function listOf(given: unknown): readonly string[] | undefined {
  const list = typeof given === 'string' && !given.trim().startsWith('[') ? given.split(',') : parsed(given);
  if (!Array.isArray(list) || !list.every((one): one is string => typeof one === 'string')) return undefined;
  // An empty text is an empty list, and a comma at the end no language.
  return typeof given === 'string' ? list.filter((one) => one.trim() !== '') : list;
}

const all = (): string => languageNames().join(', ');
