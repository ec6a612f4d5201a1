import { createServer, type AddressInfo, type Server } from 'node:net';

/** Why the demo cannot go on, for the person at the terminal. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** Nothing here asks for a password, so nothing here is to be reached from elsewhere. */
export const host = '127.0.0.1';

const attempts = 100;

/** Listens on `from` or the next port that is free; 0: any. Resolves with the port. */
export async function listenFrom(server: Server, from: number): Promise<number> {
  const last = Math.min(from + attempts, 65_536) - 1;
  for (let port = from; port <= last; port++) {
    if (await listens(server, port)) return (server.address() as AddressInfo).port;
  }
  throw new DemoError(`No port from ${from} to ${last} is free on ${host}.`);
}

/** A port that nobody else gets until it is let go. */
export interface HeldPort {
  readonly port: number;
  /** Resolves when it is free. */
  release(): Promise<unknown>;
}

/** Holds the first free port from `from` on. */
export async function holdPort(from: number): Promise<HeldPort> {
  const holder = createServer();
  const port = await listenFrom(holder, from);
  return { port, release: () => new Promise((resolve) => holder.close(resolve)) };
}

/** The first free port from `from` on. */
export async function freePort(from: number): Promise<number> {
  const held = await holdPort(from);
  await held.release();
  return held.port;
}

/** Any free port. */
export function anyFreePort(): Promise<number> {
  return freePort(0);
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      server.removeListener('listening', listening);
      // Windows says EACCES of ports that it keeps for itself, Unix of those below 1024.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    };
    const listening = (): void => {
      server.removeListener('error', failed);
      resolve(true);
    };
    server.once('error', failed);
    server.once('listening', listening);
    server.listen(port, host);
  });
}
