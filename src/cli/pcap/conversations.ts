import { PduStream, type Found } from './pdu-stream';
import { Reassembly, type Mark, type Piece } from './reassembly';
import type { Endpoint, Segment } from './types';

/** Connections that are followed at once; of more the one that was silent for longest is given up. */
const MOST_CONNECTIONS = 4096;

/** A PDU of a capture, or octets of SMPP that are none. */
export interface Captured {
  /** Of the connection, from 1. */
  readonly connection: number;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly mark: Mark | undefined;
  readonly octets?: Buffer;
  /** Why octets cannot be read; then `octets` is absent. */
  readonly problem?: string;
}

interface Direction {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly reassembly: Reassembly;
  readonly stream: PduStream;
}

interface Conversation {
  number: number;
  /** Who was connected to, where the beginning was captured. */
  server?: Endpoint;
  readonly directions: Map<string, Direction>;
}

/** All connections of a capture. Give it segments, it gives PDUs; memory is bounded whatever the capture. */
export class Conversations {
  readonly #ports: ReadonlySet<number>;
  readonly #all = new Map<string, Conversation>();
  #count = 0;
  /** Ports of connections that are encrypted, as `address:port` of the end with the lower port. */
  readonly encrypted = new Set<string>();
  /** Connections in which SMPP was found. */
  found = 0;

  /** `ports`: only of these, and these are SMPP; none: all that looks like SMPP. */
  constructor(ports: readonly number[] = []) {
    this.#ports = new Set(ports);
  }

  add(segment: Segment): Captured[] {
    const { source, destination } = segment;
    if (this.#ports.size > 0 && !this.#ports.has(source.port) && !this.#ports.has(destination.port))
      return [];
    const captured: Captured[] = [];
    const conversation = this.#conversation(segment, captured);
    const direction = this.#direction(conversation, source, destination);
    captured.push(...this.#read(conversation, direction, direction.reassembly.add(segment)));
    const other = conversation.directions.get(nameOf(destination));
    if (segment.acknowledged !== undefined && other) {
      captured.push(...this.#read(conversation, other, other.reassembly.acknowledge(segment.acknowledged)));
    }
    return captured;
  }

  /** What is left at the end of the capture. */
  end(): Captured[] {
    const captured = [...this.#all.values()].flatMap((conversation) => this.#finish(conversation));
    this.#all.clear();
    return captured;
  }

  #conversation(segment: Segment, captured: Captured[]): Conversation {
    const { source, destination, syn, acknowledged } = segment;
    const key = [nameOf(source), nameOf(destination)].sort().join(' ');
    let conversation = this.#all.get(key);
    // Ports are used again: a new connection begins with a SYN where there were octets.
    if (conversation && syn && acknowledged === undefined && hasOctets(conversation)) {
      captured.push(...this.#finish(conversation));
      conversation = undefined;
    }
    conversation ??= { number: 0, directions: new Map() };
    if (syn && acknowledged === undefined) conversation.server = destination;
    this.#all.delete(key);
    this.#all.set(key, conversation);
    for (const [oldest, silent] of this.#all) {
      if (this.#all.size <= MOST_CONNECTIONS) break;
      captured.push(...this.#finish(silent));
      this.#all.delete(oldest);
    }
    return conversation;
  }

  #direction({ directions }: Conversation, source: Endpoint, destination: Endpoint): Direction {
    const name = nameOf(source);
    const known = directions.get(name);
    if (known) return known;
    const stream = new PduStream(this.#ports.size > 0);
    const direction = { source, destination, reassembly: new Reassembly(), stream };
    directions.set(name, direction);
    return direction;
  }

  #read(conversation: Conversation, direction: Direction, pieces: readonly Piece[]): Captured[] {
    const { stream, reassembly } = direction;
    const found = pieces.flatMap((piece) => stream.take(piece, reassembly.fromStart));
    if (stream.kind === 'tls') this.encrypted.add(nameOf(conversation.server ?? lower(direction)));
    const captured = found.map((one) => this.#captured(conversation, direction, one));
    // Told where the other end speaks SMPP: what answers it on the wrong port.
    const isWrong = stream.kind === 'other' && stream.preview !== '' && isSmpp(conversation);
    if (!isWrong) return captured;
    const why = `what answers here does not speak SMPP; it begins with ${stream.preview}`;
    stream.preview = '';
    const [piece] = pieces;
    const mark = piece && 'mark' in piece ? piece.mark : undefined;
    return [...captured, this.#captured(conversation, direction, { lost: 0, why, mark })];
  }

  #finish(conversation: Conversation): Captured[] {
    return [...conversation.directions.values()].flatMap((direction) => [
      ...this.#read(conversation, direction, direction.reassembly.end()),
      ...direction.stream.end().map((one) => this.#captured(conversation, direction, one)),
    ]);
  }

  #captured(conversation: Conversation, { source, destination }: Direction, found: Found): Captured {
    if (conversation.number === 0) {
      conversation.number = ++this.#count;
      this.found++;
    }
    const where = { connection: conversation.number, source, destination, mark: found.mark };
    if ('octets' in found) return { ...where, octets: found.octets };
    const what = found.lost > 0 ? `${found.lost} octets cannot be read: ` : '';
    return { ...where, problem: `${what}${found.why}` };
  }
}

function hasOctets({ directions }: Conversation): boolean {
  return [...directions.values()].some(({ stream }) => stream.kind !== 'unsure');
}

function isSmpp({ directions }: Conversation): boolean {
  return [...directions.values()].some(({ stream }) => stream.kind === 'smpp');
}

export function nameOf({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The end that is more likely to be a server. */
function lower({ source, destination }: Direction): Endpoint {
  return source.port < destination.port ? source : destination;
}
