import type { BindCommand } from '../protocol';
import type { CloseReason } from '../session';
import type { ServerSession } from './types';

/** A client tried to bind; it is in its new state when this is told. */
export interface ServerBindEvent {
  /** Over which it came. */
  readonly session: ServerSession;
  /** Which bind it was. */
  readonly command: BindCommand;
  /** The account that it named. */
  readonly system_id: string;
  /** ESME_ROK, or why not. */
  readonly command_status: string;
}

/** A connection is gone; `unbind` comes before it where the client unbound first. */
export interface ServerCloseEvent {
  /** The connection that was. */
  readonly session: ServerSession;
  /** Why it went. */
  readonly reason: CloseReason;
}

/** A handler of the caller's failed, or a connection did before it was one. Nothing ends for it. */
export interface ServerErrorEvent {
  /** `authenticate`, `submit`, `request`, `listen` or `tls`. */
  readonly source: string;
  /** As it was thrown. */
  readonly error: unknown;
  /** The session that it was about; absent where it was about none. */
  readonly session?: ServerSession;
}

/** Any PDU, whole; of a bind the password reads `*`. Costs nothing where nobody listens. */
export interface ServerPduEvent {
  /** From the client, or to it. */
  readonly direction: 'in' | 'out';
  /** Valid during the call only; copy what you keep. */
  readonly octets: Buffer;
  /** Over which it goes. */
  readonly session: ServerSession;
}

/** What a server tells, by name. */
export interface ServerEvents {
  /** A client has connected; it is not bound yet. */
  connect: { readonly session: ServerSession };
  /** A client tried to bind. */
  bind: ServerBindEvent;
  /** A client unbound. */
  unbind: { readonly session: ServerSession };
  /** A connection is gone. */
  close: ServerCloseEvent;
  /** Code of the caller's failed, or a connection before it was one. */
  error: ServerErrorEvent;
  /** A PDU came or goes. */
  pdu: ServerPduEvent;
}

/** The name of an event of a server. */
export type ServerEventName = keyof ServerEvents;
