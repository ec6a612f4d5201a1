import { commandId, type QueuedCommand } from '../../protocol';
import { requestPdu } from './request-pdu';

/** How a message went to the SMSC, as far as requests about it must say or keep to it. */
export interface SentAs {
  readonly sourceTon: number;
  readonly sourceNpi: number;
  readonly dataCoding: number;
  /** Its text begins with a user data header. */
  readonly hasHeader: boolean;
}

/** What `CorrelationEntry.sentAs` says. */
export const readSentAs = (sentAs: number): SentAs => ({
  sourceTon: sentAs & 0xff,
  sourceNpi: (sentAs >>> 8) & 0xff,
  dataCoding: (sentAs >>> 16) & 0xff,
  hasHeader: sentAs >= HAS_HEADER,
});

const HAS_HEADER = 2 ** 24;

const packed = (ton: number, npi: number, coding: number, esmClass: number): number =>
  ton | (npi << 8) | (coding << 16) | (esmClass & UDHI ? HAS_HEADER : 0);

/** The bit of esm_class that says that a user data header is there: SMPP 3.4 section 5.2.12. */
const UDHI = 0x40;
/** Behind the recipient: esm_class, protocol_id, priority_flag. */
const HEAD = 3;

/** Behind the C-octet string that begins there. */
function behind(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && body[at] !== 0) at++;
  return at + 1;
}

/**
 * `CorrelationEntry.sentAs` of a request, from its body. Called for each segment that is accepted: of a submit_sm the few
 * octets that are wanted are looked at and nothing else is decoded. Undefined: the body is none.
 */
export function sentAs(command: QueuedCommand, body: Buffer): number | undefined {
  if (command !== 'submit_sm') return decoded(command, body);
  const source = behind(body, 0);
  const head = behind(body, behind(body, source + 2) + 2);
  const coding = body[behind(body, behind(body, head + HEAD)) + 2];
  if (coding === undefined) return undefined;
  return packed(body[source] as number, body[source + 1] as number, coding, body[head] as number);
}

function decoded(command: QueuedCommand, body: Buffer): number | undefined {
  try {
    const pdu = requestPdu(commandId(command), body, 1).pdu as unknown as Readonly<Record<string, unknown>>;
    const octet = (name: string): number => Number(pdu[name] ?? 0);
    return packed(
      octet('source_addr_ton'),
      octet('source_addr_npi'),
      octet('data_coding'),
      octet('esm_class'),
    );
  } catch {
    return undefined;
  }
}
