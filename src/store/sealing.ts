import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  scrypt,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import { SmppError } from '../protocol';

/**
 * Sealing of what a store writes: AES-256-GCM for contents, HMAC-SHA256 for what is looked up. Of no store in particular.
 *
 *   queueKey ── scrypt or HKDF, salt of the store ──▶ main key ──▶ key id
 *                                                       ├──▶ name key: HMAC of ids, numbers, keys
 *                                                       └──▶ subkey of a session: its records
 *
 *   sealed    key id (4)  session (16)  number (4)  ciphertext  tag (16)
 *
 * A session is one opening of a store. It has a random subkey of its own and counts its records: under one key no
 * nonce is ever used twice, where random ones of 96 bits would have to end at 2^32 records.
 */
export interface Sealing {
  /** Eight hexadecimal digits. They tell keys apart and nothing about them. */
  readonly keyId: string;
  /**
   * `place` is what the record is and where it belongs: it cannot be opened under another one. So many octets before
   * it are left free.
   */
  seal(place: Uint8Array, plain: Uint8Array, free?: number): Buffer;
  /** Undefined: not sealed with this key, or changed since, or from another place. */
  open(place: Uint8Array, sealed: Uint8Array): Buffer | undefined;
  /** Always the same for the same name: 32 octets that tell nothing of it to who has not the key. */
  hide(kind: string, name: Uint8Array): Buffer;
}

/** What a store keeps in clear, so that its key can be checked. Hexadecimal. */
export interface StoredSeal {
  /** Which of the secrets it is, told by nothing that gives the secret away. */
  readonly keyId: string;
  /** In hexadecimal. */
  readonly salt: string;
  /** A text that everybody knows, sealed. */
  readonly check: string;
}

const KEY_ID = 4;
const SESSION = 16;
const NUMBER = 4;
const TAG = 16;
const HEAD = KEY_ID + SESSION + NUMBER;
/** Octets by which what is sealed is longer. */
export const SEAL_OVERHEAD = HEAD + TAG;
const NONCE = 12;
const SALT = 16;
const LAST_NUMBER = 0xffff_ffff;
/** Subkeys of earlier sessions that are kept. */
const MOST_SUBKEYS = 256;
const CHECKED = Buffer.from('smpp queue');
const CHECK_PLACE = Buffer.from('check');

const SHORTEST = 12;
const FEWEST_CHARACTERS = 6;
/** 32 MiB and some 80 ms for each guess. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 2 ** 20 };

const REMEDY =
  'Give 32 random octets in base64 or hexadecimal (openssl rand -base64 32), or a passphrase of at least ' +
  `${SHORTEST} characters, ${FEWEST_CHARACTERS} of them different`;

/**
 * The keys of a `queueKey`: one, or a list (an array, or the JSON text of one) of which the first encrypts and all
 * decrypt. Nothing given: none. Or a remedy where one of them is no key; it does not repeat it.
 */
export function readQueueKeys(
  given: unknown,
): { readonly keys: readonly string[] } | { readonly remedy: string } {
  if (given === undefined || given === null) return { keys: [] };
  const list = Array.isArray(given) ? (given as unknown[]) : listOf(given);
  if (list.length === 0) return { remedy: `is an empty list. ${REMEDY}` };
  for (const [at, key] of list.entries()) {
    const which = list.length === 1 ? '' : `(the ${at + 1}. of ${list.length}) `;
    const flaw = flawOf(key);
    if (flaw !== undefined) return { remedy: `${which}${flaw}. ${REMEDY}` };
  }
  return { keys: [...new Set(list as string[])] };
}

function listOf(given: unknown): unknown[] {
  if (typeof given !== 'string' || !given.trimStart().startsWith('[')) return [given];
  try {
    const parsed = JSON.parse(given) as unknown;
    return Array.isArray(parsed) ? (parsed as unknown[]) : [given];
  } catch {
    return [given];
  }
}

function flawOf(key: unknown): string | undefined {
  if (typeof key !== 'string') return 'is not a text';
  if (key.trim() === '') return 'is empty';
  if ([...key].length < SHORTEST) return `has ${[...key].length} characters, which are too few`;
  if (new Set(key).size < FEWEST_CHARACTERS) return 'repeats so few characters that it can be guessed';
  return undefined;
}

/** 32 octets as they are; undefined: a passphrase. */
function rawKey(secret: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(secret)) return Buffer.from(secret, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(secret)) return undefined;
  const octets = Buffer.from(secret, 'base64');
  return octets.length === 32 ? octets : undefined;
}

async function mainKey(secret: string, salt: Buffer): Promise<Buffer> {
  const raw = rawKey(secret);
  if (raw) return Buffer.from(hkdfSync('sha256', raw, salt, 'smpp queue', 32));
  return new Promise((resolve, reject) =>
    scrypt(secret.normalize('NFC'), salt, 32, SCRYPT, (error, key) => (error ? reject(error) : resolve(key))),
  );
}

/** So many octets that nobody can foretell. */
/** Gives so many random octets. */
export type Random = (octets: number) => Buffer;

