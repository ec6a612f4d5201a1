import assert from 'node:assert/strict';
import {
  decodePdu,
  encodePdu,
  firstTlv,
  type CommandName,
  type DestAddress,
  type Pdu,
  type PduInput,
  type PduOf,
  type TlvValueOf,
} from '../../src/protocol';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

describe('the types of PDUs', () => {
  it('come from the tables', () => {
    // Compiles only where each pair is the same.
    const facts: [
      Same<PduOf<'submit_sm'>['source_addr'], string>,
      Same<PduOf<'submit_sm'>['esm_class'], number>,
      Same<PduOf<'deliver_sm'>['short_message'], Buffer>,
      Same<PduOf<'submit_multi'>['dest_address'], DestAddress[]>,
      Same<PduOf<'query_last_msgs_resp'>['message_ids'], string[]>,
      Same<keyof PduOf<'unbind'> & 'message_id', never>,
      Same<TlvValueOf<'message_state'>, number>,
      Same<TlvValueOf<'receipted_message_id'>, string>,
      Same<TlvValueOf<'message_payload'>, Buffer>,
      Same<CommandName & 'broadcast_sm', 'broadcast_sm'>,
    ] = [true, true, true, true, true, true, true, true, true, true];
    assert(facts.every(Boolean));
  });

  it('narrow by the command', () => {
    const pdu: Pdu = decodePdu(encodePdu({ command: 'submit_sm_resp', message_id: 'a' }));
    assert(pdu.command === 'submit_sm_resp');
    const id: string = pdu.message_id;
    assert.equal(id, 'a');
  });

  it('know fields from misspelt ones', () => {
    // @ts-expect-error there is no such field
    const misspelt: PduInput = { command: 'submit_sm', source_adr: '1' };
    // @ts-expect-error a field of another command
    const foreign: PduInput = { command: 'enquire_link', message_id: '1' };
    // @ts-expect-error a message is octets
    const text: PduInput = { command: 'submit_sm', short_message: 'text' };
    for (const pdu of [misspelt, foreign, text]) assert.throws(() => encodePdu(pdu));
  });

  it('let a decoded PDU be encoded again', () => {
    const octets = encodePdu({ command: 'enquire_link', sequence_number: 1 });
    const again: PduInput = decodePdu(octets);
    assert.deepEqual(encodePdu(again), octets);
  });
});

describe('the first value of a TLV', () => {
  it('is its value, whether it is repeated or not', () => {
    const { tlvs } = decodePdu(
      encodePdu({ command: 'unbind', tlvs: { message_state: 2, callback_num_pres_ind: [1, 2] } }),
    );
    assert.equal(firstTlv(tlvs, 'message_state'), 2);
    assert.equal(firstTlv(tlvs, 'callback_num_pres_ind'), 1);
    assert.equal(firstTlv(tlvs, 'congestion_state'), undefined);
  });
});
