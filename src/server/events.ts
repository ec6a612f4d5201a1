import type { BindCommand } from '../protocol';
import type { CloseReason } from '../session';
import type { ServerSession } from './types';

/** A client tried to bind; it is in its new state when this is told. */
export interface ServerBindEvent {
  readonly session: ServerSession;
  readonly command: BindCommand;
  readonly system_id: string;
  /** ESME_ROK, or why not. */
  readonly command_status: string;
}

/** A connection is gone; `unbind` comes before it where the client unbound first. */
export interface ServerCloseEvent {
  readonly session: ServerSession;
  readonly reason: CloseReason;
}

/** A handler of the caller's failed, or a connection did before it was one. Nothing ends for it. */
export interface ServerErrorEvent {
  /** `authenticate`, `submit`, `request`, `listen` or `tls`. */
  readonly source: string;
  readonly error: unknown;
  readonly session?: ServerSession;
}

/** Any PDU, whole; of a bind the password reads `*`. Costs nothing where nobody listens. */
export interface ServerPduEvent {
  readonly direction: 'in' | 'out';
  /** Valid during the call only; copy what you keep. */
  readonly octets: Buffer;
  readonly session: ServerSession;
}

/** What a server tells, by name. */
export interface ServerEvents {
  /** A client has connected; it is not bound yet. */
  connect: { readonly session: ServerSession };
  bind: ServerBindEvent;
  unbind: { readonly session: ServerSession };
  close: ServerCloseEvent;
  error: ServerErrorEvent;
  pdu: ServerPduEvent;
}

export type ServerEventName = keyof ServerEvents;
