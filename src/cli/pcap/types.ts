/** A packet as it was captured. */
export interface Packet {
  /** As Wireshark counts: from 1. */
  readonly number: number;
  /** Epoch milliseconds, with fractions; undefined where the capture has no time for it. */
  readonly time: number | undefined;
  /** The type of its link layer (LINKTYPE_… of tcpdump.org). */
  readonly linkType: number;
  readonly octets: Buffer;
}

/** A TCP segment of a packet. */
export interface Segment {
  readonly number: number;
  readonly time: number | undefined;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly sequence: number;
  /** undefined: it acknowledges nothing. */
  readonly acknowledged: number | undefined;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly payload: Buffer;
  /** Octets that it had, of which fewer may have been captured. */
  readonly length: number;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A capture that cannot be read, or not on from `offset`. */
export class CaptureError extends Error {
  /** `UNSUPPORTED`: a format or link that is not known here; `MALFORMED`; `CUT_SHORT`: it ends within a packet. */
  readonly code: 'UNSUPPORTED' | 'MALFORMED' | 'CUT_SHORT';
  /** Of the file, in octets. */
  readonly offset: number;

  constructor(code: CaptureError['code'], message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** Why packets were passed over, and how many. */
export type Passed = Map<string, number>;

export function count(passed: Passed, why: string): undefined {
  passed.set(why, (passed.get(why) ?? 0) + 1);
  return undefined;
}
