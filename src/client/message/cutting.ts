import { commandFacts, isQueued } from '../../protocol';
import {
  LONG_MESSAGE_METHODS,
  type LongMessageMethod,
  type SegmentOptions,
  type TextCodec,
} from '../../text';
import { MessageError, invalidField } from '../config/errors';
import type { Settings } from '../config/options';
import { octetIn, type Fields } from './addressing';
import type { ParsedMessage } from './message';

/** What the message asks of its text: how it is encoded and cut. Without a reference number. */
export function cutting(
  parsed: ParsedMessage,
  settings: Settings,
  codecs: readonly TextCodec[],
): SegmentOptions {
  const { encoding, messageClass, language, languages, wholeWords, unencodable } = parsed.options;
  return {
    method: methodOf(parsed),
    encoding,
    data_coding: octetIn(parsed.fields, 'data_coding'),
    messageClass,
    language,
    languages: languages ?? settings.languages,
    wholeWords,
    defaultAlphabet: settings.defaultAlphabet,
    dataCodings: settings.dataCodings,
    unencodable: unencodable ?? settings.unencodable,
    codecs,
    esm_class: octetIn(parsed.fields, 'esm_class'),
    udh: parsed.options.udh && headerOf(parsed),
  };
}

/** The elements of a message that has some, and can have them. */
function headerOf({ command, content, fields, options: { udh } }: ParsedMessage): typeof udh {
  if (!commandFacts(command).fieldNames.has('esm_class'))
    throw invalidField('udh', `udh: ${command} has no esm_class to say that the text begins with a header`);
  if (!Buffer.isBuffer(content) || !announcesHeader(fields)) return udh;
  const text =
    'udh: esm_class 64 (0x40) says that the octets begin with a header already; leave that bit out of esm_class, or give no udh';
  throw invalidField('udh', text);
}

/** User data header indicator, SMPP 3.4 section 5.2.12. */
const UDHI = 0x40;

/** Whether esm_class says that the octets begin with a user data header. */
export function announcesHeader(fields: Fields): boolean {
  return ((octetIn(fields, 'esm_class') ?? 0) & UDHI) !== 0;
}

function methodOf({ command, options, inPayload }: ParsedMessage): LongMessageMethod {
  // Who names the field gets it, however short the text.
  if (inPayload) return 'payload-always';
  const { longMessages = 'auto' } = options;
  // In message_payload there is room for all of it.
  const isPayloadOnly = !commandFacts(command).fieldNames.has('short_message');
  if (isPayloadOnly && longMessages === 'auto') return 'payload';
  const method = LONG_MESSAGE_METHODS.find((one) => one === longMessages) ?? 'udh8';
  // There is no replacing by parts.
  return isQueued(command) || method.startsWith('payload') ? method : 'reject';
}

/** The text, or the octets of a binary message. */
export function contentOf({ content }: ParsedMessage): string | Buffer {
  const given = typeof content === 'bigint' || Number.isFinite(content) ? String(content) : content;
  if (typeof given === 'string' || Buffer.isBuffer(given)) return given;
  if (given === undefined)
    throw new MessageError('MISSING_TEXT', 'short_message', 'the message has no text', undefined, MISSING);
  const what = typeof given === 'number' ? given : typeof given;
  throw invalidField('short_message', `short_message must be a text or a Buffer, not ${what}`);
}

const MISSING = 'give it as short_message (an empty text is possible)';

/** A part of a longer message by its own TLVs cannot be cut: its parts would say two things. */
export function refusePart({ tlvs }: ParsedMessage, segments: number): void {
  const name = Object.keys(tlvs).find((one) => one.startsWith('sar_'));
  if (name === undefined) return;
  const text =
    `${name} says that the message is one part of a longer one, and it takes ${segments} segments: ` +
    'leave the sar_ TLVs away (long_messages: sar makes them), or shorten it';
  throw new MessageError('TEXT_TOO_LONG', 'short_message', text);
}
