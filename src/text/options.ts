import { TextError } from './errors';
import { LONG_MESSAGE_METHODS, UNENCODABLE, type MessageClass } from './plan/types';
import type { EncodeOptions, SegmentOptions } from './types';

const CLASSES: readonly MessageClass[] = [0, 1, 2, 3];

/**
 * Options that would go out as something else, for who calls without types.
 * @throws TextError `INVALID_OPTION`
 */
export function checkOptions(options: EncodeOptions, layout: Partial<SegmentOptions>): void {
  check('method', layout.method, LONG_MESSAGE_METHODS);
  check('unencodable', options.unencodable, UNENCODABLE);
  check('messageClass', options.messageClass, CLASSES);
  const { maxParts } = layout;
  if (maxParts === undefined || (Number.isInteger(maxParts) && maxParts > 0)) return;
  throw invalid('maxParts', maxParts, 'give a whole number from 1 to 255');
}

function check(field: string, given: unknown, known: readonly unknown[]): void {
  if (given !== undefined && !known.includes(given)) throw invalid(field, given, `give ${known.join(', ')}`);
}

function invalid(field: string, given: unknown, remedy: string): TextError {
  return new TextError('INVALID_OPTION', `${field} cannot be ${JSON.stringify(given)}: ${remedy}.`, {
    field,
  });
}
