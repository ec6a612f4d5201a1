import { TlvTable, tagName } from '../tlvs';
import type { UssdDialect, UssdKind } from './dialects';

/** A PDU, as far as it may belong to a USSD dialogue. */
export interface UssdPdu {
  /** `USSD` at most gateways. */
  readonly service_type?: string;
  /** By name, or by tag where the table has no name. */
  readonly tlvs: Readonly<Record<string, unknown>>;
}

/** The TLVs that name a dialogue, as they came: octets as hexadecimal digits. */
export type UssdSession = Readonly<Record<string, string>>;

/** What a PDU says of its dialogue. */
export interface UssdSigns {
  /** What it is to the dialogue. */
  readonly kind: UssdKind;
  /** Its ussd_service_op; undefined: it has none. */
  readonly operation: number | undefined;
  /** Whether the dialect knows the operation. */
  readonly isKnown: boolean;
  /** What names the dialogue; empty: nothing but the number. */
  readonly session: UssdSession;
}

/** Octets of what names a session, at most. */
const LONGEST = 32;
const WIDTHS: Readonly<Record<string, number>> = { int8: 1, int16: 2, int32: 4 };

/** Reads and writes the TLVs of one dialect. */
export class UssdCodec {
  /** The dialect. */
  readonly dialect: UssdDialect;
  readonly #table: TlvTable;

  /** `table` knows the names of vendors' TLVs. */
  constructor(dialect: UssdDialect, table = new TlvTable()) {
    this.dialect = dialect;
    this.#table = table;
  }

  /** Whether a PDU belongs to USSD: by its ussd_service_op or, without one, its service_type. */
  isUssd({ tlvs, service_type: type }: UssdPdu): boolean {
    return tlvs['ussd_service_op'] !== undefined || (type === this.dialect.serviceType && type !== '');
  }

  /** What came from a gateway; `isOpen`: there is a dialogue with that number. */
  read({ tlvs }: UssdPdu, isOpen: boolean): UssdSigns {
    const operation = firstNumber(tlvs['ussd_service_op']);
    const named = operation === undefined ? (isOpen ? 'continue' : 'new') : this.#kindOf(operation);
    const kind = named ?? this.dialect.otherwise;
    return {
      // The first message is never the last one.
      kind: kind === 'continue' && this.isEnd(tlvs) ? 'close' : kind,
      operation,
      isKnown: named !== undefined,
      session: this.sessionOf(tlvs),
    };
  }

  #kindOf(operation: number): UssdKind | undefined {
    const kinds = Object.entries(this.dialect.incoming) as [UssdKind, readonly number[]][];
    return kinds.find(([, operations]) => operations.includes(operation))?.[0];
  }

  /** Whether the flag says that this is the last message, either way. */
  isEnd(tlvs: UssdPdu['tlvs']): boolean {
    const { endFlag } = this.dialect;
    const octets = endFlag && this.#octetsOf(tlvs, endFlag.tlv);
    return octets !== undefined && (numberOf(octets) & BigInt(endFlag?.mask ?? 0)) !== 0n;
  }

  /** What came from an application, as a gateway sees it: whether the phone may answer. */
  asks(tlvs: UssdPdu['tlvs']): boolean {
    const { outgoing } = this.dialect;
    const operation = firstNumber(tlvs['ussd_service_op']);
    const last = [outgoing.close, outgoing.closePushed, outgoing.release, outgoing.notify];
    const isLast = operation !== outgoing.continue && operation !== outgoing.new && last.includes(operation);
    return !isLast && !this.isEnd(tlvs);
  }

  /** The TLVs that name the dialogue, without the bits that do not. */
  sessionOf(tlvs: UssdPdu['tlvs']): UssdSession {
    const found: Record<string, string> = {};
    for (const { tlv, mask } of this.dialect.session) {
      const octets = this.#octetsOf(tlvs, tlv);
      if (octets) found[tlv] = digitsOf(numberOf(octets) & BigInt(mask ?? -1), octets.length);
    }
    return found;
  }

  /** What names a dialogue that the application begins; `random` gives 0 to 1, without 1. */
  newSession(random: () => number): UssdSession {
    const chosen: Record<string, string> = {};
    for (const { tlv, mask = -1, chosen: isOurs } of this.dialect.session) {
      const width = this.#widthOf(tlv) ?? 2;
      if (isOurs === true)
        chosen[tlv] = digitsOf(BigInt(Math.floor(random() * 2 ** (8 * width))) & BigInt(mask), width);
    }
    return chosen;
  }

  /** The TLVs of a message of the dialogue. `end`: it is the last one. */
  tlvs(operation: number, session: UssdSession, end: boolean): Record<string, unknown> {
    const { endFlag } = this.dialect;
    const all: Record<string, string> = { ...session };
    const before = endFlag && (all[endFlag.tlv] ?? (endFlag.always === true ? '0000' : undefined));
    if (endFlag && before !== undefined)
      all[endFlag.tlv] = digitsOf(
        BigInt(`0x${before}`) | (end ? BigInt(endFlag.mask) : 0n),
        before.length / 2,
      );
    const tlvs: Record<string, unknown> = { ussd_service_op: operation };
    for (const [tlv, digits] of Object.entries(all)) tlvs[this.#nameOf(tlv)] = this.#valueOf(tlv, digits);
    return tlvs;
  }

  #valueOf(tlv: string, digits: string): unknown {
    const octets = Buffer.from(digits, 'hex');
    if (this.#widthOf(tlv) !== undefined) return Number(numberOf(octets));
    return this.#table.named(tlv)?.type === 'octets' ? octets : octets.toString('latin1');
  }

  /** A TLV's octets, whatever its type; undefined: it is not there. */
  #octetsOf(tlvs: UssdPdu['tlvs'], tlv: string): Buffer | undefined {
    const given: unknown = tlvs[this.#nameOf(tlv)];
    const value: unknown = Array.isArray(given) ? given[0] : given;
    const octets = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
    if (Buffer.isBuffer(octets)) return octets.length > 0 && octets.length <= LONGEST ? octets : undefined;
    if (typeof octets !== 'number' || !(octets >= 0)) return undefined;
    const width = this.#widthOf(tlv) ?? 4;
    return Buffer.from(digitsOf(BigInt(Math.trunc(octets)), width), 'hex');
  }

  #widthOf(tlv: string): number | undefined {
    return WIDTHS[this.#table.named(tlv)?.type ?? ''];
  }

  #nameOf(tlv: string): string {
    return this.#table.named(tlv)?.name ?? (/^0x/i.test(tlv) ? tagName(Number(tlv)) : tlv);
  }
}

function firstNumber(given: unknown): number | undefined {
  const value: unknown = Array.isArray(given) ? given[0] : given;
  return typeof value === 'number' ? value : undefined;
}

const numberOf = (octets: Buffer): bigint => BigInt(`0x${octets.toString('hex') || '0'}`);

/** The last `width` octets of a number. */
function digitsOf(value: bigint, width: number): string {
  return BigInt.asUintN(8 * width, value)
    .toString(16)
    .padStart(2 * width, '0');
}
