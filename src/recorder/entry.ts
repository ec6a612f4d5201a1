/** One end of a TCP connection. */
export interface LinkEnd {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** TCP port. */
  readonly port: number;
}

/** The connection that PDUs went over. */
export interface RecordedLink {
  /** The number of the session, as log lines have it. */
  readonly session: number;
  /** The other side, as it was configured. */
  readonly host: string;
  /** TCP port of `host`. */
  readonly port: number;
  /** Both ends as they were, where that is known. */
  readonly ends?: { readonly local: LinkEnd; readonly remote: LinkEnd } | undefined;
}

/** A PDU as it is kept. */
export interface Entry {
  /** Epoch milliseconds, with fractions. */
  readonly time: number;
  /** `in`: from the other side. */
  readonly direction: 'in' | 'out';
  /** The number of its session. */
  readonly session: number;
  /** One whole PDU; no password is in it. */
  readonly octets: Buffer;
}
