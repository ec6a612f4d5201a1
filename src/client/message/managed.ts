import type { TraceContext } from '../../observability';
import { commandFacts, type CommandName } from '../../protocol';
import type { CorrelationEntry } from '../../store';
import { MessageError } from '../config/errors';
import type { ParsedMessage } from './message';
import type { DirectRequest, Requests } from './requests';
import { readSentAs } from './sent-as';

/** What is known of a message that was accepted. */
export type Original = Pick<CorrelationEntry, 'id' | 'segments' | 'source' | 'destination' | 'sentAs'>;

/** A query, cancel or replace, before it is known which message_ids it is about. */
export interface ManagedRequest {
  /** A request that is ready has one. */
  readonly pdu: undefined;
  readonly command: CommandName;
  /** The message's own id; undefined: it is not given by that. */
  readonly id: string | undefined;
  /** The SMSC's ids that were given. */
  readonly messageIds: readonly string[];
  /** The sender that was given; undefined: none was. */
  readonly source: string | undefined;
  /** It has a text that takes the place of the message's. */
  readonly replaces: boolean;
  readonly correlationId: string | undefined;
  readonly metadata: unknown;
  readonly trace: TraceContext | undefined;
  /** The request about one message_id. Throws {@link MessageError} where it does not fit the original. */
  build(messageId: string, original: Original | undefined): DirectRequest;
}

/** Undefined: it is about no single message, as a cancel_sm between two addresses (3.4 section 4.9). */
export function messageIdsOf({
  command,
  fields,
  about,
  destination,
}: ParsedMessage): readonly string[] | undefined {
  const one = fields['message_id'];
  if (typeof one === 'string' && one !== '') return [one];
  if (about.messageIds && about.messageIds.length > 0) return about.messageIds;
  if (about.id !== undefined && about.id !== '') return [];
  const { recipient } = commandFacts(command);
  if (recipient && isGiven(destination)) return undefined;
  const all = recipient ? '; or source_addr and destination_addr of all that are meant' : '';
  const remedy = `give the SMSC's message_id, or id, by which the message was queued here${all}`;
  const text = `${command} does not say which message it is about`;
  throw new MessageError('MISSING_MESSAGE_ID', 'message_id', text, undefined, remedy);
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== '';

/**
 * The message with what is known of the original in place of what it does not say itself: SMSCs refuse a request whose
 * sender is another than the original's (3.4 section 4.8.1). `own`: without the connection's defaults.
 */
export function aboutOriginal(
  own: ParsedMessage,
  parsed: ParsedMessage,
  messageId: string,
  original: Original | undefined,
): ParsedMessage {
  const fields: Record<string, unknown> = { ...parsed.fields, message_id: messageId };
  const asked = { ...parsed, fields };
  if (!original) return asked;
  // The original's coding comes before the connection's.
  const sent = original.sentAs === undefined ? undefined : readSentAs(original.sentAs);
  if (sent && !isGiven(own.options.encoding))
    asked.options = { ...parsed.options, encoding: undefined, messageClass: undefined };
  if (isGiven(own.fields['source_addr'])) return asked;
  fields['source_addr'] = original.source;
  for (const [name, known] of [
    ['source_addr_ton', sent?.sourceTon],
    ['source_addr_npi', sent?.sourceNpi],
  ] as const)
    if (!isGiven(own.fields[name]) && known !== undefined) fields[name] = known;
  return asked;
}

/** Throws where the original is none that a text can take the place of. */
export function checkReplaceable({ segments, sentAs = 0 }: Original): void {
  if (segments > 1) {
    const text = `the original went in ${segments} segments, and replace_sm has room for one text: cancel it and send the new one`;
    throw new MessageError('NOT_REPLACEABLE', 'message_id', text);
  }
  if (!readSentAs(sentAs).hasHeader) return;
  const text =
    'the original begins with a user data header (ports, or a national language), and replace_sm cannot say that its text does: cancel it and send the new one';
  throw new MessageError('NOT_REPLACEABLE', 'message_id', text);
}

const codingOf = (original: Original | undefined): number | undefined =>
  original?.sentAs === undefined ? undefined : readSentAs(original.sentAs).dataCoding;

/** The request about one message_id. */
export function buildManaged(
  requests: Requests,
  own: ParsedMessage,
  parsed: ParsedMessage,
  now: number,
  messageId: string,
  original: Original | undefined,
): DirectRequest {
  if (parsed.content !== undefined && original) checkReplaceable(original);
  const about = aboutOriginal(own, parsed, messageId, original);
  const request = requests.direct(about, now, codingOf(original));
  return original ? { ...request, destination: original.destination, id: original.id } : request;
}
