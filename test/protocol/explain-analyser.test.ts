import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain, type ExplainedField } from '../../src/protocol';
import { parseSmppTime } from '../../src/text';
import { needs } from '../support/skip';

interface Row {
  readonly hex: string;
  /** What the analyser shows, by its own names. */
  readonly expected?: Readonly<Record<string, unknown>>;
}

/** Fields with no parts, and TLVs by their value. */
function leaves(fields: readonly ExplainedField[]): ExplainedField[] {
  return fields.flatMap((field) => {
    if (field.kind === 'tlv') return [{ ...field, octets: Buffer.from(field.octets.subarray(4)) }];
    return field.fields && field.name !== 'short_message' ? leaves(field.fields) : [field];
  });
}

const bits = (name: string, shift: number, mask: number) => ({
  name,
  read: ({ value }: ExplainedField): unknown => (Number(value) >> shift) & mask,
});
const octets = (name: string) => ({
  name,
  read: (field: ExplainedField): unknown => field.octets.toString('hex'),
});
const networkError = (from: number, to: number) => ({
  name: 'network_error_code',
  read: (field: ExplainedField): unknown => Number(`0x${field.octets.toString('hex', from, to)}`),
});
const tags = (read: (field: ExplainedField) => unknown) => ({ name: '', read });

/** Its names where they are not the specification's, and how its value is read from ours. */
const READERS: Readonly<Record<string, { readonly name: string; read(field: ExplainedField): unknown }>> = {
  'esm.submit.msg_mode': bits('esm_class', 0, 3),
  'esm.submit.msg_type': bits('esm_class', 2, 15),
  'esm.submit.features': bits('esm_class', 6, 3),
  'regdel.receipt': bits('registered_delivery', 0, 3),
  'regdel.acks': bits('registered_delivery', 2, 3),
  'regdel.notif': bits('registered_delivery', 4, 1),
  'dcs.sms_coding_group': bits('data_coding', 4, 15),
  'dcs.reserved': bits('data_coding', 3, 1),
  'dcs.charset': bits('data_coding', 2, 1),
  'dcs.class': bits('data_coding', 0, 3),
  message_hex: octets('short_message'),
  message_payload: octets('message_payload'),
  source_subaddress: octets('source_subaddress'),
  'network_error.type': networkError(0, 1),
  'network_error.code': networkError(1, 3),
  SC_interface_version: { name: 'sc_interface_version', read: ({ value }) => value },
  opt_param_tag: tags((field) => field.fields?.[0]?.value),
  opt_param_len: tags((field) => field.fields?.[1]?.value),
  vendor_op: tags(({ octets: value }) => value.toString('hex')),
};
/** Its own reading of a text, by an alphabet that it guesses. */
const NOT_OURS = new Set(['message_text']);
const VENDOR = /^0x(1[4-9a-f]|[23])/;

function shown(name: string, value: unknown): unknown {
  if (name === 'service_type' && value === '(Default)') return '';
  if (/_time(_r)?$|_period(_r)?$/.test(name)) {
    if (/^[\d.]+$/.test(String(value))) return Number(value) || '';
    return new Date(String(value)).getTime();
  }
  return typeof value === 'string' && /^..(:..)*$/.test(value) ? value.replaceAll(':', '') : value;
}

function ours(name: string, field: ExplainedField): unknown {
  const value = (READERS[name]?.read ?? ((one: ExplainedField) => one.value))(field);
  if (!/_time(_r)?$|_period(_r)?$/.test(name) || value === '') return value;
  const time = parseSmppTime(String(value));
  if (time && 'absolute' in time) return time.absolute.getTime();
  // It leaves years and months out.
  const { days = 0, hours = 0, minutes = 0, seconds = 0 } = time?.relative ?? {};
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

describe('what an analyser reads in PDUs of other implementations', () => {
  it('is what their explanations say, field by field', function () {
    const folder = needs(this, 'vectors');
    const rows = JSON.parse(readFileSync(join(folder, 'pdus.json'), 'utf8')) as Row[];
    let compared = 0;
    for (const { hex, expected = {} } of rows) {
      const pdu = Buffer.from(hex, 'hex');
      const explained = explain(pdu, { showPassword: true });
      assert.equal(explained.fault, undefined, hex);
      const fields = leaves(explained.fields);
      for (const [key, value] of Object.entries(expected)) {
        if (NOT_OURS.has(key)) continue;
        const name = READERS[key]?.name ?? key.replace(/_r$/, '');
        const found = fields.filter((field) =>
          name === ''
            ? field.kind === 'tlv' && (key !== 'vendor_op' || VENDOR.test(field.name))
            : field.name === name,
        );
        const values = (Array.isArray(value) ? (value as unknown[]) : [value]).map((one) => shown(key, one));
        assert.deepEqual(
          found.map((field) => ours(key, field)),
          values,
          `${key} of ${hex}`,
        );
        compared++;
      }
    }
    assert(compared > 300, `${compared} values`);
  });
});
