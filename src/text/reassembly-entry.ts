import { TextError } from './errors';
import type { MessagePart } from './user-data';

/** A part as plain data; octets in Base64. */
export interface PlainPart {
  /** The sender. */
  readonly source: string;
  /** The recipient. */
  readonly destination: string;
  /** How parts are marked: `udh8`, `udh16`, `sar`. */
  readonly method: string;
  /** The reference number that all parts share. */
  readonly reference: number;
  /** Parts of the message. */
  readonly total: number;
  /** Which part, from 1. */
  readonly part: number;
  /** As it came. */
  readonly data_coding: number;
  /** Octets of the text, in base64. */
  readonly octets: string;
  /** The user data header, in base64. */
  readonly header?: string;
  /** What was given with the part. */
  readonly context?: unknown;
}

/** Parts as plain data, for {@link importParts}. */
export function exportParts(parts: readonly MessagePart[]): PlainPart[] {
  return parts.map(({ octets, header, context, ...facts }) => ({
    ...facts,
    octets: octets.toString('base64'),
    ...(header && { header: header.toString('base64') }),
    ...(context !== undefined && { context }),
  }));
}

/** @throws TextError `MALFORMED_ENTRY`: what comes from a disk may be anything */
export function importParts(parts: unknown): MessagePart[] {
  if (!Array.isArray(parts) || parts.length === 0) throw malformed('it has no parts');
  return parts.map(importPart);
}

function importPart(plain: unknown): MessagePart {
  if (typeof plain !== 'object' || plain === null) throw malformed('a part is no object');
  const { source, destination, method, reference, total, part, data_coding, octets, header, context } =
    plain as {
      [K in keyof PlainPart]?: unknown;
    };
  if (typeof source !== 'string' || typeof destination !== 'string') throw malformed('an address is missing');
  if (method !== 'udh8' && method !== 'udh16' && method !== 'sar') throw malformed('its method is none');
  if (!isNumber(reference, 0, 0xffff) || !isNumber(data_coding, 0, 0xff))
    throw malformed('a number is out of range');
  if (!isNumber(total, 1, 255) || !isNumber(part, 1, total))
    throw malformed('its part or total is out of range');
  if (typeof octets !== 'string') throw malformed('its octets are missing');
  return {
    ...{ source, destination, method, reference, total, part, data_coding },
    octets: Buffer.from(octets, 'base64'),
    ...(typeof header === 'string' && { header: Buffer.from(header, 'base64') }),
    ...(context !== undefined && { context }),
  };
}

function isNumber(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function malformed(why: string): TextError {
  return new TextError('MALFORMED_ENTRY', `A stored part of a long message cannot be read: ${why}.`);
}
