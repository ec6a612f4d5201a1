import {
  decodePdu,
  readMessageIdResponse,
  type CodecOptions,
  type MessageIdResponse,
  type Pdu,
} from '../protocol';

/** ESME_RUNKNOWNERR. */
const UNKNOWN_ERROR = 0xff;
const GENERIC_NACK = 0x80000000;

/**
 * A response of the peer's. It is read where it lies in the read buffer, and one object serves all: its fields and
 * methods are to be used while the handler runs. What {@link pdu} and {@link octets} return, then, may be kept.
 */
export interface ResponseView {
  readonly command_id: number;
  /** Not 0 in a generic_nack, whatever the peer wrote. */
  readonly command_status: number;
  readonly sequence_number: number;
  /** Empty where the response has none. */
  readonly message_id: string;
  readonly congestion_state: number | undefined;
  /** Decoded at the first call. */
  pdu(): Pdu;
  /** A copy of the whole PDU. */
  octets(): Buffer;
}

/** What a request tells on its way, beside its response. */
export interface RequestHooks {
  /** It has got its slot, and is written now. */
  readonly sent?: () => void;
  /** A response that came after its time-out. */
  readonly late?: RequestHandler['onLate'];
}

/** Hears of the fate of a request, exactly once by `onResponse` or `onLost`. */
export interface RequestHandler {
  /** `response` is to be read while this runs. */
  onResponse(response: ResponseView): void;
  /** `timeout`: no response in time; `closed`: the link went. Either way the peer may have acted on it. */
  onLost(reason: 'timeout' | 'closed'): void;
  /** A response that came after `onLost('timeout')`. */
  onLate?(response: ResponseView): void;
}

/** One for all responses of a session. */
export class ResponseReader implements ResponseView, MessageIdResponse {
  command_id = 0;
  command_status = 0;
  sequence_number = 0;
  message_id = '';
  congestion_state: number | undefined;
  readonly #options: CodecOptions;
  #source: Buffer | undefined;
  #start = 0;
  #end = 0;
  #octets: Buffer | undefined;
  #pdu: Pdu | undefined;

  constructor(options: CodecOptions) {
    this.#options = options;
  }

  /** A whole PDU with the command_id of a response, in `source` from `start` to `end`. */
  read(source: Buffer, start: number, end: number): void {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.#octets = undefined;
    this.#pdu = undefined;
    this.command_id = source.readUInt32BE(start + 4);
    this.command_status = source.readUInt32BE(start + 8);
    this.sequence_number = source.readUInt32BE(start + 12);
    // A rejection that says "no error" is still a rejection.
    if (this.command_id === GENERIC_NACK && this.command_status === 0) this.command_status = UNKNOWN_ERROR;
    if (!readMessageIdResponse(source, start, end, this)) this.#readDecoded();
    else if (this.congestion_state !== undefined && this.#hasOwnTlvs) this.#readDecoded();
  }

  /** The octets may be overwritten from now on. */
  release(): void {
    this.#source = undefined;
  }

  pdu(): Pdu {
    if (this.#pdu) return this.#pdu;
    const pdu = decodePdu(this.octets(), this.#options);
    pdu.command_status = this.command_status;
    return (this.#pdu = pdu);
  }

  octets(): Buffer {
    if (!this.#source) throw new Error('a response can be read only while its handler runs');
    return (this.#octets ??= Buffer.from(this.#source.subarray(this.#start, this.#end)));
  }

  /** TLVs of the vendor's, one of which may have the tag of congestion_state. */
  get #hasOwnTlvs(): boolean {
    return this.#options.vendorTlvs !== undefined;
  }

  #readDecoded(): void {
    const pdu = this.pdu();
    const { congestion_state: state } = pdu.tlvs;
    this.message_id = 'message_id' in pdu && typeof pdu.message_id === 'string' ? pdu.message_id : '';
    this.congestion_state = typeof state === 'number' ? state : undefined;
  }
}
