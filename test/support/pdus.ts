import fc from 'fast-check';
import {
  COMMANDS,
  ITEM_FIELDS,
  TLVS,
  isResponse,
  type CommandName,
  type FieldSpec,
  type PduInput,
  type PduInputOf,
  type TlvSpec,
  type Tlvs,
} from '../../src/protocol';

/** Buffers of `min` to `max` octets. */
export function buffers(min: number, max: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ minLength: min, maxLength: max }).map((octets) => Buffer.from(octets));
}

/** Text that a C-octet string can hold. */
export function asciiText(min: number, max: number, lowest = 1): fc.Arbitrary<string> {
  const characters = fc
    .integer({ min: lowest, max: lowest === 1 ? 0x7f : 0x7e })
    .map((code) => String.fromCharCode(code));
  return fc.string({ unit: characters, minLength: min, maxLength: max });
}

function latin1Text(min: number, max: number): fc.Arbitrary<string> {
  return buffers(min, max).map((octets) => octets.toString('latin1'));
}

function uint(octets: number): fc.Arbitrary<number> {
  return octets === 0 ? fc.constant(0) : fc.nat({ max: 256 ** octets - 1 });
}

function item(fields: readonly FieldSpec[], lowest: number): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, valueOf(field, lowest)])));
}

/** Any valid value of a mandatory field, texts with characters from `lowest` on. */
export function valueOf(field: FieldSpec, lowest = 1): fc.Arbitrary<unknown> {
  const max = field.max ?? 0;
  switch (field.type) {
    case 'int8':
    case 'count':
      return uint(1);
    case 'int32':
      return uint(4);
    case 'cstring':
      return asciiText(0, max - 1, lowest);
    case 'time':
      return fc.oneof(fc.constant(''), asciiText(16, 16, lowest));
    case 'octets':
      return buffers(0, max);
    case 'destinations':
      return fc.array(
        fc.oneof(
          item(ITEM_FIELDS.sme, lowest).map((sme) => ({ dest_flag: 1, ...sme })),
          item(ITEM_FIELDS.list, lowest).map((list) => ({ dest_flag: 2, ...list })),
        ),
        { maxLength: 4 },
      );
    case 'failures':
      return fc.array(item(ITEM_FIELDS.failure, lowest), { maxLength: 4 });
    case 'message_ids':
      return fc.array(valueOf(ITEM_FIELDS.id, lowest), { maxLength: 4 });
  }
}

/** Any valid value of a TLV. */
export function tlvValueOf(spec: TlvSpec): fc.Arbitrary<unknown> {
  const { min = 0, max = 300 } = spec;
  switch (spec.type) {
    case 'int8':
    case 'int16':
    case 'int32':
      return fc.oneof(...(spec.lengths ?? [Number(spec.type.slice(3)) / 8]).map(uint));
    case 'cstring':
      return asciiText(min - 1, Math.min(max, 300) - 1);
    case 'string':
      // A text of fixed length ends before a NUL; that of a vendor keeps it.
      return spec.max ? asciiText(min, max) : latin1Text(min, max);
    case 'octets':
      return buffers(min, Math.min(max, 300));
  }
}

/** Any valid TLVs, some of them repeated, some that no specification knows. */
export function tlvsOf(table: Readonly<Record<string, TlvSpec>> = TLVS): fc.Arbitrary<Tlvs> {
  const known = Object.entries(table).map(([name, spec]) => {
    const one = tlvValueOf(spec);
    const value = spec.multiple ? fc.oneof(one, fc.array(one, { minLength: 2, maxLength: 3 })) : one;
    return value.map((v) => [name, v] as const);
  });
  const unknown = fc
    .tuple(fc.integer({ min: 0x1400, max: 0x3fff }), buffers(0, 20))
    .map(([tag, octets]) => [`0x${tag.toString(16)}`, octets] as const);
  return fc
    .array(fc.oneof({ weight: 5, arbitrary: fc.oneof(...known) }, { weight: 1, arbitrary: unknown }), {
      maxLength: 5,
    })
    .map((entries) => Object.fromEntries(entries) as Tlvs);
}

/**
 * Any valid PDU of a command, with every field. Its counts (`sm_length`) are
 * left out, for they are derived.
 */
export function pduOf<C extends CommandName>(command: C): fc.Arbitrary<PduInputOf<C>> {
  const spec: readonly FieldSpec[] = COMMANDS[command].fields;
  const fields = spec.filter((field) => field.type !== 'count');
  // A response whose texts are control characters may be read as TLVs without its fields.
  const lowest = isResponse(COMMANDS[command].id) ? 0x20 : 1;
  return fc
    .record({
      ...Object.fromEntries(fields.map((field) => [field.name, valueOf(field, lowest)])),
      command: fc.constant(command),
      command_status: fc.oneof(fc.constant(0), uint(2)),
      sequence_number: fc.integer({ min: 1, max: 0x7fffffff }),
      tlvs: tlvsOf(),
    })
    .map((pdu) => {
      const { short_message } = pdu as { short_message?: Buffer };
      if (short_message && short_message.length > 0) delete pdu.tlvs['message_payload'];
      return pdu as unknown as PduInputOf<C>;
    });
}

/** Any valid PDU of any command. */
export function pdus(): fc.Arbitrary<PduInput> {
  const names = Object.keys(COMMANDS) as CommandName[];
  return fc.constantFrom(...names).chain((name) => pduOf(name) as fc.Arbitrary<PduInput>);
}

/** A value without prototypes taken away, as deepEqual wants both sides; Buffers are copied. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}
