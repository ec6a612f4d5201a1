/** The part of npm `smpp`, which has no types, that tests use: an independent client and server. */
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';

/** A PDU of npm `smpp`: fields and TLVs side by side. */
export interface PeerPdu {
  readonly command: string;
  readonly command_status: number;
  readonly sequence_number: number;
  /** Text, or octets that it has no codec for; the elements of the user data header. */
  readonly short_message?: { message: string | Buffer; udh?: Buffer[] };
  readonly [field: string]: unknown;
  response(fields?: Record<string, unknown>): PeerPdu;
}

type PeerRequest = (fields: Record<string, unknown>, onResponse?: (response: PeerPdu) => void) => boolean;

/** A session of npm `smpp`. */
export interface PeerSession {
  readonly socket: Socket;
  on(event: 'error', handler: (error: Error) => void): void;
  on(event: 'connect' | 'close', handler: () => void): void;
  on(event: string, handler: (pdu: PeerPdu) => void): void;
  send(pdu: PeerPdu): boolean;
  close(callback?: () => void): void;
  destroy(callback?: () => void): void;
  readonly bind_transceiver: PeerRequest;
  readonly bind_transmitter: PeerRequest;
  readonly bind_receiver: PeerRequest;
  readonly submit_sm: PeerRequest;
  readonly deliver_sm: PeerRequest;
  readonly data_sm: PeerRequest;
  readonly query_sm: PeerRequest;
  readonly enquire_link: PeerRequest;
  readonly unbind: PeerRequest;
  readonly outbind: PeerRequest;
}

interface PeerLibrary {
  connect(
    options: { host: string; port: number; tls?: boolean } & TlsOptions,
    onConnect: () => void,
  ): PeerSession;
  createServer(options: object, onSession: (session: PeerSession) => void): NetServer;
  addTLV(tag: string, options: { id: number; type: unknown }): void;
  readonly types: { readonly tlv: { readonly cstring: unknown } };
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- it has no types to import
const library = require('smpp') as PeerLibrary;

/** Gives it a TLV of a vendor, a C-octet string. */
export function addTlv(name: string, id: number): void {
  library.addTLV(name, { id, type: library.types.tlv.cstring });
}

/** Connects; the session is not bound yet. */
export function connectPeer(port: number, tls?: TlsOptions): Promise<PeerSession> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, ...(tls ? { ...tls, tls: true } : {}) };
    const session = library.connect(options, () => resolve(session));
    session.on('error', reject);
  });
}

/** Sends a request and resolves with its response. */
export function ask(
  session: PeerSession,
  command: Exclude<keyof PeerSession, 'socket' | 'on' | 'send' | 'close' | 'destroy'>,
  fields: Record<string, unknown> = {},
): Promise<PeerPdu> {
  return new Promise((resolve) => session[command](fields, resolve));
}

export interface PeerServer {
  readonly port: number;
  readonly sessions: readonly PeerSession[];
  stop(): Promise<void>;
}

/** A server of npm `smpp` on a free port; `onSession` gets each link; with `tls` (key, cert) it speaks TLS. */
export async function startPeerServer(
  onSession: (session: PeerSession) => void,
  tls: TlsOptions = {},
): Promise<PeerServer> {
  const sessions: PeerSession[] = [];
  const server = library.createServer(tls, (session) => {
    // It leaves Nagle's algorithm on, which costs 40 ms per exchange.
    session.socket.setNoDelay(true);
    session.on('error', () => undefined);
    sessions.push(session);
    onSession(session);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const session of sessions) session.destroy();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, sessions, stop };
}
