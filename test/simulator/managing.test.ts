import assert from 'node:assert/strict';
import { FakeClock } from '../support/clock';
import { Scene, pause } from './setup';

describe('the simulator answers requests about messages', () => {
  let scene: Scene;
  const clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  const submitted = async () => {
    const smsc = await scene.smsc({ receiptDelay: 60, clock });
    const esme = await scene.esme(smsc);
    const { message_id } = await esme.submit();
    return { smsc, esme, message_id: String(message_id), source_addr: '1234' };
  };

  it('query_sm: under way, then at its end', async () => {
    const { esme, message_id, source_addr } = await submitted();
    const before = await esme.ask({ command: 'query_sm', message_id, source_addr });
    assert.deepEqual(
      [before.command_status, before.message_id, before.message_state, before.final_date],
      [0, message_id, 1, ''],
    );
    await clock.advance(60_000);
    const after = await esme.ask({ command: 'query_sm', message_id, source_addr });
    assert.equal(after.message_state, 2);
    assert.match(String(after.final_date), /^260102\d{6}000\+$/);
  });

  it('query_sm: tells each end that receipts can tell', async () => {
    const states = { DELIVRD: 2, EXPIRED: 3, UNDELIV: 5, UNKNOWN: 7, REJECTD: 8 } as const;
    for (const [receiptState, number] of Object.entries(states)) {
      const smsc = await scene.smsc({ receiptDelay: 1, receiptState: receiptState as 'DELIVRD', clock });
      const esme = await scene.esme(smsc);
      const message_id = String((await esme.submit()).message_id);
      await clock.advance(1000);
      const told = await esme.ask({ command: 'query_sm', message_id, source_addr: '1234' });
      assert.equal(told.message_state, number, receiptState);
    }
  });

  it('query_sm: knows neither the messages of others nor those from another address', async () => {
    const { smsc, esme, message_id, source_addr } = await submitted();
    const other = await scene.esme(smsc, { fields: { system_id: 'other' } });
    const query = { command: 'query_sm', message_id, source_addr } as const;
    assert.equal((await other.ask(query)).command_status, 0x67);
    assert.equal((await esme.ask({ ...query, source_addr: '99' })).command_status, 0x67);
    assert.equal((await esme.ask({ ...query, message_id: 'none' })).command_status, 0x67);
  });

  it('cancel_sm: the receipt says DELETED, a second time it fails', async () => {
    const { esme, message_id, source_addr } = await submitted();
    const cancel = { command: 'cancel_sm', message_id, source_addr } as const;
    assert.equal((await esme.ask(cancel)).command_status, 0);
    assert.equal((await esme.ask(cancel)).command_status, 0x11);
    await clock.advance(60_010);
    const [receipt] = await esme.until(1);
    assert.match(receipt?.short_message.toString('latin1') ?? '', /stat:DELETED/);
  });

  it('cancel_sm without an id: all between two addresses', async () => {
    const { esme, source_addr } = await submitted();
    await esme.submit();
    const elsewhere = String((await esme.submit({ destination_addr: '4917' })).message_id);
    const group = { command: 'cancel_sm', source_addr, destination_addr: '491510001' } as const;
    assert.equal((await esme.ask(group)).command_status, 0);
    assert.equal((await esme.ask(group)).command_status, 0x11);
    const left = await esme.ask({ command: 'query_sm', message_id: elsewhere, source_addr });
    assert.equal(left.message_state, 1);
  });

  it('replace_sm: the receipt has the new text; too late it fails', async () => {
    const { esme, message_id, source_addr } = await submitted();
    const short_message = Buffer.from('Better');
    const replace = {
      command: 'replace_sm',
      message_id,
      source_addr,
      short_message,
      registered_delivery: 1,
    } as const;
    assert.equal((await esme.ask(replace)).command_status, 0);
    await clock.advance(60_010);
    const [receipt] = await esme.until(1);
    assert.match(receipt?.short_message.toString('latin1') ?? '', /text:Better$/);
    assert.equal((await esme.ask(replace)).command_status, 0x13);
  });

  it('replace_sm: may ask for a receipt that was not asked for', async () => {
    const { esme, source_addr } = await submitted();
    const message_id = String((await esme.submit({ registered_delivery: 0 })).message_id);
    await esme.ask({ command: 'replace_sm', message_id, source_addr, registered_delivery: 1 });
    await clock.advance(60_010);
    assert.equal((await esme.until(2)).length, 2);
    await pause(10);
    assert.equal(esme.received.length, 2);
  });

  it('query_last_msgs and query_msg_details of SMPP 3.3', async () => {
    const { esme, message_id, source_addr } = await submitted();
    const last = String((await esme.submit()).message_id);
    const both = await esme.ask({ command: 'query_last_msgs', source_addr, number_of_messages: 5 });
    assert.deepEqual(both.message_ids, [message_id, last]);
    const one = await esme.ask({ command: 'query_last_msgs', source_addr, number_of_messages: 1 });
    assert.deepEqual(one.message_ids, [last]);
    const details = await esme.ask({ command: 'query_msg_details', message_id, source_addr, sm_length: 3 });
    assert.equal(String(details.short_message), 'Hel');
    assert.equal(details.message_state, 1);
  });

  it('what it does not know it refuses, and goes on', async () => {
    const { esme } = await submitted();
    assert.equal((await esme.ask({ command: 'param_retrieve', param_name: 'x' })).command_status, 0x32);
    const unknown = await esme.session.request({ command: '0x00000110' });
    assert.deepEqual([unknown.command, unknown.command_status], ['generic_nack', 0x03]);
    assert.equal((await esme.submit()).command_status, 0);
  });
});
