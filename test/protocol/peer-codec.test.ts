import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  COMMANDS,
  decodePdu,
  encodePdu,
  type CommandName,
  type FieldSpec,
  type PduInput,
} from '../../src/protocol';
import { pduOf, plain } from '../support/pdus';

/** What is used of the codec of npm smpp, an implementation of its own. */
interface PeerPdu {
  command: string;
  toBuffer(): Buffer;
  [name: string]: unknown;
}
interface Peer {
  PDU: (new (command: string, options: object) => PeerPdu) & { fromBuffer(octets: Buffer): PeerPdu };
  filters: Record<string, { decode: unknown; encode: unknown }>;
}
// It has no types of its own.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const peer = require('smpp') as Peer;

/** Commands that it has (not those of 3.3). */
const commands = (Object.keys(COMMANDS) as CommandName[]).filter(
  (name) => !/param_|last_msgs|msg_details/.test(name),
);

/** Its fields that are no plain values: dates, texts by data_coding. They are compared as octets only. */
const INTERPRETED = /_time$|^validity_period$|^final_date$|^short_message$/;

/** TLVs whose type both agree upon, and which it does not interpret. */
const COMMON = [
  'dest_addr_subunit',
  'dest_telematics_id',
  'qos_time_to_live',
  'receipted_message_id',
  'user_message_reference',
  'source_subaddress',
  'sar_msg_ref_num',
  'sar_total_segments',
  'sar_segment_seqnum',
  'network_error_code',
  'message_state',
  'congestion_state',
  'its_session_info',
  'broadcast_rep_num',
  'sms_signal',
] as const;

type Fields = Record<string, unknown>;

/** A PDU without what the two codecs mean to differ in. */
function common(pdu: PduInput): Fields & { command: string; tlvs: Fields } {
  const spec: readonly FieldSpec[] = COMMANDS[pdu.command as CommandName].fields;
  const given = pdu as unknown as Fields & { tlvs: Fields };
  const fields = spec
    .filter(({ name, type }) => type !== 'count' && !(INTERPRETED.test(name) && type !== 'octets'))
    .map(({ name }) => [name, given[name]]);
  // It has fields and TLVs in one object: a TLV of a field's name cannot be told from the field.
  const tlvs = COMMON.filter((name) => given.tlvs[name] !== undefined && !(name in given)).map((name) => [
    name,
    given.tlvs[name],
  ]);
  return {
    ...(Object.fromEntries(fields) as Fields),
    command: pdu.command,
    sequence_number: given['sequence_number'],
    tlvs: Object.fromEntries(tlvs) as Fields,
  };
}

describe('npm smpp, a codec of its own,', () => {
  for (const command of commands) {
    it(`writes ${command} as we do`, () => {
      fc.assert(
        fc.property(pduOf(command) as fc.Arbitrary<PduInput>, (any) => {
          const pdu = common(any);
          const { tlvs, command: name, ...fields } = pdu;
          const theirs = new peer.PDU(name, { ...fields, ...tlvs }).toBuffer();
          const ours = encodePdu(pdu as unknown as PduInput);
          assert.equal(ours.toString('hex'), theirs.toString('hex'));
          assert.deepEqual(encodePdu(decodePdu(theirs) as PduInput), theirs);
        }),
        { numRuns: 25 },
      );
    });

    it(`reads our ${command}`, () => {
      fc.assert(
        fc.property(pduOf(command) as fc.Arbitrary<PduInput>, (any) => {
          const pdu = common(any);
          const { tlvs, command: name, short_message: _, ...fields } = pdu;
          const theirs = peer.PDU.fromBuffer(
            encodePdu({ ...fields, command: name, tlvs } as unknown as PduInput),
          );
          assert.equal(theirs.command, name);
          for (const [field, value] of Object.entries({ ...fields, ...tlvs })) {
            assert.deepEqual(plain(theirs[field]), withoutFlag(plain(value)), field);
          }
        }),
        { numRuns: 25 },
      );
    });
  }
});

/** It does not tell the dest_flag of destinations. */
function withoutFlag(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: Fields) =>
    Object.fromEntries(Object.entries(item).filter(([n]) => n !== 'dest_flag')),
  );
}
