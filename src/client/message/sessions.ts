import { commandFacts, type UssdDialect, type UssdRequestKind } from '../../protocol';
import { encodeText, encodingName, type EncodedText, type SubmitSmFields, type TextCodec } from '../../text';
import { MessageError, invalidField } from '../config/errors';
import type { Settings } from '../config/options';
import { octetIn, type Fields } from './addressing';
import { contentOf } from './cutting';
import { isMulti } from './destinations';
import type { ParsedMessage } from './message';

/** What a message to a USSD dialogue takes from it. */
export interface SessionTurn {
  /** Ours, not the gateway's. */
  readonly sessionId: string;
  /** The fields of its PDU: service_type, and of a dialogue that is open both addresses, as they came. */
  readonly fields: Readonly<Record<string, string | number>>;
  readonly tlvs: Readonly<Record<string, unknown>>;
  /** The number that it goes to; undefined: as the message says. */
  readonly destination: string | undefined;
  /** Epoch milliseconds: the dialogue is over then. */
  readonly expiresAt: number;
  /**
   * From now on no other message takes this turn. `pdu`: the fields that it goes out with. Rejects with `SESSION_OVER` or
   * `SESSION_ANSWERED` where another has taken it meanwhile.
   */
  claim(pdu: Fields): Promise<void>;
}

/** The USSD dialogues, as intake knows them. */
export interface Sessions {
  readonly dialect: UssdDialect;
  /** The data_codings of what is sent. */
  readonly dataCodings: Settings['dataCodings'];
  /**
   * Rejects with `SESSION_OVER` where there is no such dialogue (any more), and `SESSION_ANSWERED` where it is the phone's
   * turn. `isEmpty`: there is no text.
   */
  turn(kind: UssdRequestKind, sessionId: string | undefined, isEmpty: boolean): Promise<SessionTurn>;
}

/** What a message asks of its dialogue. Throws {@link MessageError}. */
export function sessionKind({ command, options, content }: ParsedMessage): UssdRequestKind {
  const { session = 'continue', sessionId } = options;
  const begins = session === 'new' || session === 'notify';
  const { recipient, text, route } = commandFacts(command);
  if (route !== 'queue' || !recipient || text === undefined || isMulti({ command }))
    throw invalidField(
      'session',
      `session: ${command} belongs to no USSD dialogue; use submit_sm or data_sm`,
    );
  if (begins && sessionId !== undefined)
    throw invalidField(
      'session',
      `session "${session}" begins a dialogue, and session_id names one that is open: leave one of them away`,
    );
  if (!begins && sessionId === undefined)
    throw invalidField('session_id', `session "${session}" needs the session_id of a message that came in`);
  if (options.idempotencyKey !== undefined)
    throw invalidField(
      'idempotency_key',
      'a USSD message is sent once at most in any case: leave the key away',
    );
  if (options.udh !== undefined) throw invalidField('udh', 'a USSD screen has no user data header');
  if (Buffer.isBuffer(content)) throw invalidField('short_message', 'a USSD screen is a text, not a Buffer');
  return session;
}

/** Whether it has no text; of the last message of a dialogue that is allowed. */
export const isEmpty = ({ content }: ParsedMessage): boolean => content === undefined || content === '';

/**
 * The addresses of an answer as they came; a sender that the message names itself counts. Throws {@link MessageError} where
 * it names another recipient.
 */
export function answerFields(turn: SessionTurn['fields'], { fields, destination }: ParsedMessage): Fields {
  const { service_type: _type, destination_addr: phone, ...others } = turn;
  if (phone === undefined) return {};
  const given =
    typeof destination === 'number' || typeof destination === 'bigint' ? String(destination) : destination;
  const isOther = typeof given !== 'string' ? given !== undefined : !isSameNumber(given, String(phone));
  if (isOther)
    throw invalidField('destination_addr', 'the USSD dialogue of this session_id is with another number');
  const own = fields['source_addr'] === undefined ? others : withoutSource(others);
  return { ...own, destination_addr: phone };
}

function withoutSource({ dest_addr_ton, dest_addr_npi }: SessionTurn['fields']): Fields {
  return { dest_addr_ton, dest_addr_npi };
}

/** Whether people may have written one for the other. */
function isSameNumber(one: string, other: string): boolean {
  const digits = (text: string): string => text.replace(/[\s+().-]/g, '');
  return one.trim() === '' || one === other || digits(one) === digits(other);
}

/** The text of a screen, in one piece: it is never cut. Throws {@link MessageError}. */
export function screenOf(
  parsed: ParsedMessage,
  kind: UssdRequestKind,
  settings: Settings,
  codecs: readonly TextCodec[],
  { dialect, dataCodings }: Pick<Sessions, 'dialect' | 'dataCodings'>,
): SubmitSmFields {
  const { options, fields } = parsed;
  const content = kind === 'close' && isEmpty(parsed) ? '' : contentOf(parsed);
  const encoded = encodeText(content, {
    encoding: options.encoding,
    data_coding: octetIn(fields, 'data_coding'),
    messageClass: options.messageClass,
    defaultAlphabet: settings.defaultAlphabet,
    dataCodings,
    unencodable: options.unencodable ?? settings.unencodable,
    codecs,
  });
  checkLength(encoded, dialect);
  const { octets, encoding } = encoded;
  const [own] = Object.entries(dialect.dataCodings).find(([, name]) => encodingName(name) === encoding) ?? [];
  const isGiven = fields['data_coding'] !== undefined && fields['data_coding'] !== '';
  const data_coding = own === undefined || isGiven ? encoded.data_coding : Number(own);
  const esm_class = octetIn(fields, 'esm_class') ?? 0;
  if (!parsed.inPayload) return { esm_class, data_coding, short_message: octets };
  return { esm_class, data_coding, short_message: Buffer.alloc(0), tlvs: { message_payload: octets } };
}

function checkLength({ encoding, octets }: EncodedText, dialect: UssdDialect): void {
  if (encoding === 'binary') throw invalidField('encoding', 'a USSD screen is a text, not octets');
  const isGsm = encoding === 'gsm0338';
  const [limit, unit] = isGsm
    ? [dialect.maxCharacters, 'characters']
    : [dialect.maxOctets, `octets of ${encoding}`];
  if (octets.length <= limit) return;
  const text = `a USSD screen holds ${limit} ${unit}, this text has ${octets.length}: shorten it; it is never cut`;
  throw new MessageError('TEXT_TOO_LONG', 'short_message', text);
}
