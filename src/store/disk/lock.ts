import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/**
 * Keeps other processes out of a directory, by listening on a socket in it.
 *
 * A listening socket ends with its process, however that ends, and is seen from
 * other containers too. A file with a process id does neither: after a crash in
 * a container its successor often has the very same id.
 */
export async function lockDirectory(directory: string, name: string): Promise<LockResult> {
  const self: LockHolder = { token: randomUUID(), pid: process.pid, name };
  for (const path of socketPaths(directory)) {
    const result = await lockBySocket(path, self);
    if (result) return result;
  }
  // Neither place has sockets: what is left is that one process opens it once.
  return { unlock: () => Promise.resolve() };
}

/** In the directory where its file system has sockets and the path fits, else among the temporary files. */
function socketPaths(directory: string): string[] {
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return [`\\\\.\\pipe\\smpp-queue-${hash}`];
  const inside = join(directory, 'lock.sock');
  const aside = join(tmpdir(), `smpp-queue-${hash}.sock`);
  return Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH ? [inside, aside] : [aside];
}

/** Undefined where there can be no socket. */
async function lockBySocket(path: string, self: LockHolder): Promise<LockResult | undefined> {
  const first = await listen(path, self);
  if (first === 'impossible') return undefined;
  if (first !== 'taken') return { unlock: () => close(first) };
  const holder = await ask(path);
  if (holder !== 'nobody') return { heldBy: holder };
  // Left over from a crash.
  await rm(path, { force: true });
  const second = await listen(path, self);
  if (second === 'impossible') return undefined;
  const now = await ask(path);
  const ours = typeof now === 'object' && now.token === self.token;
  if (second !== 'taken' && ours) return { unlock: () => close(second) };
  // Another found the same leftover, and was later in taking it away.
  if (second !== 'taken') await close(second);
  return { heldBy: now === 'nobody' ? undefined : now };
}

function listen(path: string, self: LockHolder): Promise<Server | 'taken' | 'impossible'> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(JSON.stringify(self));
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' ? 'taken' : 'impossible'),
    );
    server.listen(path, () => resolve(server.unref()));
  });
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
