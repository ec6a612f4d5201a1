import { resolveAddress, type AddressEncoding } from '../../text';
import { show, type Problem } from './errors';
import { Refused, kind, unsetVariable, type OptionKind } from './option-kinds';
import { isObject, readList } from './structured-kinds';

/** A sender, for the recipients whose numbers begin with some digits. */
export interface SourcePrefix {
  /** Digits, with or without +; empty or `*`: of all other numbers. */
  readonly prefix: string;
  /** A number, or a name of up to 11 characters. */
  readonly source: string;
}

interface Node {
  entry?: SourcePrefix;
  readonly next: (Node | undefined)[];
}

const [PLUS, ZERO, NINE] = [0x2b, 0x30, 0x39];

/** Senders by the digits that recipients begin with: the longest that fits counts. */
export class SourcePrefixes {
  readonly #root: Node = { next: [] };

  /** Each prefix once, of digits. */
  constructor(entries: readonly SourcePrefix[]) {
    for (const entry of entries) {
      let node = this.#root;
      for (const digit of entry.prefix) node = node.next[Number(digit)] ??= { next: [] };
      node.entry = entry;
    }
  }

  /** The entry of a number, written with or without +; undefined: there is none, not even for all others. */
  find(number: string): SourcePrefix | undefined {
    let node: Node | undefined = this.#root;
    let { entry } = node;
    for (let at = number.charCodeAt(0) === PLUS ? 1 : 0; at < number.length; at++) {
      const code = number.charCodeAt(at);
      node = code >= ZERO && code <= NINE ? node.next[code - ZERO] : undefined;
      if (!node) return entry;
      if (node.entry) ({ entry } = node);
    }
    return entry;
  }
}

const EXAMPLE = '[{"prefix": "4479", "source": "4479000"}, {"prefix": "", "source": "Shop"}]';
/** As many as there are operators in the world, several times over. */
const MOST = 10_000;
/** Digits of an international number, ITU-T E.164. */
const PREFIX = /^\+?(\d{1,15})$/;
const OTHERS = ['', '*', '+'];

/** A list of {@link SourcePrefix}, or its JSON text; their prefixes are digits alone then. */
export const sourcePrefixes = (): OptionKind<readonly SourcePrefix[]> =>
  kind<readonly SourcePrefix[]>([], (given) => {
    const list = readList(given, EXAMPLE);
    if (list.length > MOST) throw new Refused(`give at most ${MOST} entries (this has ${list.length})`);
    const places = new Map<string, number>();
    return Array.from(list, (one, index) => {
      const entry = readEntry(one, index);
      const before = places.get(entry.prefix);
      const what = entry.prefix === '' ? 'for all others' : entry.prefix;
      if (before !== undefined)
        throw new Refused(`entry ${index + 1}: prefix ${what} is there already, in entry ${before + 1}`);
      places.set(entry.prefix, index);
      return entry;
    });
  });

function readEntry(given: unknown, index: number): SourcePrefix {
  const refused = (remedy: string, variable?: string): Refused =>
    new Refused(`entry ${index + 1}: ${remedy}`, variable);
  if (!isObject(given)) throw refused(`give an object with prefix and source, as in ${EXAMPLE}`);
  const strange = Object.keys(given).find((name) => name !== 'prefix' && name !== 'source');
  if (strange !== undefined) throw refused(`there is no field ${strange}; there are prefix and source`);
  const text = (name: 'prefix' | 'source'): string => {
    const { [name]: value = '' } = given;
    const unset = unsetVariable(name, value);
    if (unset) throw refused(`${name} (${show(value)}): ${unset.remedy}`, unset.variable);
    if (typeof value === 'string') return value.trim();
    if (Number.isSafeInteger(value) && Number(value) >= 0) return String(value);
    throw refused(`${name} (${show(value)}): give a text`);
  };
  const [prefix, source] = [text('prefix'), text('source')];
  if (source === '') throw refused('it has no source: give a number, or a name of up to 11 characters');
  if (OTHERS.includes(prefix)) return { prefix: '', source };
  const digits = PREFIX.exec(prefix)?.[1];
  if (digits !== undefined) return { prefix: digits, source };
  throw refused(
    `prefix (${show(prefix)}): give 1 to 15 digits, with or without +, or * for all other numbers`,
  );
}

/** What says how a sender is read. */
interface SourceSettings {
  readonly sourceByPrefix: readonly SourcePrefix[];
  readonly sourceTon: number | undefined;
  readonly sourceNpi: number | undefined;
  readonly addressEncoding: AddressEncoding;
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** Senders that are none, by the types of number that the connection says. */
export function sourcePrefixProblems(settings: SourceSettings): Problem[] {
  const { sourceByPrefix: sources, sourceTon, sourceNpi, addressEncoding: encoding } = settings;
  const ton = settings.defaults['source_addr_ton'];
  return sources.flatMap(({ prefix, source }) => {
    try {
      const own = ton === undefined || ton === '' ? sourceTon : Number(ton);
      resolveAddress(source, { role: 'source', ton: own, npi: sourceNpi, encoding });
      return [];
    } catch (error) {
      const remedy = `source of prefix ${prefix || '*'}: ${(error as Error).message}`;
      return [{ field: 'sourceByPrefix', value: source, remedy }];
    }
  });
}
