import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  COMMANDS,
  decodePdu,
  encodePdu,
  TLVS,
  type CommandName,
  type FieldSpec,
  type PduInput,
  type TlvSpec,
} from '../../src/protocol';
import { pduOf, plain } from '../support/pdus';
import { needs } from '../support/skip';

/** Commands that Net::SMPP does not have in its form of 3.4. */
const ABSENT: readonly RegExp[] = [
  /^(param_retrieve|query_last_msgs|query_msg_details)/, // of 3.3 alone
  /broadcast_sm/, // of 5.0
];
const commands = (Object.keys(COMMANDS) as CommandName[]).filter(
  (name) => !ABSENT.some((pattern) => pattern.test(name)),
);

type Hex = string | Hex[];
interface Sample {
  readonly pdu: PduInput & { command: CommandName; sequence_number: number; tlvs: Record<string, unknown> };
  readonly octets: Buffer;
  /** What it must find, by name, or for TLVs by tag. */
  readonly fields: Record<string, Hex>;
  /** TLVs by name, their octets. */
  readonly tlvs: [string, string][];
}
interface Decoded {
  readonly command: string;
  readonly status: number;
  readonly seq: number;
  readonly values: Record<string, Hex>;
}

const hex = (value: unknown): string =>
  Buffer.isBuffer(value) ? value.toString('hex') : Buffer.from(String(value), 'latin1').toString('hex');

/** Its lists are an array for each part of an item; the name of a distribution list counts as an address. */
function columns(items: readonly Record<string, unknown>[]): Record<string, Hex> {
  const names = ['dest_flag', 'dest_addr_ton', 'dest_addr_npi', 'destination_addr', 'error_status_code'];
  const value = (item: Record<string, unknown>, name: string): unknown =>
    item[name] ?? (name === 'destination_addr' ? item['dl_name'] : 0);
  const present = names.filter((name) =>
    items.some((item) => name in item || (name === 'destination_addr' && 'dl_name' in item)),
  );
  return Object.fromEntries(present.map((name) => [name, items.map((item) => hex(value(item, name)))]));
}

function fieldsOf(pdu: Sample['pdu']): Record<string, Hex> {
  const specs: readonly FieldSpec[] = COMMANDS[pdu.command].fields;
  const given = pdu as unknown as Record<string, unknown>;
  const entries = specs
    .filter(({ type }) => type !== 'count')
    .flatMap(({ name }): [string, Hex][] => {
      const value = given[name];
      if (!Array.isArray(value)) return [[name, hex(value)]];
      return Object.entries(columns(value as Record<string, unknown>[]));
    });
  return Object.fromEntries(entries);
}

/** The octets of a TLV's value, written from the specification and not by what is tested. */
function tlvOctets(name: string, value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  const spec = TLVS[name as keyof typeof TLVS] as TlvSpec;
  if (typeof value === 'string') return hex(value) + (spec.type === 'cstring' ? '00' : '');
  const length = Number(spec.type.slice(3)) / 8;
  return Number(value)
    .toString(16)
    .padStart(length * 2, '0');
}

/** Integers that more than one length may hold; which one is ours to choose. */
const LENGTHS_VARY = Object.entries(TLVS as Record<string, TlvSpec>)
  .filter(([, spec]) => spec.lengths !== undefined)
  .map(([name]) => name);

function sampleOf(any: PduInput): Sample {
  const pdu = any as Sample['pdu'];
  // It keeps TLVs under the names of fields, so that of two of one name the TLV hides the field.
  const tlvs = Object.entries(pdu.tlvs).filter(
    ([name]) => !(name in pdu) && !LENGTHS_VARY.includes(name) && (name in TLVS || /^0x/.test(name)),
  );
  const kept = { ...pdu, tlvs: Object.fromEntries(tlvs) };
  return {
    pdu: kept,
    octets: encodePdu(kept),
    fields: fieldsOf(kept),
    tlvs: tlvs.flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, tlvOctets(name, one)]),
    ),
  };
}

