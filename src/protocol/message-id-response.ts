import { HEADER_LENGTH } from './header';
import { COMMANDS } from './commands';
import { TLV_HEADER_LENGTH } from './tlv-values';
import { TLVS } from './tlvs';

/** What {@link readMessageIdResponse} reads. */
export interface MessageIdResponse {
  /** The id that the SMSC gave the message; empty where it gave none. */
  message_id: string;
  /** 0–100, how busy the SMSC is (SMPP 5.0); undefined where it does not say. */
  congestion_state: number | undefined;
}

const LONGEST = (COMMANDS.submit_sm_resp.fields[0].max ?? 65) - 1;
const CONGESTION_STATE = TLVS.congestion_state.tag;

/** Whether message_id is the only mandatory field of the response. */
function hasMessageIdOnly(commandId: number): boolean {
  switch (commandId) {
    case COMMANDS.submit_sm_resp.id:
    case COMMANDS.deliver_sm_resp.id:
    case COMMANDS.data_sm_resp.id:
    case COMMANDS.broadcast_sm_resp.id:
      return true;
    default:
      return false;
  }
}

/**
 * Reads a response whose body is a message_id and TLVs without decoding it, from the whole PDU that lies in `octets`
 * from `start` to `end`. False where that is not enough to read it as `decodePdu` does: another command, or a body
 * with anything strange in it. Then `into` is undefined.
 */
export function readMessageIdResponse(
  octets: Buffer,
  start: number,
  end: number,
  into: MessageIdResponse,
): boolean {
  if (!hasMessageIdOnly(octets.readUInt32BE(start + 4))) return false;
  const begin = start + HEADER_LENGTH;
  into.message_id = '';
  into.congestion_state = undefined;
  if (begin === end) return true;
  let at = begin;
  const last = Math.min(end, begin + LONGEST + 1);
  for (let octet = octets[at]; octet; octet = ++at < last ? octets[at] : 0) {
    if (octet < 0x20 || octet > 0x7e) return false;
  }
  if (at === last) return false;
  if (at > begin) into.message_id = octets.toString('latin1', begin, at);
  return at + 1 === end || readCongestion(octets, at + 1, end, into);
}

/** Whether there is nothing but whole TLVs, in which congestion_state is at most once. */
function readCongestion(octets: Buffer, start: number, end: number, into: MessageIdResponse): boolean {
  let at = start;
  while (end - at >= TLV_HEADER_LENGTH) {
    const length = octets.readUInt16BE(at + 2);
    if (octets.readUInt16BE(at) === CONGESTION_STATE) {
      if (length !== 1 || into.congestion_state !== undefined) return false;
      into.congestion_state = octets[at + TLV_HEADER_LENGTH];
    }
    at += TLV_HEADER_LENGTH + length;
  }
  return at === end;
}
