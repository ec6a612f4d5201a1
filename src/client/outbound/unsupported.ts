import { NEWEST_VERSION, commandFacts, commandId, takesTlvs, versionName } from '../../protocol';
import type { Session } from '../../session';
import type { DeadReason, QueueItem } from '../../store';
import { requestPdu } from '../message/request-pdu';

type Peer = Pick<Session, 'version'>;

/** A text, what joins the parts of one, or what makes it a part of a dialogue. */
const NEEDED: readonly string[] = ['message_payload', 'sar_total_segments', 'ussd_service_op'];

/** Why a message is not sent to an SMSC of an older version, which would refuse it, or send out scraps of it. */
export function unsupported(item: QueueItem, peer: Peer): DeadReason | undefined {
  if (peer.version >= NEWEST_VERSION) return undefined;
  const text = tooOld(item.command, peer);
  if (text !== undefined) return { code: 'NOT_SUPPORTED', text };
  return takesTlvs(peer.version) ? undefined : lacksTlvs(item);
}

/** Why a command is not sent to an SMSC that does not have it; undefined: it has. */
export function tooOld(command: string, { version }: Peer): string | undefined {
  const { since = 0 } = commandFacts(command) ?? {};
  if (version >= since) return undefined;
  const said = version === 0 ? 'it said no version' : `its sc_interface_version is ${versionName(version)}`;
  return (
    `this SMSC does not know ${command}, a command of SMPP ${versionName(since)}: ${said}, ` +
    `and interfaceVersion cannot change that; ask the operator for a host that speaks ${versionName(since)}`
  );
}

/** Why a message is not sent to an SMSC that takes no TLVs, where it needs one. */
function lacksTlvs({ command, segments }: QueueItem): DeadReason | undefined {
  const inTlv = segments
    .flatMap((body) => Object.keys(requestPdu(commandId(command), body, 0).pdu.tlvs))
    .find((name) => NEEDED.includes(name));
  if (inTlv === undefined) return undefined;
  const text =
    `this SMSC takes no optional parameters (SMPP 3.3), and the message needs one, ${inTlv}; ` +
    'send it as submit_sm with long_messages udh8 or udh16';
  return { code: 'NO_TLVS', text };
}
