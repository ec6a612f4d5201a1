/**
 * Captures of networks: from the octets of a pcap or pcapng file to the PDUs that went over TCP. Written here, for the
 * packages that read captures are not kept any more, and what is needed of the formats is little.
 *
 * ```
 * file → packets → segments of TCP → octets in order → PDUs
 * file   layers    reassembly        pdu-stream        conversations
 * ```
 *
 * Memory is bounded, whatever the size of the capture. What is not understood is passed over and counted.
 */
import { Conversations, type Captured } from './conversations';
import { readPackets } from './file';
import { segmentOf } from './layers';
import type { OctetSource } from './octet-source';
import { CaptureError, type Passed } from './types';

export { isCapture } from './file';
export { isPlausible, isTls } from './pdu-stream';
export { nameOf, type Captured } from './conversations';
export { OctetSource } from './octet-source';
export { CaptureError, type Endpoint } from './types';
export { segmentOf } from './layers';
export { Reassembly, type Piece } from './reassembly';

/** What a capture had besides PDUs; complete when all have been read. */
export interface CaptureSummary {
  packets: number;
  /** Connections with SMPP. */
  connections: number;
  /** Ends that speak TLS, `address:port`: SMPP in it cannot be read. */
  encrypted: readonly string[];
  /** Packets that were passed over, by reason. */
  passed: Passed;
}

export interface CaptureOptions {
  /** Only connections from or to these ports, which are taken for SMPP; default: all that looks like SMPP. */
  readonly ports?: readonly number[] | undefined;
}

/**
 * The PDUs of a capture in the order of their last octets. `summary` is filled as they are read.
 * @throws CaptureError while reading, when all before the fault has been given
 */
export async function* readCapture(
  source: OctetSource,
  { ports }: CaptureOptions,
  summary: CaptureSummary,
): AsyncGenerator<Captured> {
  const conversations = new Conversations(ports);
  let fault: CaptureError | undefined;
  try {
    for await (const packet of readPackets(source)) {
      summary.packets = packet.number;
      const segment = segmentOf(packet, summary.passed);
      if (segment) yield* conversations.add(segment);
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    fault = error;
  }
  yield* conversations.end();
  summary.connections = conversations.found;
  summary.encrypted = [...conversations.encrypted];
  if (fault) throw fault;
}
