import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  COMMANDS,
  PduError,
  STATUSES,
  TLVS,
  TlvTable,
  decodePdu,
  encodePdu,
  explain,
  explanationData,
  explanationTable,
  type CommandName,
  type ExplainedField,
  type ExplainOptions,
  type Explanation,
  type PduInput,
} from '../../src/protocol';
import { decodeText } from '../../src/text';
import { buffers, pduOf, pdus, plain } from '../support/pdus';
import { rounds } from '../support/rounds';
import { needs } from '../support/skip';
import { findTool } from '../support/tools';

interface Row {
  hex: string;
  defect?: string;
}

function load(path: string): Buffer[] {
  return (JSON.parse(readFileSync(path, 'utf8')) as Row[]).map(({ hex }) => Buffer.from(hex, 'hex'));
}

function sharedVectors(file: string): Buffer[] {
  const folder = findTool('vectors');
  if (folder !== undefined) return load(join(folder, file));
  it('are explained', function () {
    needs(this, 'vectors');
  });
  return [];
}

/** Fields lie one behind the other from the first octet to the last, and show the octets that lie there. */
function assertTiled(
  fields: readonly ExplainedField[],
  octets: Buffer,
  [start, end]: [number, number],
): void {
  let at = start;
  for (const field of fields) {
    assert.equal(field.offset, at, `${field.name} begins where the field before it ends`);
    assert.equal(field.octets.length, field.length, field.name);
    assert.deepEqual(field.octets, octets.subarray(at, at + field.length), field.name);
    at += field.length;
    if (field.fields) assertTiled(field.fields, octets, [field.offset, at]);
  }
  assert.equal(at, end, 'the last field ends where the PDU ends');
}

/** What `decodePdu` reads, put together from the explanation. */
function valuesOf({ fields }: Explanation): {
  fields: Record<string, unknown>;
  tlvs: Record<string, unknown>;
} {
  const tlvs: Record<string, unknown> = {};
  for (const { kind, name, value } of fields) {
    if (kind !== 'tlv') continue;
    const earlier = tlvs[name];
    tlvs[name] =
      earlier === undefined
        ? value
        : Array.isArray(earlier)
          ? [...(earlier as unknown[]), value]
          : [earlier, value];
  }
  const read = fields.filter(({ kind }) => kind === 'field');
  return { fields: Object.fromEntries(read.map(({ name, value }) => [name, value])), tlvs };
}

const HEADER = ['command', 'command_id', 'command_status', 'sequence_number', 'tlvs', 'flaws'];

function assertAgrees(octets: Buffer, options?: ExplainOptions): Explanation {
  const explanation = explain(octets, { showPassword: true, ...options });
  assertTiled(explanation.fields, octets, [0, octets.length]);
  let pdu;
  try {
    pdu = decodePdu(octets, options);
  } catch (error) {
    assert(error instanceof PduError);
    assert.equal(explanation.fault?.code, error.code);
    assert.equal(explanation.fault?.message, error.message);
    assert.equal(explanation.fault?.command_status, error.command_status);
    assert(explanation.fault.offset >= 0 && explanation.fault.offset <= octets.length);
    return explanation;
  }
  assert.equal(explanation.fault, undefined);
  assert.equal(explanation.command, pdu.command);
  assert.deepEqual(explanation.flaws, pdu.flaws ?? []);
  const { fields, tlvs } = valuesOf(explanation);
  const mandatory = Object.entries(pdu).filter(([name]) => !HEADER.includes(name));
  for (const [name, value] of mandatory) {
    // What a response lacks is empty, and no field.
    if (name in fields) assert.deepEqual(plain(fields[name]), plain(value), name);
    else assert(isEmpty(value), name);
  }
  assert.deepEqual(plain(tlvs), plain(pdu.tlvs));
  return explanation;
}

function isEmpty(value: unknown): boolean {
  return value === 0 || (value as { length: number }).length === 0;
}

function field(explanation: Explanation, name: string): ExplainedField {
  const found = explanation.fields.find((one) => one.name === name);
  assert(found, name);
  return found;
}

const submit = {
  command: 'submit_sm',
  source_addr: '40001',
  destination_addr: '35799000001',
  sequence_number: 7,
} as const;

const DEFINED = /^(SMPP (\d\.\d section [\d.]+(, )?)+|3GPP TS 23\.040 section [\d.]+)$/;

/** Passwords are not shown. */
function maskedHex(octets: Buffer): string {
  return explain(octets)
    .fields.map((one) => one.octets.toString('hex'))
    .join('');
}

