import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  COMMANDS,
  encodePdu,
  explain,
  ITEM_FIELDS,
  TLVS,
  type CommandName,
  type FieldSpec,
  type PduInput,
  type TlvSpec,
} from '../../src/protocol';
import { pduOf } from '../support/pdus';
import { needs } from '../support/skip';
import { fieldsOf, leavesOf, type Field } from '../support/tshark';

const PORT = 2775;

/** Commands of 3.3 alone: it has no dissector for them. */
const ABSENT = /^(param_retrieve|query_last_msgs|query_msg_details)/;
const commands = (Object.keys(COMMANDS) as CommandName[]).filter((name) => !ABSENT.test(name));

/** Its names where they are not the specification's; bits are shown one by one, of an octet that it tells. */
const RENAMED: Readonly<Record<string, string>> = {
  'esm.submit.msg_mode': 'esm_class',
  'regdel.receipt': 'registered_delivery',
  message: 'short_message',
};
/** What it tells of an octet that it has told already, or of what the list says anyhow. */
const NOT_COMPARED =
  /^(esm|regdel|dcs)\.|^(sm_length|message_text)$|^(command_length|command_id|command_status|sequence_number)$/;

/** It shows a text that is empty in some commands and not in others: these are left out. */
const TEXTS = new Set(
  [
    ...Object.values(COMMANDS).flatMap(({ fields }): readonly FieldSpec[] => fields),
    ...Object.values(ITEM_FIELDS).flat(),
  ]
    .filter(({ type }) => type === 'cstring' || type === 'time')
    .map(({ name }) => name),
);
/** TLVs whose length it does not take from the PDU, so that it loses its way in those that follow. */
const MISREAD = new Set([
  // More than one length is allowed: it knows one.
  ...Object.entries(TLVS as Record<string, TlvSpec>)
    .filter(([, { lengths }]) => lengths !== undefined)
    .map(([name]) => name),
  'broadcast_rep_num', // two octets, of which it takes one
]);
/** Commands for which the specifications have no TLVs of their own: it does not look for any. */
const WITHOUT_TLVS =
  /^(generic_nack|outbind|bind_(receiver|transmitter|transceiver)|(query|cancel)_sm(_resp)?|replace_sm_resp|(unbind|enquire_link)(_resp)?|cancel_broadcast_sm_resp)$/;

type Pdu = PduInput & { command: CommandName; tlvs: Record<string, unknown> };
interface Sample {
  readonly pdu: Pdu;
  readonly octets: Buffer;
}

/**
 * Times that are times, and no user data header that is none, for it follows both where they lead; no
 * command_status, for it takes a request that has one for no SMPP, and looks for no body where one is negative.
 */
function tame(any: PduInput): Sample {
  const pdu = { ...any, command_status: 0 } as unknown as Pdu & Record<string, unknown>;
  for (const { name, type } of COMMANDS[pdu.command].fields as readonly FieldSpec[]) {
    if (type === 'time') pdu[name] = pdu[name] === '' ? '' : '261127020000000+';
    if (name === 'esm_class') pdu[name] = Number(pdu[name]) & 0x3f;
  }
  pdu.tlvs = Object.fromEntries(Object.entries(pdu.tlvs).filter(([name]) => !MISREAD.has(name)));
  // It reads a C-octet string.
  if ('broadcast_end_time' in pdu.tlvs) pdu.tlvs['broadcast_end_time'] = '261127020000000+\0';
  return { pdu, octets: encodePdu(pdu) };
}

function samples(command: CommandName): Sample[] {
  return fc.sample(pduOf(command) as fc.Arbitrary<PduInput>, { numRuns: 30, seed: 4 }).map(tame);
}

const hexText = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
const hexNumber = (value: number, octets: number): string => value.toString(16).padStart(octets * 2, '0');

/** What the mandatory fields are on the wire, in order, written from the specification. */
function wanted(fields: readonly FieldSpec[], given: Record<string, unknown>): [string, string][] {
  return fields.flatMap(({ name, type }): [string, string][] => {
    const value = given[name];
    if (Array.isArray(value)) return value.flatMap((item: Record<string, unknown>) => wantedItem(item));
    if (type === 'count' || value === undefined) return [];
    if (Buffer.isBuffer(value)) return value.length > 0 ? [[name, value.toString('hex')]] : [];
    if (typeof value === 'string') return value === '' ? [] : [[name, `${hexText(value)}00`]];
    return [[name, hexNumber(Number(value), type === 'int32' ? 4 : 1)]];
  });
}

function wantedItem(item: Record<string, unknown>): [string, string][] {
  return Object.entries(item)
    .filter(([name, value]) => name !== 'dest_flag' && value !== '')
    .map(([name, value]) => [
      name,
      typeof value === 'string'
        ? `${hexText(value)}00`
        : hexNumber(Number(value), name.endsWith('_code') ? 4 : 1),
    ]);
}

/** Tag, length and value of each TLV. */
function wantedTlvs(tlvs: Record<string, unknown>): string[] {
  return Object.entries(tlvs).flatMap(([name, values]) =>
    (Array.isArray(values) ? (values as unknown[]) : [values]).map((value) => {
      const spec = name in TLVS ? (TLVS[name as keyof typeof TLVS] as TlvSpec) : undefined;
      const octets = tlvOctets(value, spec);
      return `${hexNumber(spec?.tag ?? Number(name), 2)} ${octets.length / 2} ${octets}`;
    }),
  );
}