/** A new seal for a store that has none, with a salt of its own. */
export async function newSealing(
  secret: string,
  random: Random = randomBytes,
): Promise<{ sealing: Sealing; stored: StoredSeal }> {
  const salt = random(SALT);
  const sealing = new GcmSealing(await mainKey(secret, salt), random);
  const check = sealing.seal(CHECK_PLACE, CHECKED);
  const { keyId } = sealing;
  return { sealing, stored: { keyId, salt: salt.toString('hex'), check: check.toString('hex') } };
}

/** The sealing of a store by the first of `secrets` that is its key, and which that is; undefined: none is. */
export async function sealingOf(
  stored: StoredSeal,
  secrets: readonly string[],
  random: Random = randomBytes,
): Promise<{ sealing: Sealing; index: number } | undefined> {
  const check = Buffer.from(stored.check, 'hex');
  for (const [index, secret] of secrets.entries()) {
    const sealing = new GcmSealing(await mainKey(secret, Buffer.from(stored.salt, 'hex')), random);
    const opened = sealing.open(CHECK_PLACE, check);
    if (opened && opened.length === CHECKED.length && timingSafeEqual(opened, CHECKED))
      return { sealing, index };
  }
  return undefined;
}

/** `where` names the store; `given` is how many keys there were. */
export function wrongKey(where: string, { keyId }: StoredSeal, given: number): SmppError {
  const what =
    given === 0
      ? 'no queueKey is given'
      : `${given === 1 ? 'the queueKey' : 'none of the queueKeys'} given is another`;
  return new SmppError(
    'STORE_KEY',
    `The queue in ${where} is encrypted with key id ${keyId}, and ${what}. Give that key in queueKey (after the new ` +
      'one, where the key changes), or give this connection another clientId or queueDirectory; nothing was changed.',
  );
}

class GcmSealing implements Sealing {
  readonly keyId: string;
  readonly #id: Buffer;
  readonly #main: Buffer;
  readonly #random: Random;
  readonly #names: KeyObject;
  #session: Buffer = Buffer.alloc(0);
  #key: KeyObject | undefined;
  #number = 0;
  readonly #nonce = Buffer.alloc(NONCE);
  readonly #subkeys = new Map<string, KeyObject>();

  constructor(main: Buffer, random: Random) {
    this.#main = main;
    this.#random = random;
    this.#id = derive(main, 'key id').subarray(0, KEY_ID);
    this.keyId = this.#id.toString('hex');
    this.#names = createSecretKey(derive(main, 'names'));
  }

  seal(place: Uint8Array, plain: Uint8Array, free = 0): Buffer {
    const key = this.#next();
    const whole = Buffer.allocUnsafe(free + plain.length + SEAL_OVERHEAD);
    const sealed = free === 0 ? whole : whole.subarray(free);
    this.#id.copy(sealed);
    this.#session.copy(sealed, KEY_ID);
    sealed.writeUInt32BE(this.#number, KEY_ID + SESSION);
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(sealed, this.#nonce), { authTagLength: TAG });
    cipher.setAAD(place);
    cipher.update(plain).copy(sealed, HEAD);
    cipher.final();
    cipher.getAuthTag().copy(sealed, HEAD + plain.length);
    return whole;
  }

  #next(): KeyObject {
    if (this.#key && this.#number < LAST_NUMBER) {
      this.#number++;
      return this.#key;
    }
    this.#number = 0;
    this.#session = this.#random(SESSION);
    return (this.#key = this.#subkey(this.#session));
  }

  #subkey(session: Buffer): KeyObject {
    const name = session.toString('latin1');
    const known = this.#subkeys.get(name);
    if (known) return known;
    const made = createSecretKey(derive(this.#main, 'records', session));
    const [oldest] = this.#subkeys.keys();
    if (this.#subkeys.size >= MOST_SUBKEYS && oldest !== undefined) this.#subkeys.delete(oldest);
    this.#subkeys.set(name, made);
    return made;
  }

  open(place: Uint8Array, given: Uint8Array): Buffer | undefined {
    const sealed = Buffer.from(given.buffer, given.byteOffset, given.length);
    const end = sealed.length - TAG;
    if (end < HEAD || this.#id.compare(sealed, 0, KEY_ID) !== 0) return undefined;
    const key = this.#subkey(sealed.subarray(KEY_ID, KEY_ID + SESSION));
    const cipher = createDecipheriv('aes-256-gcm', key, nonceOf(sealed, this.#nonce), { authTagLength: TAG });
    try {
      cipher.setAAD(place);
      cipher.setAuthTag(sealed.subarray(end));
      const plain = cipher.update(sealed.subarray(HEAD, end));
      cipher.final();
      return plain;
    } catch {
      return undefined;
    }
  }

  hide(kind: string, name: Uint8Array): Buffer {
    return createHmac('sha256', this.#names).update(`${kind}\0`).update(name).digest();
  }
}

/** A part of the session and the record's number in it. Read at once, so that one buffer serves all. */
function nonceOf(sealed: Buffer, nonce: Buffer): Buffer {
  sealed.copy(nonce, 0, HEAD - NONCE, HEAD);
  return nonce;
}

function derive(main: Buffer, use: string, of: Uint8Array = Buffer.alloc(0)): Buffer {
  return createHmac('sha256', main).update(`${use}\0`).update(of).digest();
}
