import { INTERFACE_VERSIONS, describeStatus, firstTlv, type Pdu } from '../../protocol';
import { NoAnswer, ProbeLink, openSocket } from './link';
import { speaksTls, type Place } from './network';
import type { Finding } from './steps';

export type BindType = 'transceiver' | 'transmitter' | 'receiver';
export const BIND_TYPES: readonly BindType[] = ['transceiver', 'transmitter', 'receiver'];

export interface Credentials {
  readonly systemId: string;
  readonly password: string;
}

/** What to do about a bind that was refused, by its status. */
const REMEDIES: Readonly<Record<string, string>> = {
  ESME_RINVPASWD: 'check password: capitals, blanks at the end, and whether it is the one of this system_id',
  ESME_RINVSYSID:
    'check systemId; the operator may have another one for you, or may not have opened the account yet',
  ESME_RALYBND:
    'the account is bound elsewhere: end the other program, or wait until the SMSC has noticed that it is gone; ask how many sessions the account may have',
  ESME_RINVSYSTYP: 'set systemType to what the operator has given you, or leave it empty',
  ESME_RINVBNDSTS: 'set bindType to another one',
  ESME_RINVCMDID:
    'the SMSC does not know this bind: set bindType to transmitter or receiver (SMPP 3.3 has no transceiver), or interfaceVersion to another one',
  ESME_RBINDFAIL:
    'SMSCs say this for a wrong system_id, password, system_type or bind type, and for an address that is not allowed: check these, then ask the operator',
  ESME_RSYSERR:
    'the SMSC has a fault, or an old session of the account is still open: try again in some minutes, then ask the operator',
  ESME_RTHROTTLED: 'too many binds in a short time: wait some minutes',
};

export function bindRemedy(status: string): string {
  return REMEDIES[status] ?? 'ask the operator, with the time and this status';
}

/** Of these statuses another type of bind may do. */
export const MAY_BE_THE_TYPE = new Set([
  'ESME_RBINDFAIL',
  'ESME_RINVBNDSTS',
  'ESME_RINVCMDID',
  'ESME_RSYSERR',
  'ESME_RPROHIBITED',
]);

/** A link that is connected, encrypted where that is wanted. */
export async function openLink(place: Place, address: string): Promise<ProbeLink> {
  const { host, port, tls, settings, signal } = place;
  const target = { host, port, address, tls, localAddress: settings.localAddress };
  return new ProbeLink(await openSocket(target, settings.connectTimeout, signal));
}

/** Binds; the response, whatever its status. Rejects with NoAnswer. */
export async function bind(
  link: ProbeLink,
  { settings }: Place,
  type: BindType,
  credentials: Credentials,
): Promise<Pdu> {
  const { pdu } = await link.ask(
    {
      command: `bind_${type}`,
      system_id: credentials.systemId,
      password: credentials.password,
      system_type: settings.systemType,
      interface_version: INTERFACE_VERSIONS[settings.interfaceVersion],
      addr_ton: settings.addressRangeTon,
      addr_npi: settings.addressRangeNpi,
      address_range: settings.addressRange,
    },
    settings.bindTimeout,
  );
  link.isBound = pdu.command_status === 0;
  return pdu;
}

/** What a bind response says. */
export function bindFinding(pdu: Pdu, type: BindType): Finding {
  const { name, meaning } = describeStatus(pdu.command_status);
  if (pdu.command !== `bind_${type}_resp`) {
    const text =
      pdu.command === 'generic_nack' ? `refused: ${name}: ${meaning}` : `answered with ${pdu.command}`;
    return { outcome: 'failed', text, remedy: bindRemedy(name), facts: { command_status: name } };
  }
  if (pdu.command_status !== 0) {
    return {
      outcome: 'failed',
      text: `refused: ${name}: ${meaning}`,
      remedy: bindRemedy(name),
      facts: { command_status: name },
    };
  }
  const version = firstTlv(pdu.tlvs, 'sc_interface_version');
  const says =
    version === undefined
      ? 'does not say its version'
      : `speaks SMPP ${(version >> 4).toString()}.${(version & 15).toString()}`;
  const { system_id } = pdu as Pdu & { system_id?: string };
  const facts = {
    system_id,
    ...(version !== undefined && { sc_interface_version: version }),
    bind_type: type,
  };
  return {
    outcome: 'ok',
    text: `bound as ${type}; the SMSC is ${JSON.stringify(system_id)} and ${says}`,
    facts,
  };
}

/** Why nothing, or no SMPP, came back: TLS and other protocols are recognised. */
export async function silenceFinding(error: unknown, place: Place, address: string): Promise<Finding> {
  if (!(error instanceof NoAnswer)) throw error;
  const { host, port, tls, settings } = place;
  const here = `${host}:${port}`;
  if (error.why === 'not-smpp') {
    return {
      outcome: 'failed',
      text: `${here}: ${error.message}`,
      remedy: 'check host and port: this is another service',
    };
  }
  if (tls === undefined && (error.why === 'tls' || (await speaksTls(place, address)))) {
    return {
      outcome: 'failed',
      text: `${here} speaks TLS, and was spoken to without`,
      remedy: 'switch TLS on (useTls: true, --use-tls), or ask the operator for the port without TLS',
      facts: { tls: true },
    };
  }
  if (error.why === 'timeout') {
    const text = `${here} accepts the connection, but does not answer the bind within ${settings.bindTimeout / 1000} s`;
    return {
      outcome: 'failed',
      text,
      remedy:
        'check port: it may be that of another service; if it is right, the SMSC is not well: ask the operator',
    };
  }
  const text = `${here} closed the connection in place of an answer to the bind`;
  return {
    outcome: 'failed',
    text,
    remedy:
      'most often the address that you come from is not allowed: tell the operator which it is (localAddress chooses among several); else check port and whether it wants TLS',
  };
}
