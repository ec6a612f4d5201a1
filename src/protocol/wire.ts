import type { FieldSpec, FieldType } from './commands';
import type { Cursor } from './cursor';
import { destinations, failures, messageIds } from './lists';
import { cstring, int32, int8, octets, time, count } from './scalars';
import type { CodecOptions } from './types';

/** The empty value of a field, and the three things that a wire type is. */
export interface WireType {
  /** Made anew each time, for lists can be changed. */
  readonly empty: () => unknown;
  /** Octets on the wire. Everything that can be wrong with a value is found here. */
  readonly size: (value: unknown, field: FieldSpec, options?: CodecOptions) => number;
  /** Writes a value that `size` has accepted; returns the offset after it. */
  readonly encode: (value: unknown, into: Buffer, offset: number) => number;
  /** Reads a value and moves the cursor behind it. */
  readonly decode: (cursor: Cursor, field: FieldSpec) => unknown;
}

export const WIRE_TYPES: { readonly [T in FieldType]: WireType } = {
  int8,
  int32,
  count,
  cstring,
  time,
  octets,
  destinations,
  failures,
  message_ids: messageIds,
};
