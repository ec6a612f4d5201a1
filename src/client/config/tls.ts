import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions, TlsOptions as TlsServerOptions } from 'node:tls';
import type { Clock } from '../../clock';
import type { Log, LogLine } from '../../observability';
import { findTlsProblems, findTlsWarnings } from '../../session';
import type { Problem } from './errors';
import { isLoopback } from './loopback';
import type { Settings } from './options';

/** What is wrong with certificates and keys, where TLS is wanted. Their contents are not shown. */
export function tlsProblems(tls: unknown, useTls: boolean): Problem[] {
  return useTls ? problemsOf('tls', tls) : [];
}

/** The same of the port where the SMSC connects to us: a server has to have a certificate. */
export function listenTlsProblems(tls: unknown): Problem[] {
  if (typeof tls !== 'object' || tls === null) return [];
  const { pfx, cert, key } = tls as { pfx?: unknown; cert?: unknown; key?: unknown };
  if (pfx || (cert && key)) return problemsOf('outbindTls', tls);
  return [{ field: 'outbindTls', value: undefined, remedy: 'give key and cert, both in PEM form' }];
}

function problemsOf(option: string, tls: unknown): Problem[] {
  if (typeof tls !== 'object' || tls === null) return [];
  return findTlsProblems(tls).map(({ field, remedy }) => ({
    field: field === undefined ? option : `${option}.${field}`,
    value: undefined,
    remedy,
  }));
}

export interface Protection {
  readonly useTls: boolean;
  readonly tls: TlsOptions | undefined;
  /** All that may be connected to. */
  readonly hosts: readonly string[];
}

/** Warns of what makes the connection less safe than it could be, and of certificates that end. */
export function warnOfTls({ useTls, tls, hosts }: Protection, clock: Clock, log: Log): void {
  const facts = { event: 'connect', stage: 'tls' } satisfies LogLine;
  if (useTls) {
    for (const warning of findTlsWarnings(tls ?? {}, clock.now())) log.warn(facts, warning);
    return;
  }
  const abroad = [...new Set(hosts)].filter((host) => !isLocal(host));
  if (abroad.length === 0) return;
  const text =
    `no TLS to ${abroad.join(', ')}: whoever is in between can read the password and all messages; ` +
    `switch TLS on (useTls) where the SMSC has it, or connect through a VPN`;
  log.warn({ ...facts, host: abroad[0] }, text);
}

/** The same of the port where the SMSC connects to us. */
export function warnOfOutbindTls(
  { outbindPort, outbindHost }: Pick<Settings, 'outbindPort' | 'outbindHost'>,
  tls: TlsServerOptions | undefined,
  clock: Clock,
  log: Log,
): void {
  if (outbindPort === 0) return;
  const facts = { event: 'outbind', stage: 'tls', host: `${outbindHost}:${outbindPort}` } satisfies LogLine;
  const { cert, ca } = tls ?? {};
  for (const warning of findTlsWarnings({ cert, ca }, clock.now())) log.warn(facts, warning);
  if (tls || isLoopback(outbindHost)) return;
  const text =
    `no TLS on ${outbindHost}:${outbindPort}, where the SMSC connects: whoever is in between can read the passwords and ` +
    `all messages; give outbindTls where the SMSC has TLS, or let it come through a VPN`;
  log.warn(facts, text);
}

/** RFC 1918, 4193, 3927, 4291, and names that only a local network can know. */
const LOCAL_NETWORKS =
  /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|::1$|::ffff:127\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i;
const LOCAL_NAMES = /^[^.]+$|\.(localhost|local|internal|lan|home\.arpa)$/i;

/** Whether a host is this machine or in a network of one's own. */
export function isLocal(host: string): boolean {
  return isIP(host) ? LOCAL_NETWORKS.test(host) : LOCAL_NAMES.test(host);
}
