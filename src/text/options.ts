import { TextError } from './errors';
import type { EncodeOptions, SegmentOptions } from './types';

const METHODS: readonly unknown[] = [undefined, 'udh8', 'udh16', 'sar', 'payload', 'reject'];
const UNENCODABLE: readonly unknown[] = [undefined, 'strict', 'replace', 'transliterate'];
const CLASSES: readonly unknown[] = [undefined, 0, 1, 2, 3];

/**
 * Options that would go out as something else, for who calls without types.
 * @throws TextError `INVALID_OPTION`
 */
export function checkOptions(options: EncodeOptions, layout: Partial<SegmentOptions>): void {
  check('method', layout.method, METHODS);
  check('unencodable', options.unencodable, UNENCODABLE);
  check('messageClass', options.messageClass, CLASSES);
  const { maxParts } = layout;
  if (maxParts === undefined || (Number.isInteger(maxParts) && maxParts > 0)) return;
  throw invalid('maxParts', maxParts, 'give a whole number from 1 to 255');
}

function check(field: string, given: unknown, known: readonly unknown[]): void {
  if (!known.includes(given)) throw invalid(field, given, `give ${known.slice(1).join(', ')}`);
}

function invalid(field: string, given: unknown, remedy: string): TextError {
  return new TextError('INVALID_OPTION', `${field} cannot be ${JSON.stringify(given)}: ${remedy}.`, {
    field,
  });
}
