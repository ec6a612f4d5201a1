import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { connectError, lookupError, type Settings } from '../../index';
import { isPlausible } from '../pcap';
import { NoAnswer, ProbeLink, openSocket, type Target } from './link';
import { printable, type Finding } from './steps';

/** What the steps work with. */
export interface Place {
  readonly settings: Settings;
  readonly host: string;
  readonly port: number;
  readonly tls: Target['tls'];
  readonly signal: AbortSignal;
}

/** Milliseconds for looks beside the way, such as whether a port speaks TLS. */
const LOOK = 4000;

/** All addresses of the host. */
export async function resolveHost({
  host,
  port,
  settings,
}: Place): Promise<{ addresses: string[]; finding: Finding }> {
  if (isIP(host)) {
    return {
      addresses: [host],
      finding: { outcome: 'ok', text: `${host} is an address`, facts: { addresses: [host] } },
    };
  }
  try {
    const found = await lookup(host, { all: true, family: isIP(settings.localAddress) || 0 });
    const addresses = [...new Set(found.map(({ address }) => address))];
    return {
      addresses,
      finding: { outcome: 'ok', text: `${host}: ${addresses.join(', ')}`, facts: { addresses } },
    };
  } catch (error) {
    const text = lookupError(error, host, port).message;
    const remedy =
      'check host for mistakes; from another machine or with another DNS server the name may be known';
    return { addresses: [], finding: { outcome: 'failed', text, remedy } };
  }
}