function samples(command: CommandName): Sample[] {
  const any = fc.sample(pduOf(command) as fc.Arbitrary<PduInput>, { numRuns: 40, seed: 34 });
  return any.map(sampleOf);
}

const tagOf = (name: string): string =>
  String(name in TLVS ? TLVS[name as keyof typeof TLVS].tag : Number(name));

describe('Net::SMPP, a codec in perl,', () => {
  const all = commands.map((command) => [command, samples(command)] as const);
  /** Where it refuses to encode: no recipients, no failures. */
  const encodable = ({ pdu, octets }: Sample): boolean => {
    const lists = pdu as unknown as Record<string, unknown[] | undefined>;
    const named = COMMANDS[pdu.command].fields.length > 0;
    return (
      lists.dest_address?.length !== 0 && lists.unsuccess_sme?.length !== 0 && (!named || octets.length > 16)
    );
  };
  /** Its requests have no command_status, and what it does not know by name it writes as a number. */
  const asItWrites = (sample: Sample): Sample => {
    const tlvs = Object.entries(sample.pdu.tlvs).filter(([name]) => name in TLVS);
    return sampleOf({ ...sample.pdu, command_status: 0, tlvs: Object.fromEntries(tlvs) });
  };
  const theirs = new Map<
    CommandName,
    { decoded: Decoded[]; encoded: { octets: string }[]; meant: Sample[] }
  >();

  before(function () {
    this.timeout(30_000);
    const perl = needs(this, 'net-smpp');
    const meant = new Map(all.map(([command, list]) => [command, list.map(asItWrites).filter(encodable)]));
    const jobs = all.flatMap(([command, list]) => [
      ...list.map(({ octets }) => ({ decode: octets.toString('hex') })),
      ...(meant.get(command) ?? []).map(({ pdu, fields, tlvs }) => ({
        command,
        seq: pdu.sequence_number,
        pairs: [...Object.entries(fields), ...tlvs],
      })),
    ]);
    const script = join(__dirname, 'net-smpp-codec.pl');
    const run = spawnSync(perl, [script], { input: JSON.stringify(jobs), encoding: 'utf8', maxBuffer: 1e8 });
    assert.equal(run.stderr, '');
    const results = JSON.parse(run.stdout) as unknown[];
    assert.equal(results.length, jobs.length);
    for (const [command, list] of all) {
      const wanted = meant.get(command) ?? [];
      const decoded = results.splice(0, list.length) as Decoded[];
      const encoded = results.splice(0, wanted.length) as { octets: string }[];
      theirs.set(command, { decoded, encoded, meant: wanted });
    }
  });

  for (const [command, list] of all) {
    it(`reads our ${command}`, () => {
      const { decoded } = theirs.get(command) ?? { decoded: [] };
      assert.equal(decoded.length, list.length);
      list.forEach(({ pdu, fields, tlvs, octets }, index) => {
        const read = decoded[index];
        assert.deepEqual(
          [read?.command, read?.status, read?.seq],
          [command, pdu.command_status, pdu.sequence_number],
        );
        // Without a body there is nothing to read.
        const wanted = octets.length === 16 ? {} : fields;
        for (const [name, value] of Object.entries(wanted)) assert.deepEqual(read?.values[name], value, name);
        // Of a TLV that is repeated it keeps the last.
        for (const [name, value] of new Map(tlvs)) assert.equal(read?.values[tagOf(name)], value, name);
      });
    });

    it(`writes ${command} as we do, and we read it`, () => {
      const { encoded, meant } = theirs.get(command) ?? { encoded: [], meant: [] };
      assert.ok(meant.length > 0);
      meant.forEach(({ pdu, octets }, index) => {
        const written = Buffer.from(encoded[index]?.octets ?? '', 'hex');
        assert.equal(written.toString('hex'), octets.toString('hex'));
        const read = plain(decodePdu(written)) as Record<string, unknown>;
        assert.deepEqual({ ...read, ...(plain(pdu) as object) }, read);
      });
    });
  }
});
