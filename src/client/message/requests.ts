import type { Log, TraceContext } from '../../observability';
import { commandFacts, encodeBody, type CodecOptions, type CommandName, type PduInput } from '../../protocol';
import { formatSmppTime, segment, type SubmitSmFields, type TextCodec } from '../../text';
import { codecOf } from '../config/codec-options';
import { MessageError } from '../config/errors';
import { zoneOf } from '../config/local-time';
import type { Settings } from '../config/options';
import type { SourcePrefixes } from '../config/source-prefixes';
import { about, putSource, type Fields } from './addressing';
import { checkCommand } from './command-checks';
import { contentOf, cutting } from './cutting';
import { serviceTypeCheck } from './long-fields';
import type { ParsedMessage } from './message';
import { putDestination } from './recipients';
import { registeredDelivery } from './registered-delivery';
import { putSourceByPrefix } from './source-by-prefix';

/** A request that does not pass the queue. */
export interface DirectRequest {
  readonly command: CommandName;
  readonly pdu: PduInput;
  readonly destination: string;
  /** The message of ours that it is about, where that is known. */
  readonly id?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly metadata?: unknown;
  readonly trace?: TraceContext | undefined;
}

/** The bit of esm_class that says that a user data header is there: SMPP 3.4 section 5.2.12. */
const UDHI = 0x40;

export interface RequestsParts {
  /** Of `sourceByPrefix`. */
  readonly sources: SourcePrefixes | undefined;
  readonly settings: Settings;
  readonly log: Log;
  readonly codecs: readonly TextCodec[];
}

/** From a message as it was given, sorted, to the fields and octets of its requests. */
export class Requests {
  readonly #parts: RequestsParts;
  readonly #codec: CodecOptions;
  readonly #checkServiceType: (given: unknown) => void;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
    this.#codec = codecOf(parts.settings);
    this.#checkServiceType = serviceTypeCheck(parts.log);
  }

  /** Everything but the text and the recipient. */
  fields(parsed: ParsedMessage, now: number): Fields {
    const { fields, command, options } = parsed;
    const { settings } = this.#parts;
    checkCommand(parsed, settings);
    this.#checkServiceType(fields['service_type']);
    // Not the other way round: to what begins as a copy V8 adds each further property in microseconds.
    const pdu: Fields = { command, ...fields };
    const names = commandFacts(command).fieldNames;
    if (names.has('source_addr')) putSource(fields, pdu, settings);
    if (names.has('registered_delivery'))
      pdu['registered_delivery'] = registeredDelivery(fields['registered_delivery'], options);
    for (const name of commandFacts(command).timeFields) {
      const given = pdu[name] as Date | string | number | undefined;
      if (given === undefined) continue;
      pdu[name] = about(name, () => formatSmppTime(given, { timeZone: zoneOf(settings.timeZone), now }));
    }
    return pdu;
  }

  /** The octets of a PDU for one segment, all after the header. */
  body({ command, tlvs }: ParsedMessage, pdu: Fields, one: SubmitSmFields): Buffer {
    const names = commandFacts(command).fieldNames;
    pdu['data_coding'] = one.data_coding;
    if (names.has('esm_class')) pdu['esm_class'] = one.esm_class;
    if (names.has('short_message')) {
      pdu['tlvs'] = one.tlvs ? { ...tlvs, ...one.tlvs } : tlvs;
      pdu['short_message'] = one.short_message;
    } else pdu['tlvs'] = { message_payload: one.short_message, ...tlvs, ...one.tlvs };
    return encodeBody(pdu as unknown as PduInput, this.#codec);
  }

  /**
   * A query, cancel or replace. `coding`: the data_coding that its text must have, as it takes the place of one that has;
   * undefined: not known.
   */
  direct(parsed: ParsedMessage, now: number, coding?: number): DirectRequest {
    const { command, options, tlvs } = parsed;
    const pdu = this.fields(parsed, now);
    const destination =
      parsed.destination === undefined ? '' : putDestination(parsed, pdu, this.#parts.settings);
    putSourceByPrefix(this.#parts.sources, parsed, pdu, this.#parts.settings);
    const text = parsed.content === undefined ? undefined : this.#replacement(parsed, coding);
    if (text) pdu['short_message'] = text.short_message;
    pdu['tlvs'] = { ...tlvs, ...text?.tlvs };
    encodeBody(pdu as unknown as PduInput, this.#codec);
    const { correlationId, metadata } = options;
    return { command, pdu: pdu as unknown as PduInput, destination, correlationId, metadata };
  }

  /** A request that replaces says nothing of its text's coding, nor whether it has a header: 3.4 section 4.10. */
  #replacement(parsed: ParsedMessage, coding: number | undefined): SubmitSmFields {
    const { settings, codecs } = this.#parts;
    const { encoding } = parsed.options;
    const follows = coding !== undefined && (encoding === undefined || encoding === 'auto');
    const asked = follows ? { ...parsed, fields: { ...parsed.fields, data_coding: coding } } : parsed;
    const cut = cutting(asked, settings, codecs);
    const plain = follows ? { ...cut, encoding: undefined, messageClass: undefined } : cut;
    const [text] = segment(contentOf(asked), plain).segments as [SubmitSmFields];
    checkReplacement(text, coding, encoding !== undefined && encoding !== 'auto');
    return text;
  }
}

function checkReplacement(text: SubmitSmFields, coding: number | undefined, isChosen: boolean): void {
  if (text.esm_class & UDHI) {
    const why =
      'the text needs a user data header (a national language), which a replacement cannot say that it has';
    throw new MessageError('CODING_MISMATCH', 'short_message', `${why}: leave language and languages out`);
  }
  if (coding !== undefined && text.data_coding !== coding) {
    const why = `the text would go with data_coding ${text.data_coding}, the original went with ${coding}, and replace_sm cannot change that`;
    throw new MessageError('CODING_MISMATCH', 'short_message', `${why}: cancel it and send the new one`);
  }
  if (coding !== undefined || isChosen || text.data_coding === 0) return;
  const why = `the text needs data_coding ${text.data_coding}, and what the original has is not known here`;
  const remedy = 'give the encoding of the original, or a text of the default alphabet';
  throw new MessageError('CODING_MISMATCH', 'short_message', why, undefined, remedy);
}
