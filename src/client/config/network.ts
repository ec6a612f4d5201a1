import type { ConnectOptions, Transport } from '../../session';

/** How hosts are reached; what is absent: TCP and TLS sockets of Node, and the look-up of the system. */
export interface Network {
  /** Opens a connection; rejects where it cannot (`CONNECT_FAILED`, `TLS_FAILED`, `CONNECT_TIMEOUT`), and when the signal aborts. */
  connect?: (options: ConnectOptions) => Promise<Transport>;
  /** All addresses of a host name, in the order of the system. */
  resolve?: (host: string) => Promise<readonly string[]>;
}
