import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodePdu,
  encodePdu,
  PduError,
  PduFramer,
  TLVS,
  type Pdu,
  type PduInput,
  type TlvValue,
} from '../../src/protocol';
import { plain } from '../support/pdus';
import { needs } from '../support/skip';
import { findTool } from '../support/tools';

interface Fixture {
  name: string;
  hex: string;
  pdu: Record<string, unknown>;
}

/** A PDU built by an analyser's names; a repeated field is a list. */
interface Dissected {
  hex: string;
  expected: Record<string, number | string | (number | string)[]>;
}

interface Malformed {
  hex: string;
  defect: string;
}

function load<T>(path: string): T[] {
  return JSON.parse(readFileSync(path, 'utf8')) as T[];
}

/** `{ hex }` in a fixture is a Buffer. */
function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object' || value === null) return value;
  const { hex } = value as { hex?: unknown };
  if (typeof hex === 'string') return Buffer.from(hex, 'hex');
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revive(inner)]));
}

describe('PDUs built by hand after the specifications', () => {
  for (const { name, hex, pdu } of load<Fixture>(join(__dirname, '../fixtures/protocol/pdus.json'))) {
    it(`are read and written alike: ${name}`, () => {
      const octets = Buffer.from(hex, 'hex');
      const expected = revive(pdu);
      assert.deepEqual(plain(decodePdu(octets)), expected);
      assert.equal(encodePdu(expected as PduInput).toString('hex'), hex);
    });
  }
});

/** Where they are not here, a test is declared that is skipped. */
function sharedVectors<T>(file: string): T[] {
  const folder = findTool('vectors');
  if (folder !== undefined) return load<T>(join(folder, file));
  it('are read as they are to be', function () {
    needs(this, 'vectors');
  });
  return [];
}

/** Names of the analyser that differ from the specifications'. */
const RENAMED: Record<string, string> = { SC_interface_version: 'sc_interface_version' };
/** What the analyser makes of parts of fields, and its own counts and texts. */
const DERIVED =
  /^(esm|regdel|dcs|network_error)\.|^opt_param_|_r$|^(command_length|vendor_op|message_text|message_hex)$/;

function octetsOf(text: string): string {
  return text.replaceAll(':', '');
}

function firstOf(tlv: TlvValue | TlvValue[] | undefined): TlvValue | undefined {
  return Array.isArray(tlv) ? tlv[0] : tlv;
}

function assertField(pdu: Pdu, fields: Record<string, unknown>, name: string, expected: unknown): void {
  const value = name in fields ? fields[name] : firstOf(pdu.tlvs[name]);
  if (Buffer.isBuffer(value)) assert.equal(value.toString('hex'), octetsOf(String(expected)), name);
  else if (name === 'schedule_delivery_time' || name === 'validity_period')
    assert.equal(String(value).length, 16);
  else assert.equal(value, expected === '(Default)' ? '' : expected, name);
}

/** The parts of esm_class and registered_delivery, and their bits. */
const PARTS: [part: string, field: string, shift: number, mask: number][] = [
  ['esm.submit.msg_mode', 'esm_class', 0, 3],
  ['esm.submit.msg_type', 'esm_class', 2, 15],
  ['esm.submit.features', 'esm_class', 6, 3],
  ['regdel.receipt', 'registered_delivery', 0, 3],
  ['regdel.acks', 'registered_delivery', 2, 3],
  ['regdel.notif', 'registered_delivery', 4, 1],
];

function assertTlvs(pdu: Pdu, expected: Dissected['expected']): void {
  const tags = [expected['opt_param_tag'] ?? []].flat().map(Number);
  const known = new Map<number, string>(Object.entries(TLVS).map(([name, { tag }]) => [tag, name]));
  assert.deepEqual(
    Object.keys(pdu.tlvs),
    tags.map((tag) => known.get(tag) ?? `0x${tag.toString(16)}`),
  );
  const vendors = [expected['vendor_op'] ?? []].flat().map((text) => octetsOf(String(text)));
  const unknown = Object.entries(pdu.tlvs).filter(([name]) => name.startsWith('0x'));
  assert.deepEqual(
    unknown.map(([, value]) => (value as Buffer).toString('hex')),
    vendors,
  );
}

