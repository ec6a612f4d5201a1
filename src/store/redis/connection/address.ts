import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';

/** Where a Redis server is, and as whom to log in. Holds the password: never shown. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: TlsOptions | undefined;
}

const FORM =
  'give redis://host:6379, with a login redis://user:password@host:6379, with TLS rediss://host:6380; ' +
  'characters such as @ : / # in the user or the password are written as %40 %3A %2F %23';

/** What is wrong with a URL of Redis, without what it holds; undefined: nothing. */
export function urlProblem(url: string): string | undefined {
  if (url === '') return undefined;
  let parsed: URL;
  try {
    parsed = new URL(url);
    decodeURIComponent(parsed.username + parsed.password);
  } catch {
    return `it is no URL; ${FORM}`;
  }
  if (!['redis:', 'rediss:'].includes(parsed.protocol))
    return `it does not begin with redis: or rediss:; ${FORM}`;
  if (parsed.hostname === '') return `it names no host; ${FORM}`;
  if (!/^\/?\d*$/.test(parsed.pathname)) return `the number of a database alone may follow the host; ${FORM}`;
  return undefined;
}

/** Where no server is named. */
export const DEFAULT_URL = 'redis://127.0.0.1:6379';

/** Of a URL that has no {@link urlProblem}. */
export function addressOf(url: string, tls: TlsOptions | undefined): RedisAddress {
  const { hostname, port, username, password, pathname, protocol } = new URL(url || DEFAULT_URL);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = protocol === 'rediss:' || tls !== undefined;
  return {
    host,
    port: port === '' ? 6379 : Number(port),
    username: username === '' ? undefined : decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
    database: Number(pathname.slice(1)),
    // The name in the certificate stays that of the URL when the Cluster names another node by its IP address.
    tls: secure ? { ...(isIP(host) ? {} : { servername: host }), ...tls } : undefined,
  };
}

/** `host:port`, for people. */
export const placeOf = ({ host, port }: Pick<RedisAddress, 'host' | 'port'>): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