describe('an explanation of a PDU', () => {
  it('has every octet once and the values of decodePdu, whatever the PDU', () => {
    fc.assert(
      fc.property(pdus(), (pdu) => {
        assertAgrees(encodePdu(pdu));
      }),
      { numRuns: rounds(1000) },
    );
  });

  it('goes to the fault that decodePdu finds, whatever the octets', () => {
    const ids = [...Object.values(COMMANDS).map(({ id }) => id), 0x110];
    fc.assert(
      fc.property(
        fc.constantFrom(...ids),
        fc.constantFrom(0, 8),
        fc.oneof(
          buffers(0, 200),
          fc.array(fc.constantFrom(0, 1, 2, 4, 0x31), { maxLength: 80 }).map(Buffer.from),
        ),
        fc.integer({ min: -3, max: 3 }),
        (id, status, body, off) => {
          const header = Buffer.alloc(16);
          [Math.max(0, 16 + body.length + (off === 3 ? 1 : 0)), id, status, 1].forEach((value, at) =>
            header.writeUInt32BE(value, at * 4),
          );
          assertAgrees(Buffer.concat([header, body]));
        },
      ),
      { numRuns: rounds(3000) },
    );
    fc.assert(
      fc.property(buffers(0, 60), (octets) => void assertAgrees(octets)),
      { numRuns: rounds(500) },
    );
  });

  it('goes to the fault of valid PDUs that are cut anywhere', () => {
    fc.assert(
      fc.property(pdus(), fc.nat(), fc.boolean(), (pdu, cut, honest) => {
        const whole = encodePdu(pdu);
        const octets = Buffer.from(whole.subarray(0, cut % whole.length));
        if (honest && octets.length >= 16) octets.writeUInt32BE(octets.length, 0);
        assertAgrees(octets);
      }),
      { numRuns: rounds(1000) },
    );
  });

  it('names the commands, statuses, addresses, bits and codings in words', () => {
    const explained = explain(
      encodePdu({
        ...submit,
        ...{
          source_addr_ton: 5,
          dest_addr_ton: 1,
          dest_addr_npi: 1,
          esm_class: 0x43,
          registered_delivery: 0x11,
        },
        ...{
          data_coding: 8,
          validity_period: '000001020000000R',
          schedule_delivery_time: '301130120000004+',
        },
        short_message: Buffer.from('0500030a020100680069', 'hex'),
        tlvs: { user_message_reference: 1, '0x1403': Buffer.from('aa', 'hex'), more_messages_to_send: 1 },
      }),
      { decodeText: (octets, data_coding, udh) => decodeText(octets, data_coding, { udh }) },
    );
    const says = (name: string): string | undefined => field(explained, name).meaning;
    assert.equal(says('command_id'), 'submit_sm: a request');
    assert.equal(says('source_addr_ton'), 'alphanumeric');
    assert.equal(says('dest_addr_npi'), 'ISDN (E.163, E.164)');
    assert.equal(says('esm_class'), 'store and forward mode; default message type; user data header (UDHI)');
    assert.equal(
      says('registered_delivery'),
      'receipt for success and failure; intermediate notification wanted',
    );
    assert.equal(says('data_coding'), 'UCS2 (UTF-16, big-endian)');
    assert.equal(says('validity_period'), 'relative: 1 day 2 hours');
    assert.equal(says('schedule_delivery_time'), 'absolute: 2030-11-30 12:00:00.0 UTC+01:00');
    assert.equal(says('short_message'), '"hi"');
    assert.equal(says('more_messages_to_send'), 'more messages follow');
    assert.equal(says('0x1403'), 'a TLV of a vendor, unknown here');
    assert.deepEqual(
      field(explained, 'short_message').fields?.map(({ name, offset, meaning }) => [name, offset, meaning]),
      [
        ['udhl', 81, '5 octets of header follow'],
        ['concatenation, 8 bit reference', 82, 'reference 10, part 1 of 2'],
        ['user_data', 87, '"hi"'],
      ],
    );
  });

  it('tells every status of the table by name and meaning', () => {
    for (const [name, [code, , meaning]] of Object.entries(STATUSES)) {
      const octets = encodePdu({
        command: 'submit_sm_resp',
        command_status: code,
        sequence_number: 1,
        message_id: 'a',
      });
      assert.equal(field(explain(octets), 'command_status').meaning, `${name}: ${meaning}`);
    }
  });

  it('names every TLV of the table, and those of a vendor that are given', () => {
    for (const [name, { tag }] of Object.entries(TLVS)) {
      const tlv = Buffer.alloc(4);
      tlv.writeUInt16BE(tag);
      const octets = Buffer.concat([encodePdu({ command: 'unbind', sequence_number: 1 }), tlv]);
      octets.writeUInt32BE(octets.length);
      assert(explain(octets).fields.some((one) => one.name === name && one.kind === 'tlv'));
    }
    const vendorTlvs = new TlvTable([{ tag: 0x1403, name: 'campaign', type: 'int16' }]);
    const octets = encodePdu({ ...submit, tlvs: { campaign: 513 } }, { vendorTlvs });
    const campaign = field(assertAgrees(octets, { vendorTlvs }), 'campaign');
    assert.equal(campaign.value, 513);
    assert.deepEqual(
      campaign.fields?.map(({ name }) => name),
      ['tag', 'length', 'value'],
    );
  });

  it('masks the password and its octets, also behind a fault, unless it is asked for', () => {
    const bind = encodePdu({
      command: 'bind_transceiver',
      system_id: 'esme',
      password: 'hunter2',
      sequence_number: 1,
    });
    for (let length = 0; length <= bind.length; length++) {
      for (const honest of [true, false]) {
        const octets = Buffer.from(bind.subarray(0, length));
        if (honest && length >= 16) octets.writeUInt32BE(length);
        const shown = JSON.stringify(explain(octets), (_, value: unknown) =>
          isJsonBuffer(value) ? Buffer.from(value.data).toString('latin1') : value,
        );
        assert(!/hunt/.test(shown), shown);
      }
    }
    const longer = Buffer.concat([bind, Buffer.from('hunter2')]);
    longer.writeUInt32BE(22);
    assert(
      !JSON.stringify(explain(longer).fields.map(({ octets }) => octets.toString('latin1'))).includes(
        'hunter',
      ),
    );
    assert.equal(field(explain(bind, { showPassword: true }), 'password').value, 'hunter2');
  });

  it('takes lists apart, down to the entry at fault', () => {
    const multi = encodePdu({
      command: 'submit_multi',
      sequence_number: 1,
      dest_address: [{ destination_addr: '35799000001', dest_addr_ton: 1 }, { dl_name: 'friends' }],
    });
    const list = field(assertAgrees(multi), 'dest_address');
    assert.deepEqual(
      list.fields?.map(({ name, fields }) => [name, fields?.map((part) => part.name)]),
      [
        ['dest_address[0]', ['dest_flag', 'dest_addr_ton', 'dest_addr_npi', 'destination_addr']],
        ['dest_address[1]', ['dest_flag', 'dl_name']],
      ],
    );
    const second = list.fields?.[1]?.offset ?? 0;
    multi[second] = 9;
    const wrong = assertAgrees(multi);
    assert.equal(wrong.fault?.code, 'INVALID_DEST_FLAG');
    assert.equal(wrong.fault.offset, second);
    assert.equal(field(wrong, 'dest_address').fields?.length, 1);
    assert.equal(wrong.fields.at(-1)?.kind, 'rest');
  });

  it('says where the specifications define each command, field, TLV and part', () => {
    const sections = new Set<string>();
    const visit = (fields: readonly ExplainedField[]): void => {
      for (const { name, kind, section, fields: parts = [] } of fields) {
        if (kind === 'rest') continue;
        assert.match(section ?? `none: ${name}`, DEFINED, name);
        if (section !== undefined) sections.add(section);
        visit(parts);
      }
    };
    for (const command of Object.keys(COMMANDS) as CommandName[]) {
      for (const pdu of fc.sample(pduOf(command) as fc.Arbitrary<PduInput>, { numRuns: 20, seed: 7 })) {
        const { '0x0001': _none, ...tlvs } = (pdu.tlvs ?? {}) as Record<string, unknown>;
        const known = Object.fromEntries(Object.entries(tlvs).filter(([name]) => name in TLVS));
        const explained = explain(encodePdu({ ...pdu, tlvs: known } as PduInput));
        assert.match(explained.section ?? `none: ${command}`, DEFINED);
        visit(explained.fields);
      }
    }
    assert(sections.size > 100, String(sections.size));
    const submitted = explain(
      encodePdu({ ...submit, esm_class: 0x40, tlvs: { '0x1403': Buffer.from('a') } }),
    );
    assert.equal(submitted.section, 'SMPP 3.4 section 4.4.1, 5.0 section 4.2.1.1');
    assert.equal(field(submitted, 'esm_class').section, 'SMPP 3.4 section 5.2.12, 5.0 section 4.7.12');
    assert.equal(field(submitted, 'command_status').section, 'SMPP 3.4 section 5.1.3, 5.0 section 4.7.6');
    assert.equal(field(submitted, '0x1403').section, 'SMPP 3.4 section 5.3.1, 5.0 section 4.8.1');
  });

  it('is plain data for whoever gets it as JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          pdus().map((pdu) => encodePdu(pdu)),
          buffers(0, 60),
        ),
        (octets) => {
          const data = explanationData(explain(octets));
          assert.deepEqual(JSON.parse(JSON.stringify(data)), plain(data));
          assert.equal(data.fields.map((one) => one.octets).join(''), maskedHex(octets));
        },
      ),
      { numRuns: rounds(300) },
    );
    const { fields } = explanationData(explain(encodePdu({ ...submit, short_message: Buffer.from('hi') })));
    const message = fields.find(({ name }) => name === 'short_message');
    assert.deepEqual([message?.octets, message?.value], ['6869', { hex: '6869' }]);
  });

  it('is a table that a terminal can show, with the section of each field where it is wanted', () => {
    const explained = explain(
      encodePdu({ ...submit, short_message: Buffer.from('hi'), tlvs: { source_port: 5 } }),
    );
    const table = explanationTable(explained);
    assert.match(table, /^ +0 {2}00 00 00 \w\w +command_length/);
    assert.match(table, /source_port +5/);
    assert.doesNotMatch(table, /section/);
    assert.match(
      explanationTable(explained, { sections: true }),
      /source_port +5 +SMPP 3.4 section 5.3.2.20, 5.0 section 4.8.4.59/,
    );
    const wrong = Buffer.concat([encodePdu({ ...submit, source_addr: 'a' }).subarray(0, -3)]);
    assert.match(explanationTable(explain(wrong)), /FAULT at octet 0: \w+: /);
  });

  it('takes any Uint8Array, and names what is no octets', () => {
    const octets = encodePdu({ command: 'enquire_link', sequence_number: 7 });
    const within = new Uint8Array([9, 9, ...octets, 9]).subarray(2, 2 + octets.length);
    assert.deepEqual(explain(within), explain(octets));
    for (const wrong of [undefined, null, octets.toString('hex'), [...octets]])
      assert.throws(() => explain(wrong as unknown as Buffer), /explain takes octets/);
  });

  it('says where a request is cut, and what is wrong there', () => {
    const octets = encodePdu({ ...submit, short_message: Buffer.from('hello') }).subarray(0, -2);
    octets.writeUInt32BE(octets.length);
    const { fault, fields } = assertAgrees(octets);
    assert.equal(fault?.code, 'PDU_TRUNCATED');
    assert.equal(fault.field, 'short_message');
    assert.equal(fault.offset, octets.length - 3);
    assert.deepEqual([fields.at(-2)?.name, fields.at(-1)?.name], ['sm_length', 'rest']);
  });

  it('tells what waits, by a special message indication', () => {
    for (const [data, meaning] of [
      ['0003', 'voice: 3 waiting, text to be discarded'],
      ['c200', 'e-mail: 0 waiting, text to be stored, profile 3'],
      ['0701', 'video: 1 waiting, text to be discarded'],
      ['0b01', 'other, extended 2: 1 waiting, text to be discarded'],
    ]) {
      const short_message = Buffer.from(`040102${data}`, 'hex');
      const explained = assertAgrees(encodePdu({ ...submit, esm_class: 0x40, short_message }));
      const element = field(explained, 'short_message').fields?.[1];
      assert.deepEqual([element?.name, element?.meaning], ['special SMS message indication', meaning]);
    }
  });

  it('tells of a malformed user data header, and of a text that cannot be read, without giving up', () => {
    const octets = encodePdu({ ...submit, esm_class: 0x40, short_message: Buffer.from('0500030a', 'hex') });
    const explained = assertAgrees(octets);
    assert.deepEqual(field(explained, 'short_message').flaws, [
      'the user data header should have 5 octets, 3 follow',
    ]);
    const decode = (): never => {
      throw new Error('no such coding');
    };
    const text = explain(encodePdu({ ...submit, short_message: Buffer.from('a') }), { decodeText: decode });
    assert.deepEqual(field(text, 'short_message').flaws, ['the text cannot be read: no such coding']);
  });
});

describe('PDUs built by hand', () => {
  it('are explained without a fault', () => {
    for (const octets of load(join(__dirname, '../fixtures/protocol/pdus.json'))) {
      assert.equal(assertAgrees(octets).fault, undefined);
    }
  });
});

describe('PDUs that an analyser has taken apart, explained', () => {
  sharedVectors('pdus.json').forEach((octets, at) => {
    it(`without a fault: ${at} (${octets.toString('hex', 4, 8)})`, () => {
      assert.equal(assertAgrees(octets).fault, undefined);
    });
  });
});

describe('malformed PDUs, explained', () => {
  sharedVectors('malformed.json').forEach((octets, at) => {
    it(`to their fault: ${at}`, () => {
      assertAgrees(octets);
    });
  });
});

function isJsonBuffer(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}
