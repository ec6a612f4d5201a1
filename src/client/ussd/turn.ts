import { SmppError, type UssdCodec, type UssdSession } from '../../protocol';
import type { Fields } from '../message/addressing';
import type { SessionTurn } from '../message/sessions';
import type { Dialogue, UssdAddress } from './dialogue';

export interface TurnParts {
  readonly codec: UssdCodec;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly random: () => number;
  readonly newId: () => string;
  /** Rejects with `SESSION_OVER` or `SESSION_ANSWERED`. */
  readonly take: (dialogue: Dialogue, next: Dialogue['next']) => Promise<void>;
  readonly begin: (dialogue: Dialogue) => Promise<void>;
}

/** The dialogue is none that is open. */
export const OVER = (): SmppError =>
  new SmppError(
    'SESSION_OVER',
    'the USSD dialogue of this session_id is over, or was never there: it was closed, aborted or timed out, and the ' +
      'phone shows nothing any more',
  );

/** The next message of a dialogue that is open. Throws `SESSION_OVER` or `SESSION_ANSWERED`. */
export function answering(
  { codec, take }: TurnParts,
  kind: 'continue' | 'close',
  dialogue: Dialogue | undefined,
  isEmpty: boolean,
): SessionTurn {
  const { dialect } = codec;
  if (!dialogue || dialogue.next === 'none') throw OVER();
  if (dialogue.next === 'phone' && !dialect.severalReplies)
    throw new SmppError(
      'SESSION_ANSWERED',
      'the USSD dialogue has its answer already, and waits for the phone: one screen follows each message of it',
    );
  const { outgoing, serviceType } = dialect;
  const last = dialogue.pushed ? (outgoing.closePushed ?? outgoing.close) : outgoing.close;
  const ending = isEmpty ? (outgoing.release ?? last) : last;
  const isLast = kind === 'close';
  const { phone, service, session, id, expiresAt } = dialogue;
  return {
    sessionId: id,
    fields: { service_type: serviceType, ...sourceFields(service), ...destinationFields(phone) },
    tlvs: codec.tlvs(isLast ? ending : outgoing.continue, session, isLast),
    destination: phone.addr,
    expiresAt,
    claim: () => take(dialogue, isLast ? 'none' : 'phone'),
  };
}

/** The first message of a dialogue of ours. */
export function beginning(parts: TurnParts, kind: 'new' | 'notify'): SessionTurn {
  const { codec, now, timeout, random, newId, begin } = parts;
  const id = newId();
  const session: UssdSession = codec.newSession(random);
  const expiresAt = now + timeout;
  const isLast = kind === 'notify';
  const { outgoing, serviceType } = codec.dialect;
  return {
    sessionId: id,
    fields: { service_type: serviceType },
    tlvs: codec.tlvs(outgoing[kind], session, isLast),
    destination: undefined,
    expiresAt,
    claim: (pdu) =>
      begin({
        id,
        phone: addressOf(pdu, 'destination_addr', 'dest_addr'),
        service: addressOf(pdu, 'source_addr', 'source_addr'),
        session,
        pushed: true,
        turn: 0,
        next: isLast ? 'none' : 'phone',
        expiresAt,
      }),
  };
}

function addressOf(pdu: Fields, field: string, types: string): UssdAddress {
  const numberOf = (name: string): number => Number(pdu[`${types}_${name}`] ?? 0);
  return { addr: (pdu[field] as string | undefined) ?? '', ton: numberOf('ton'), npi: numberOf('npi') };
}

const sourceFields = ({ addr, ton, npi }: UssdAddress): Record<string, string | number> => ({
  source_addr: addr,
  source_addr_ton: ton,
  source_addr_npi: npi,
});
const destinationFields = ({ addr, ton, npi }: UssdAddress): Record<string, string | number> => ({
  destination_addr: addr,
  dest_addr_ton: ton,
  dest_addr_npi: npi,
});
