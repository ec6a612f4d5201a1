import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SmppError } from '../../../protocol';

/** What the holder of a lock tells of itself. */
export interface LockHolder {
  readonly token: string;
  readonly pid: number;
  readonly name: string;
}

export type LockResult =
  | { readonly unlock: () => Promise<void> }
  /** Undefined: it does not say. */
  | { readonly heldBy: LockHolder | undefined };

/** sun_path has 108 octets on Linux, 104 on macOS. */
const LONGEST_SOCKET_PATH = 100;
const ANSWER_TIME = 2000;
const SOCKET = 'lock.sock';

/**
 * Keeps other processes out of a directory, by listening on a socket in it.
 *
 * A listening socket ends with its process, however that ends, and is seen from
 * other containers too. A file with a process id does neither: after a crash in
 * a container its successor often has the very same id.
 *
 * Only where nobody can have it, it is taken. Rejects with `QUEUE_UNAVAILABLE` where that cannot be told.
 */
export async function lockDirectory(
  directory: string,
  name: string,
  random: (octets: number) => Buffer = randomBytes,
): Promise<LockResult> {
  const self: LockHolder = { token: random(16).toString('hex'), pid: process.pid, name };
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return lockBySocket(`\\\\.\\pipe\\smpp-queue-${hash}`, self, directory);
  const inside = insideOf(directory);
  if (inside) {
    try {
      return letGo(await lockBySocket(inside.path, self, directory), inside.done);
    } catch (error) {
      inside.done();
      if (!hasNoSockets(directory, self, error)) throw error;
    }
  }
  return lockBySocket(join(outside(), `smpp-queue-${hash}.sock`), self, directory);
}

/** The same place for every process, whatever its environment has in TMPDIR. */
function outside(): string {
  return statSync('/tmp', { throwIfNoEntry: false })?.isDirectory() ? '/tmp' : tmpdir();
}

interface Inside {
  readonly path: string;
  readonly done: () => void;
}

/** Too long a path is made short where the system has names for open directories; else there is no place inside. */
function insideOf(directory: string): Inside | undefined {
  const path = join(directory, SOCKET);
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { path, done: () => undefined };
  if (process.platform !== 'linux') return undefined;
  try {
    const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    return { path: `/proc/self/fd/${fd}/${SOCKET}`, done: () => closeSync(fd) };
  } catch (cause) {
    throw cannotTell(directory, cause as Error);
  }
}

function letGo(result: LockResult, done: () => void): LockResult {
  if (!('unlock' in result)) {
    done();
    return result;
  }
  return { unlock: () => result.unlock().finally(done) };
}

/** How file systems without sockets refuse one; whoever may not make one is refused alike. */
const REFUSED: readonly (string | undefined)[] = ['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL', 'ENOSYS'];

/** Files can be made there, sockets cannot, and nobody else has made one: so nobody could. */
function hasNoSockets(directory: string, { token }: LockHolder, error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  if (!REFUSED.includes(code)) return false;
  if (lstatSync(join(directory, SOCKET), { throwIfNoEntry: false })) return false;
  const probe = join(directory, `lock-${token}.tmp`);
  try {
    writeFileSync(probe, '', { flag: 'wx', mode: 0o600 });
    unlinkSync(probe);
    return true;
  } catch {
    return false;
  }
}

function cannotTell(directory: string, cause: Error): SmppError {
  return new SmppError(
    'QUEUE_UNAVAILABLE',
    `Whether another process has the queue in ${directory} open cannot be told (${cause.message}), and two at once ` +
      'would destroy it. Make that directory writable for this user and leave some file descriptors free, or choose ' +
      'another queueDirectory.',
    { cause, retriable: true },
  );
}

async function lockBySocket(path: string, self: LockHolder, directory: string): Promise<LockResult> {
  try {
    return await takeSocket(path, self);
  } catch (error) {
    throw cannotTell(directory, error as Error);
  }
}

/** Rejects with whatever keeps it from listening or from finding out who does. */
async function takeSocket(path: string, self: LockHolder): Promise<LockResult> {
  const first = await listen(path, self);
  if (first) return { unlock: () => close(first) };
  const leftover = identityOf(path);
  const holder = await ask(path);
  if (holder !== 'nobody') return { heldBy: holder };
  // Left over from a crash; unless another took it away meanwhile, and has put its own there.
  if (leftover !== undefined && identityOf(path) === leftover) unlinkSync(path);
  const second = await listen(path, self);
  const now = await ask(path);
  const ours = typeof now === 'object' && now.token === self.token;
  if (second && ours) return { unlock: () => close(second) };
  // Another found the same leftover, and was later in taking it away. This one stays open, unheard:
  // to close it would take the other's file away, whose name it has.
  return { heldBy: now === 'nobody' ? undefined : now };
}

/** Which file it is; undefined: none. A number may be used again, its time not. */
function identityOf(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return stats && `${stats.dev} ${stats.ino} ${stats.ctimeNs}`;
}

/** Undefined: it is there already. */
function listen(path: string, self: LockHolder): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(JSON.stringify(self));
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => {
      server.on('error', () => undefined);
      keepToOwner(path);
      resolve(server.unref());
    });
  });
}

function keepToOwner(path: string): void {
  if (process.platform === 'win32') return;
  try {
    chmodSync(path, 0o600);
  } catch {
    // Its directory keeps others away, or that is told.
  }
}

/** How a socket is told that nobody listens to. Whatever else goes wrong (not allowed, no descriptors) tells nothing. */
const DESERTED: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'];

/** Undefined: somebody listens and says nothing, which a busy process does; or perhaps listens. */
function ask(path: string): Promise<LockHolder | 'nobody' | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path).setEncoding('utf8').setTimeout(ANSWER_TIME);
    let answer = '';
    socket.on('data', (text: string) => (answer += text));
    socket.on('timeout', () => socket.destroy());
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(DESERTED.includes(code) ? 'nobody' : undefined),
    );
    socket.on('close', () => resolve(parsed(answer)));
  });
}

function parsed(answer: string): LockHolder | undefined {
  try {
    return JSON.parse(answer) as LockHolder;
  } catch {
    return undefined;
  }
}

/** Node takes the socket's file away, too. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