/** Connects to every address without saying a word. */
export async function connectAll(
  place: Place,
  addresses: readonly string[],
): Promise<{ reachable: string[]; finding: Finding }> {
  const { host, port, settings, signal } = place;
  const tried = await Promise.all(
    addresses.map(async (address) => {
      const start = performance.now();
      try {
        const target = { host, port, address, localAddress: settings.localAddress };
        const socket = await openSocket(target, settings.connectTimeout, signal);
        socket.on('error', () => undefined);
        socket.destroy();
        return { address, milliseconds: Math.round(performance.now() - start) };
      } catch (error) {
        return { address, error: connectError(error as Error, address, port).message, code: codeOf(error) };
      }
    }),
  );
  signal.throwIfAborted();
  const reachable = tried.flatMap((one) => (one.error === undefined ? [one.address] : []));
  const told = tried
    .map((one) => one.error ?? `${one.address} port ${port} in ${one.milliseconds} ms`)
    .join('; ');
  const facts = { attempts: tried };
  if (reachable.length === addresses.length)
    return { reachable, finding: { outcome: 'ok', text: told, facts } };
  const remedy = remedyFor(tried.find(({ error }) => error !== undefined)?.code);
  const outcome = reachable.length > 0 ? 'warning' : 'failed';
  return { reachable, finding: { outcome, text: told, remedy, facts } };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

function remedyFor(code: string | undefined): string {
  if (code === 'ECONNREFUSED')
    return 'nothing listens on that port: check host and port, or ask the operator whether the SMSC runs';
  if (code === 'ETIMEDOUT')
    return 'packets are lost on the way, mostly in a firewall: the operator must allow the address that you come from, and yours the way out';
  return 'check host, port and the network of this machine';
}

/** The handshake of TLS, with what the certificate says. */
export async function secure(place: Place, address: string): Promise<{ link?: ProbeLink; finding: Finding }> {
  const { host, port, settings, signal } = place;
  const target = { host, port, address, tls: place.tls, localAddress: settings.localAddress };
  try {
    const link = new ProbeLink(await openSocket(target, settings.connectTimeout, signal));
    return { link, finding: described(link, place) };
  } catch (error) {
    signal.throwIfAborted();
    return { finding: await tlsFailure(place, address, error as Error) };
  }
}

function described({ security }: ProbeLink, { tls }: Place): Finding {
  const { protocol = '', cipher = '', certificate } = security ?? {};
  const names = namesOf(certificate);
  const until = certificate?.valid_to === undefined ? undefined : new Date(certificate.valid_to);
  const facts = { protocol, cipher, names, expires: until?.toISOString() };
  const text = `${protocol}, ${cipher}; certificate for ${names.join(', ')}, valid until ${day(until)}`;
  const days = until === undefined ? Infinity : (until.getTime() - Date.now()) / 86_400_000;
  if (tls?.rejectUnauthorized === false) {
    const remedy =
      'the certificate is not verified (rejectUnauthorized: false): anybody on the way can read along; give the CA (ca) instead';
    return { outcome: 'warning', text, remedy, facts };
  }
  if (days < 30)
    return {
      outcome: 'warning',
      text,
      remedy: `the certificate expires in ${Math.floor(days)} days: the operator has to renew it`,
      facts,
    };
  return { outcome: 'ok', text, facts };
}

function day(date: Date | undefined): string {
  return date === undefined || Number.isNaN(date.getTime())
    ? 'an unknown day'
    : date.toISOString().slice(0, 10);
}

function namesOf(certificate: PeerCertificate | undefined): string[] {
  const alternatives = (certificate?.subjectaltname ?? '').split(', ').filter((name) => name !== '');
  const common: unknown = certificate?.subject?.CN;
  const named = alternatives.map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
  return (named.length > 0 ? named : [common].flat().map(String)).map(printable);
}

/** Why there is no TLS: the certificate is looked at, and whether the port speaks SMPP without TLS. */
async function tlsFailure(place: Place, address: string, cause: Error): Promise<Finding> {
  const text = connectError(cause, place.host, place.port).message;
  if (await speaksPlain(place, address)) {
    const plain = `${place.host}:${place.port} speaks SMPP without TLS`;
    return {
      outcome: 'failed',
      text: plain,
      remedy: 'switch TLS off (useTls: false), or ask the operator for the port with TLS',
      facts: { cause: text },
    };
  }
  const certificate = await certificateOf(place, address);
  if (!certificate)
    return { outcome: 'failed', text, remedy: 'check whether this port is for TLS; ask the operator' };
  const names = namesOf(certificate);
  const until = new Date(certificate.valid_to);
  const facts = { names, expires: day(until), code: codeOf(cause) };
  return {
    outcome: 'failed',
    text: `${text}; the certificate is for ${names.join(', ')}, valid until ${day(until)}`,
    remedy: certificateRemedy(codeOf(cause), names),
    facts,
  };
}

function certificateRemedy(code: string, names: readonly string[]): string {
  if (code === 'CERT_HAS_EXPIRED') return 'the operator has to renew the certificate';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `set host, or servername in the TLS configuration, to a name of the certificate: ${names.join(', ')}`;
  if (/SELF_SIGNED|UNABLE_TO/.test(code))
    return 'get the CA certificate from the operator, over a way that you trust, and give it as ca (--tls-ca)';
  return 'show this to the operator';
}

/** Its certificate, whether it is to be trusted or not. Nothing is sent but the handshake. */
async function certificateOf(place: Place, address: string): Promise<PeerCertificate | undefined> {
  const { host, port, settings, signal, tls } = place;
  const target = {
    host,
    port,
    address,
    localAddress: settings.localAddress,
    tls: { ...tls, rejectUnauthorized: false, checkServerIdentity: () => undefined },
  };
  try {
    const link = new ProbeLink(await openSocket(target, Math.min(LOOK, settings.connectTimeout), signal));
    link.destroy();
    return link.security?.certificate;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Whether a port speaks TLS: found out by a handshake of which no certificate is believed. */
export async function speaksTls(place: Place, address: string): Promise<boolean> {
  return (await certificateOf({ ...place, tls: {} }, address)) !== undefined;
}

/** Whether it answers an enquire_link without TLS. No password is sent. */
async function speaksPlain({ host, port, settings, signal }: Place, address: string): Promise<boolean> {
  const target = { host, port, address, localAddress: settings.localAddress };
  let link: ProbeLink | undefined;
  try {
    link = new ProbeLink(await openSocket(target, Math.min(LOOK, settings.connectTimeout), signal));
    await link.ask({ command: 'enquire_link' }, Math.min(LOOK, settings.responseTimeout));
    return true;
  } catch (error) {
    signal.throwIfAborted();
    // An SMSC that hangs up on whoever is not bound has answered before.
    return (
      error instanceof NoAnswer &&
      error.why === 'closed' &&
      link !== undefined &&
      isPlausible(link.firstOctets)
    );
  } finally {
    link?.destroy();
  }
}
