import type { Socket } from 'node:net';
import type { Clock } from '../clock';
import type { Emitter, Log } from '../observability';
import type { Directory } from './directory';
import type { ServerEvents } from './events';
import type { ServerSettings } from './options';
import type { MessageReader } from './submitted';
import type { ServerSession } from './types';

/** Where a connection comes from. */
export interface Origin {
  readonly address: string;
  readonly port: number;
  /** Undefined for one that did not come by a socket. */
  readonly socket: Socket | undefined;
}

/** What the sessions of one server share. */
export interface ServerContext {
  readonly settings: ServerSettings;
  readonly log: Log;
  readonly clock: Clock;
  readonly events: Emitter<ServerEvents>;
  readonly messages: MessageReader;
  readonly directory: Directory<ServerSession>;
  /** Whether it is about to stop: nothing new is taken. */
  readonly isDraining: boolean;
}