function assertDissected(pdu: Pdu, expected: Dissected['expected']): void {
  const fields = pdu as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(expected)) {
    if (DERIVED.test(name)) continue;
    if (Array.isArray(value)) {
      const { unsuccess_sme } = pdu as { unsuccess_sme?: Record<string, unknown>[] };
      assert.deepEqual(
        unsuccess_sme?.map((sme) => sme[name]),
        value,
        name,
      );
    } else assertField(pdu, fields, RENAMED[name] ?? name, value);
  }
  for (const [part, field, shift, mask] of PARTS) {
    if (expected[part] === undefined) continue;
    assert.equal((Number(fields[field]) >> shift) & mask, expected[part], part);
  }
  if (expected['message_hex'] !== undefined) {
    assert.equal((fields['short_message'] as Buffer).toString('hex'), expected['message_hex']);
  }
  assertTlvs(pdu, expected);
}

describe('PDUs that an analyser has taken apart', () => {
  sharedVectors<Dissected>('pdus.json').forEach(({ hex, expected }, at) => {
    it(`are read as it reads them, and written again: ${at} (${hex.slice(8, 16)})`, () => {
      const octets = Buffer.from(hex, 'hex');
      const pdu = decodePdu(octets);
      assertDissected(pdu, expected);
      // A negative response with nothing in its body is written without one.
      if (pdu.flaws || isHollow(pdu, octets)) return;
      assert.equal(encodePdu(pdu as PduInput).toString('hex'), hex);
    });
  });
});

function isHollow(pdu: Pdu, octets: Buffer): boolean {
  return pdu.command_status !== 0 && octets.length > 16 && encodePdu(pdu).length === 16;
}

/** By the first words of a defect: the status to answer, or that it is taken, and whether with flaws. */
const VERDICTS: [defect: RegExp, verdict: number | 'fine' | 'flawed' | 'fragment' | 'stream'][] = [
  [/^3 octets only|fragment/, 'fragment'],
  [/^unknown command followed/, 'stream'],
  [/^command_length|^HTTP|^TLS/, 0x02],
  [/^service_type without NUL/, 0x02],
  [/^submit_sm_resp without body|^deliver_sm_resp without body/, 'flawed'],
  [/trailing octet|64 octets|limit|must be/, 'flawed'],
  [/^user_message_reference 0 octets|^duplicate TLV/, 'flawed'],
  [/^unknown request|^negative|^enquire_link seq|^response bit|^UDHI|^concat/, 'fine'],
];

/** Rows whose defect is only that the analyser calls them malformed; by their octets. */
const FLAGGED: Record<string, number | 'fine' | 'flawed'> = {
  '0000003900000005': 0x01, // sm_length of 16, of which 8 are there
  '0000001000000004': 0x02, // submit_sm without body
  '0000001000000001': 0x02, // bind_receiver without body
  '0000003c00000004': 'flawed', // a NUL after the message
  '0000004500000005': 'flawed', // a service_type of 7 octets
};

describe('malformed PDUs', () => {
  sharedVectors<Malformed>('malformed.json').forEach(({ hex, defect }, at) => {
    it(`are answered or put up with: ${at} (${defect})`, () => {
      const octets = Buffer.from(hex, 'hex');
      const verdict = VERDICTS.find(([pattern]) => pattern.test(defect))?.[1] ?? FLAGGED[hex.slice(0, 16)];
      assert(verdict !== undefined, 'no verdict');
      if (verdict === 'fragment') return assert.throws(() => decodePdu(octets), PduError);
      if (verdict === 'stream') return assert.equal([...new PduFramer().push(octets)].length, 2);
      if (typeof verdict !== 'number') {
        const [framed, ...others] = new PduFramer().push(octets);
        assert(framed && others.length === 0);
        return assert.equal(decodePdu(framed).flaws === undefined, verdict === 'fine');
      }
      assert.throws(
        () => [...new PduFramer().push(octets)].map((framed) => decodePdu(framed)),
        (error: unknown) => error instanceof PduError && error.command_status === verdict,
      );
    });
  });
});
