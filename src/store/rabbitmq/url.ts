import type { Options } from 'amqplib';

/** Seconds: a broker that sends nothing for two to three of these is away. */
const HEARTBEAT = 5;

/** Where no broker is named. */
export const DEFAULT_URL = 'amqp://127.0.0.1:5672';

/** What is wrong with the URL, as it reads behind "queueUrl: "; undefined: nothing. Never shows the URL. */
export function urlProblem(url: string): string | undefined {
  if (url === '') return undefined;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return 'is no URL: it must read amqp://user:password@host:5672/vhost (in user and password write @ : / as %40 %3A %2F)';
  }
  if (parsed.protocol !== 'amqp:' && parsed.protocol !== 'amqps:')
    return `must begin with amqp:// or amqps:// (TLS), not ${parsed.protocol}//`;
  if (parsed.hostname === '') return 'names no host';
  if (decoded(parsed.username) === undefined || decoded(parsed.password) === undefined)
    return 'user or password has a % that is not followed by two hexadecimal digits: write % as %25';
  return decoded(parsed.pathname) === undefined
    ? 'the virtual host has a stray %: write it as %25'
    : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Where a URL leads, for people: without user and password. */
export function placeOf(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return 'queueUrl';
  }
}

/** The virtual host that a URL names. */
export function vhostOf(url: string): string {
  const path = new URL(url).pathname.slice(1);
  return path === '' ? '/' : (decoded(path) ?? path);
}

/** @param url one that has no {@link urlProblem} */
export function connectOptions(url: string): Options.Connect & { readonly hostname: string } {
  const { protocol, hostname, port, username, password, searchParams } = new URL(url);
  const heartbeat = Number(searchParams.get('heartbeat') ?? HEARTBEAT);
  const isNamed = username !== '' || password !== '';
  return {
    protocol: protocol.slice(0, -1),
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'amqps:' ? 5671 : 5672) : Number(port),
    username: isNamed ? decodeURIComponent(username) : 'guest',
    password: isNamed ? decodeURIComponent(password) : 'guest',
    vhost: encodeURIComponent(vhostOf(url)),
    frameMax: 131_072,
    heartbeat: Number.isInteger(heartbeat) && heartbeat >= 0 ? heartbeat : HEARTBEAT,
  };
}
