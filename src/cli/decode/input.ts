import { createReadStream, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../command';
import { fileFault, usageError } from '../errors';
import {
  OctetSource,
  isCapture,
  isPlausible,
  readCapture,
  segmentOf,
  type CaptureSummary,
  type Endpoint,
} from '../pcap';
import { TextFormError, octetsOfText, type TextForm } from './text-octets';

/** A PDU, or what should be one, with what is known of where it comes from. */
export interface Item {
  readonly octets?: Buffer;
  /** Why octets of a capture are no PDU. */
  readonly problem?: string;
  /** Of the packet in the capture, or of the PDU in the input, from 1. */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly time?: number | undefined;
  readonly connection?: number;
  readonly source?: Endpoint;
  readonly destination?: Endpoint;
}

export interface Input {
  readonly items: AsyncIterable<Item>;
  /** Of a capture, complete at its end. */
  readonly summary?: CaptureSummary;
}

export type Format = 'auto' | 'binary' | 'pcap' | TextForm;
export const FORMATS: readonly Format[] = ['auto', 'hex', 'dump', 'base64', 'binary', 'pcap'];

/** Octets of what is no capture: all of it is held. */
const LONGEST = 64 * 1024 * 1024;

/** What the operands name: a file, `-` or nothing for standard input, or octets as text. */
export async function openInput(
  context: Context,
  { format, ports }: { format: Format; ports: readonly number[] },
): Promise<Input> {
  const { operands, stdin, cwd, output } = context;
  const [name = '-'] = operands;
  if (name === '' && operands.length === 1) throw usageError('the octets are empty: --help has examples');
  const note = (text: string): void => output.note(text);
  if (operands.length > 1 || (name !== '-' && !existsSync(resolve(cwd, name)))) {
    if (operands.length === 1 && looksLikePath(name)) throw usageError(`${name}: there is no such file`);
    return { items: itemsOf(textBlocks(operands.join(' '), textForm(format), note)) };
  }
  if (name === '-' && stdin.isTTY)
    note('give octets and end with Ctrl-D, or name a file; --help has examples');
  const source = new OctetSource(name === '-' ? chunksOf(stdin) : chunksOf(fileStream(name, cwd)));
  const start = await firstOctets(source, name);
  if (format === 'pcap' || (format === 'auto' && isCapture(start))) {
    const summary: CaptureSummary = { packets: 0, connections: 0, encrypted: [], passed: new Map() };
    return { items: ofCapture(source, ports, summary), summary };
  }
  const octets = await source.take(LONGEST + 1);
  await source.close();
  if (octets.length > LONGEST)
    throw usageError(`${nameOf(name)} is no capture and longer than 64 MiB: cut it`);
  const isBinary = format === 'binary' || (format === 'auto' && !isText(octets));
  return {
    items: itemsOf(isBinary ? [octets] : textBlocks(octets.toString('latin1'), textForm(format), note)),
  };
}

function looksLikePath(name: string): boolean {
  // No octets are written with a full stop in them.
  return name.includes('/') ? !isBase64(name) : name.includes('.');
}

const isBase64 = (text: string): boolean => /^[\w+/]{20,}={0,2}$/.test(text);

function nameOf(name: string): string {
  return name === '-' ? 'standard input' : name;
}

function textForm(format: Format): TextForm | 'auto' {
  return format === 'binary' || format === 'pcap' ? 'auto' : format;
}

function fileStream(name: string, cwd: string): AsyncIterable<Buffer> {
  const path = resolve(cwd, name);
  if (statSync(path).isDirectory()) throw usageError(`${name}: it is a folder`);
  return createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
}

async function* chunksOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
}

async function firstOctets(source: OctetSource, name: string): Promise<Buffer> {
  try {
    return await source.peek(4);
  } catch (error) {
    throw usageError(`${nameOf(name)}: ${fileFault(error)}`);
  }
}

async function* ofCapture(
  source: OctetSource,
  ports: readonly number[],
  summary: CaptureSummary,
): AsyncGenerator<Item> {
  let number = 0;
  for await (const captured of readCapture(source, { ports }, summary)) {
    const { mark, ...others } = captured;
    yield { ...others, number: (number = mark?.number ?? number), time: mark?.time };
  }
}

/** Nothing but what is written in texts. */
function isText(octets: Buffer): boolean {
  return octets.every((octet) => (octet >= 0x20 && octet < 0x7f) || (octet >= 0x09 && octet <= 0x0d));
}

function textBlocks(text: string, form: TextForm | 'auto', note: (text: string) => void): readonly Buffer[] {
  try {
    const { blocks, passed } = octetsOfText(text, form);
    if (passed > 0) note(`${passed} line${passed === 1 ? ' is' : 's are'} no part of a dump and passed over`);
    return blocks;
  } catch (error) {
    throw error instanceof TextFormError ? usageError(error.message) : error;
  }
}

/** Types of links that a dump of a whole packet may have: Ethernet, raw IP, loopback, Linux cooked. */
const LINK_TYPES = [1, 101, 0, 113, 276];

/** A block is PDUs one behind the other, or a whole packet of a network that holds them. */
async function* itemsOf(blocks: readonly Buffer[]): AsyncGenerator<Item> {
  let number = 0;
  for (const block of blocks) {
    const { octets, ...where } = isPlausible(block)
      ? { octets: block }
      : (packetOf(block) ?? { octets: block });
    for (const pdu of pdusOf(octets)) yield { octets: pdu, number: ++number, ...where };
    // Others may run between blocks of a long input.
    await Promise.resolve();
  }
}

function packetOf(octets: Buffer): { octets: Buffer; source: Endpoint; destination: Endpoint } | undefined {
  for (const linkType of LINK_TYPES) {
    const segment = segmentOf({ number: 1, time: undefined, linkType, octets }, new Map());
    if (segment && isPlausible(segment.payload)) {
      return { octets: segment.payload, source: segment.source, destination: segment.destination };
    }
  }
  return undefined;
}

/** By command_length; what has none that is possible is one piece. */
function* pdusOf(octets: Buffer): Generator<Buffer> {
  let at = 0;
  while (at < octets.length) {
    const length = octets.length - at >= 4 ? octets.readUInt32BE(at) : 0;
    const end = length >= 16 && at + length <= octets.length ? at + length : octets.length;
    yield octets.subarray(at, end);
    at = end;
  }
  if (octets.length === 0) yield octets;
}
