import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

/** Options of Node's `tls` are not usable. */
export interface TlsProblem {
  /** `cert`, `key`, `ca`, `passphrase`; undefined: all together. */
  readonly field: 'cert' | 'key' | 'ca' | 'passphrase' | undefined;
  readonly remedy: string;
}

type Field = 'cert' | 'key' | 'ca';

const WHOLE_PEM = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;
const SOON = 14 * 86_400_000;

/** What is wrong with certificates and keys; empty when a connection can be made with them. Never throws. */
export function findTlsProblems(options: SecureContextOptions): TlsProblem[] {
  const problems: TlsProblem[] = [];
  const readAll = <T>(field: Field, reading: (text: string) => T[]): T[] => {
    try {
      return textsOf(options[field]).flatMap(reading);
    } catch (error) {
      problems.push({ field: error instanceof Locked ? 'passphrase' : field, remedy: messageOf(error) });
      return [];
    }
  };
  const [certificate] = readAll('cert', readCertificates);
  readAll('ca', readCertificates);
  const [key] = readAll('key', (text) => [readKey(text, options.passphrase)]);
  if (problems.length > 0) return problems;
  if (certificate && !options.key && !options.pfx)
    return [{ field: 'key', remedy: 'there is a certificate (cert), but not its private key' }];
  if (key && !certificate && !options.pfx)
    return [{ field: 'cert', remedy: 'there is a private key, but not its certificate' }];
  if (certificate && key && !certificate.checkPrivateKey(key)) {
    const whose = nameOf(certificate);
    const remedy = `this private key does not belong to the certificate of ${whose}; give the key that it was made with`;
    return [{ field: 'key', remedy }];
  }
  try {
    createSecureContext(options);
    return [];
  } catch (error) {
    return [{ field: undefined, remedy: `these TLS options cannot be used: ${messageOf(error)}` }];
  }
}

/** What makes a connection less safe, or will soon keep it from being made; `now` in epoch milliseconds. */
export function findTlsWarnings(
  options: SecureContextOptions & { readonly rejectUnauthorized?: boolean | undefined },
  now: number,
): string[] {
  const unverified =
    "the SMSC's certificate is not verified: whoever is in between can read password and messages; switch verification on and give the CA";
  return [
    ...certificatesOf(options.cert)
      .slice(0, 1)
      .flatMap((one) => outlived('certificate (cert)', one, now)),
    ...certificatesOf(options.ca).flatMap((one) => outlived('CA certificate (ca)', one, now)),
    ...(options.rejectUnauthorized === false ? [unverified] : []),
  ];
}

/** What is neither text nor octets, such as a key in an object with its passphrase, is left to Node. */
function textsOf(given: unknown): string[] {
  return [given].flat().flatMap((one) => {
    if (typeof one === 'string') return [one];
    if (!ArrayBuffer.isView(one)) return [];
    return [Buffer.from(one.buffer, one.byteOffset, one.byteLength).toString('latin1')];
  });
}

function readCertificates(text: string): X509Certificate[] {
  const blocks = [...text.matchAll(WHOLE_PEM)];
  const certificates = blocks.filter(([, kind]) => kind === 'CERTIFICATE' || kind === 'TRUSTED CERTIFICATE');
  if (certificates.length === 0) throw new Error(notPem(text, blocks, 'certificate', 'CERTIFICATE'));
  return certificates.map(([block], index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      const which =
        certificates.length > 1 ? `certificate ${index + 1} of ${certificates.length}` : 'this certificate';
      throw new Error(`${which} is damaged (${messageOf(error)}); copy it again, whole`, { cause: error });
    }
  });
}

class Locked extends Error {}

function readKey(text: string, passphrase: string | undefined): KeyObject {
  const blocks = [...text.matchAll(WHOLE_PEM)];
  const block = blocks.find(([, kind]) => kind?.endsWith('PRIVATE KEY'));
  if (!block) throw new Error(notPem(text, blocks, 'private key', 'PRIVATE KEY'));
  const locked = /ENCRYPTED/.test(block[0]);
  if (locked && !passphrase) {
    throw new Locked('the private key is locked by a passphrase; give it, or unlock the key');
  }
  try {
    return createPrivateKey({ key: block[0], ...(passphrase ? { passphrase } : {}) });
  } catch (error) {
    if (locked) throw new Locked('this passphrase does not unlock the private key', { cause: error });
    const text = `this private key is damaged or of an unknown kind (${messageOf(error)}); copy it again, whole`;
    throw new Error(text, { cause: error });
  }
}

/** Says what it is instead. The text itself may be a secret. */
function notPem(text: string, blocks: RegExpExecArray[], wanted: string, label: string): string {
  const found = blocks[0]?.[1];
  if (found !== undefined) return `this is a ${found.toLowerCase()}, not a ${wanted}; are the two mixed up?`;
  if (text.trim() === '') return `this is empty; give a ${wanted} in PEM form`;
  if (text.includes('-----BEGIN'))
    return `this ${wanted} has no end; copy it whole, from -----BEGIN to -----END`;
  if (text.charCodeAt(0) === 0x30) {
    return `this is in binary form (DER); convert it to PEM, which begins with -----BEGIN ${label}-----`;
  }
  return `this is no ${wanted} in PEM form, which begins with -----BEGIN ${label}-----`;
}

function certificatesOf(given: unknown): X509Certificate[] {
  try {
    return textsOf(given).flatMap(readCertificates);
  } catch {
    return []; // Told as a problem.
  }
}

function outlived(what: string, certificate: X509Certificate, now: number): string[] {
  const { validFrom, validTo } = certificate;
  const until = Date.parse(validTo);
  const whose = `the ${what} of ${nameOf(certificate)}`;
  if (until < now) return [`${whose} expired on ${dateOf(until)}; get a new one`];
  const from = Date.parse(validFrom);
  if (from > now)
    return [`${whose} is not valid before ${dateOf(from)}; is the clock of this machine right?`];
  return until - now < SOON ? [`${whose} expires on ${dateOf(until)}; get a new one in time`] : [];
}

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function nameOf({ subject, subjectAltName }: X509Certificate): string {
  const name = /(?:^|\n)CN=(.*)/.exec(subject)?.[1] ?? subjectAltName ?? 'no name';
  return JSON.stringify(name);
}

/** OpenSSL's own words without its numbers: `error:0480006C:PEM routines::no start line`. */
function messageOf(error: unknown): string {
  return (error as Error).message.replace(/^(?:[0-9A-F]+:)?error:[0-9A-F]+:[^:]*:[^:]*:/i, '').trim();
}