function tlvOctets(value: unknown, spec: TlvSpec | undefined): string {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (typeof value === 'string') return hexText(value) + (spec?.type === 'cstring' ? '00' : '');
  const lengths = spec?.lengths ?? [Number(spec?.type.slice(3)) / 8];
  const length = lengths.find((octets) => Number(value) < 256 ** octets) ?? 0;
  return length === 0 ? '' : hexNumber(Number(value), length);
}

/** What it read as mandatory fields, by the specification's names. */
function readFields(fields: readonly Field[]): [string, string][] {
  const end = fields.findIndex(({ name }) => name === 'opt_params');
  return fields
    .slice(0, end < 0 ? undefined : end)
    .map(({ name, octets, size }): [string, string] => [
      RENAMED[name] ?? name.replace(/_r$/, ''),
      size === 0 ? '' : octets,
    ])
    .filter(
      ([name, octets]) => !NOT_COMPARED.test(name) && octets !== '' && !(octets === '00' && TEXTS.has(name)),
    );
}

/** What it read as TLVs; the value where it shows all octets of it. */
function readTlvs(fields: readonly Field[]): { tag: string; length: number; value: string | undefined }[] {
  const starts = fields.flatMap(({ name }, index) => (name === 'opt_param' ? [index] : []));
  return starts.map((start, nth) => {
    const [, tag, length, ...values] = fields.slice(start, starts[nth + 1]);
    const octets = Number.parseInt(length?.octets ?? '', 16);
    const shown = values.filter(({ pos }, index) => values.findIndex((other) => other.pos === pos) === index);
    const value = shown.map((field) => field.octets).join('');
    return { tag: tag?.octets ?? '', length: octets, value: value.length === octets * 2 ? value : undefined };
  });
}

/** Dissects all PDUs in one run. */
function dissect(tshark: string, pdus: readonly Buffer[]): Field[][] {
  const folder = mkdtempSync(join(tmpdir(), 'smpp-tshark-'));
  try {
    const line = (pdu: Buffer): string =>
      `000000 ${[...pdu].map((octet) => hexNumber(octet, 1)).join(' ')}\n`;
    writeFileSync(join(folder, 'pdus.txt'), pdus.map(line).join('\n'));
    const capture = join(folder, 'pdus.pcap');
    execFileSync('text2pcap', ['-q', '-T', `${PORT},40000`, join(folder, 'pdus.txt'), capture], {
      stdio: 'ignore',
    });
    const args = ['-n', '-r', capture, '-d', `tcp.port==${PORT},smpp`, '-T', 'pdml', '-J', 'smpp'];
    const run = spawnSync(tshark, args, { encoding: 'utf8', maxBuffer: 1e9, timeout: 60_000 });
    assert.equal(run.status, 0, run.stderr);
    return run.stdout.split('<packet>').slice(1).map(fieldsOf);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('tshark', () => {
  const all = commands.map((command) => [command, samples(command)] as const);
  const read = new Map<CommandName, Field[][]>();

  before(function () {
    this.timeout(90_000);
    const tshark = needs(this, 'tshark');
    const packets = dissect(
      tshark,
      all.flatMap(([, list]) => list.map(({ octets }) => octets)),
    );
    assert.equal(
      packets.length,
      all.reduce((sum, [, list]) => sum + list.length, 0),
    );
    for (const [command, list] of all) read.set(command, packets.splice(0, list.length));
  });

  for (const [command, list] of all) {
    it(`reads the fields of our ${command}`, () => {
      list.forEach(({ pdu, octets }, index) => {
        const fields = read.get(command)?.[index] ?? [];
        const header = fields.filter(({ name }) =>
          /^command_(length|id|status)$|^sequence_number$/.test(name),
        );
        const shown = Object.fromEntries(header.map((field) => [field.name, field.octets]));
        assert.equal(shown.command_length, hexNumber(octets.length, 4));
        assert.equal(shown.command_id, hexNumber(COMMANDS[command].id, 4));
        assert.equal(shown.sequence_number, octets.subarray(12, 16).toString('hex'));
        if (octets.length === 16) return;
        assert.deepEqual(readFields(fields), wanted(COMMANDS[command].fields, pdu as never));
      });
    });

    it(`finds each field of our ${command} where our explanation has it`, () => {
      list.forEach(({ octets }, index) => {
        const fields = read.get(command)?.[index] ?? [];
        const start = fields.find(({ name }) => name === 'command_length')?.pos ?? 0;
        const end = fields.findIndex(({ name }) => name === 'opt_params');
        const { fields: explained } = explain(octets, { showPassword: true });
        const leaves = leavesOf(explained);
        for (const { name, pos, size, octets: shown } of fields.slice(0, end < 0 ? undefined : end)) {
          if (size === 0 || /^(esm|regdel|dcs)\.|^message_text$|^dlist/.test(name)) continue;
          const ours = leaves.find(({ offset }) => offset === pos - start);
          assert.equal(ours?.octets.toString('hex'), shown, name);
        }
      });
    });

    if (WITHOUT_TLVS.test(command)) continue;
    it(`reads the TLVs of our ${command}`, () => {
      list.forEach(({ pdu }, index) => {
        const tlvs = readTlvs(read.get(command)?.[index] ?? []);
        const ours = wantedTlvs(pdu.tlvs);
        assert.deepEqual(
          tlvs.map(({ tag, length, value }, nth) => `${tag} ${length} ${value ?? ours[nth]?.split(' ')[2]}`),
          ours,
        );
      });
    });
  }
});
