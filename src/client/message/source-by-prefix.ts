import type { SourcePrefix, SourcePrefixes } from '../config/source-prefixes';
import type { Settings } from '../config/options';
import { MessageError } from '../config/errors';
import { putSource, type Fields } from './addressing';
import type { ParsedMessage } from './message';

/** Nobody named a sender. */
export const hasNoSource = (given: unknown): boolean => given === undefined || given === null || given === '';

/**
 * Puts the sender into the PDU that `sourceByPrefix` has for its recipients, where neither the message nor the
 * connection's defaults name one. Recipients of a list must all have the same. Throws {@link MessageError}.
 */
export function putSourceByPrefix(
  sources: SourcePrefixes | undefined,
  { fields }: ParsedMessage,
  pdu: Fields,
  settings: Settings,
): void {
  if (!sources || !hasNoSource(fields['source_addr'])) return;
  const numbers = recipientsIn(pdu);
  const [first, ...others] = new Set(numbers.map((number) => sources.find(number)?.source ?? ''));
  if (others.length > 0) throw severalSources(numbers.map((number) => sources.find(number)));
  if (first) putSource({ ...fields, source_addr: first }, pdu, settings);
}

/** As they go over the wire; of a distribution list its name, which has no digits. */
function recipientsIn(pdu: Fields): string[] {
  const { destination_addr: one, dest_address: list } = pdu;
  if (typeof one === 'string') return [one];
  if (!Array.isArray(list)) return [];
  return list.map((entry: unknown) => {
    const { destination_addr: number } = Object(entry) as { destination_addr?: unknown };
    return typeof number === 'string' ? number : '';
  });
}

function severalSources(found: readonly (SourcePrefix | undefined)[]): MessageError {
  const prefixes = [...new Set(found.map((entry) => (entry?.prefix ?? '') || '*'))].slice(0, 5).join(', ');
  const text = `the recipients of one list have several senders by sourceByPrefix (of ${prefixes})`;
  const remedy = 'give source_addr, or a list for each of them';
  return new MessageError('INVALID_FIELD', 'source_addr', text, undefined, remedy);
}
