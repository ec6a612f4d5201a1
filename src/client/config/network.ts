import type { ConnectOptions, Transport } from '../../session';

/** What is outside of the process; default: sockets and the look-up of the system. */
export interface Network {
  /** Rejects as Node's own does where it cannot; the signal ends it. */
  connect?: (options: ConnectOptions) => Promise<Transport>;
  /** All addresses of a host name, in the order of the system. */
  resolve?: (host: string) => Promise<readonly string[]>;
}
