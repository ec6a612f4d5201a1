import assert from 'node:assert/strict';
import { parseReceipt } from '../../src/text';
import { FakeClock } from '../support/clock';
import { until } from '../support/until';
import { Scene, collect, next, pause } from './setup';

const receiptOf = (message: { short_message: Buffer; tlvs: Record<string, unknown> }) =>
  parseReceipt(message.short_message, message.tlvs);

describe('the simulator sends receipts', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  it('with text and TLVs, from the recipient to the sender', async () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
    const smsc = await scene.smsc({ receiptDelay: 120, clock });
    const esme = await scene.esme(smsc);
    const { message_id } = await esme.submit({
      short_message: Buffer.from('A text of more than twenty characters'),
    });
    await clock.advance(119_000);
    assert.equal(esme.received.length, 0);
    await clock.advance(1_010);
    const [receipt] = await esme.until(1);
    assert.equal(receipt?.command, 'deliver_sm');
    assert.equal(receipt.esm_class, 0x04);
    assert.equal(receipt.source_addr, '491510001');
    assert.equal(receipt.destination_addr, '1234');
    assert.equal(receipt.tlvs.receipted_message_id, message_id);
    assert.equal(receipt.tlvs.message_state, 2);
    assert.equal(
      receipt.short_message.toString('latin1'),
      `id:${String(message_id)} sub:001 dlvrd:001 submit date:2601020304 done date:2601020306 stat:DELIVRD err:000 text:A text of more than `,
    );
  });

  it('with the state that is asked for', async () => {
    const smsc = await scene.smsc({ receiptState: 'UNDELIV' });
    const esme = await scene.esme(smsc);
    await esme.submit();
    const [receipt] = await esme.until(1);
    assert.equal(receipt?.tlvs.message_state, 5);
    assert.equal(receiptOf(receipt)?.state, 'UNDELIV');
    assert.match(receipt.short_message.toString('latin1'), / dlvrd:000 .* stat:UNDELIV err:001 /);
  });

  it('after the response, however short the delay', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const commands: string[] = [];
    smsc.on('pdu', ({ direction, octets }) => {
      if (direction === 'out') commands.push(octets.readUInt32BE(4).toString(16));
    });
    await esme.submit();
    await esme.until(1);
    assert.deepEqual(commands, ['80000004', '5']);
  });

  const asked: [registered: number, state: 'DELIVRD' | 'EXPIRED', comes: boolean][] = [
    [0, 'DELIVRD', false],
    [1, 'DELIVRD', true],
    [1, 'EXPIRED', true],
    [2, 'DELIVRD', false],
    [2, 'EXPIRED', true],
    [3, 'DELIVRD', true],
    [3, 'EXPIRED', false],
  ];
  for (const [registered, state, comes] of asked) {
    it(`${comes ? 'sends one' : 'sends none'} for ${state} with registered_delivery ${registered}`, async () => {
      const smsc = await scene.smsc({ receiptState: state });
      const esme = await scene.esme(smsc);
      await esme.submit({ registered_delivery: registered });
      if (comes) await esme.until(1);
      else await pause(30);
      assert.equal(esme.received.length, comes ? 1 : 0);
    });
  }

  it('keeps them until a receiver of the account binds, and then sends them at once', async () => {
    const clock = new FakeClock();
    const smsc = await scene.smsc({ clock });
    const transmitter = await scene.esme(smsc, { bind: 'bind_transmitter' });
    const stranger = await scene.esme(smsc, { fields: { system_id: 'stranger' } });
    const { message_id } = await transmitter.submit();
    await clock.advance(1000);
    // Time stands still now: a receipt right behind the bind response must not be refused.
    const receiver = await scene.esme(smsc, { bind: 'bind_receiver' });
    const [receipt] = await receiver.until(1);
    assert.equal(receipt?.tlvs.receipted_message_id, message_id);
    assert.equal(stranger.received.length, 0);
  });

  it('in the order of their messages, and within the window', async () => {
    const smsc = await scene.smsc({ windowSize: 3, receiptDelay: 0.02 });
    let open = 0;
    let most = 0;
    const esme = await scene.esme(smsc, {
      answer: async () => {
        most = Math.max(most, ++open);
        await pause(1);
        open--;
        return { command_status: 0 };
      },
    });
    const ids = (await Promise.all(Array.from({ length: 30 }, () => esme.submit()))).map(
      (one) => one.message_id,
    );
    const receipts = await esme.until(30);
    assert.deepEqual(
      receipts.map((receipt) => receipt.tlvs.receipted_message_id),
      ids,
    );
    assert.equal(most, 3);
  });

  it('one for each recipient of submit_multi', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const dest_address = ['4915', '4916'].map((destination_addr) => ({ destination_addr }));
    const { message_id } = await esme.ask({ command: 'submit_multi', dest_address, registered_delivery: 1 });
    const receipts = await esme.until(2);
    assert.deepEqual(
      receipts.map(({ source_addr, tlvs }) => [source_addr, tlvs.receipted_message_id]),
      [
        ['4915', message_id],
        ['4916', message_id],
      ],
    );
  });

  it('without TLVs to a client of SMPP 3.3', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc, { bind: 'bind_receiver', interfaceVersion: 0x33 });
    const transmitter = await scene.esme(smsc, { bind: 'bind_transmitter', interfaceVersion: 0x33 });
    const { message_id } = await transmitter.submit();
    const [receipt] = await esme.until(1);
    assert.deepEqual(Object.keys(receipt?.tlvs ?? {}), []);
    assert.equal(receipt && receiptOf(receipt)?.message_id, message_id);
    assert.deepEqual(Object.keys(esme.bindResponse?.tlvs ?? {}), []);
  });

  it('again when the client refuses one for a while', async () => {
    const clock = new FakeClock();
    const smsc = await scene.smsc({ clock });
    const told = collect(smsc, 'receipt');
    let refusals = 2;
    const esme = await scene.esme(smsc, {
      answer: () => ({ command_status: refusals-- > 0 ? 'ESME_RX_T_APPN' : 'ESME_ROK' }),
    });
    await esme.submit();
    for (const [seconds, count] of [
      [0.01, 1],
      [1.01, 2],
      [2.01, 3],
    ] as const) {
      await clock.advance(seconds * 1000);
      await esme.until(count);
      await pause(10);
    }
    await until(() => told.length > 0, 'the end');
    assert.deepEqual(
      told.map((event) => event.command_status),
      ['ESME_ROK'],
    );
  });

  it('again over the next link when the link goes before the answer', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc, { answer: () => new Promise(() => undefined) });
    const { message_id } = await esme.submit();
    await esme.until(1);
    esme.session.destroy();
    const back = await scene.esme(smsc);
    const told = next(smsc, 'receipt');
    const [receipt] = await back.until(1);
    assert.equal(receipt?.tlvs.receipted_message_id, message_id);
    assert.deepEqual(await told, {
      message_id,
      system_id: 'esme',
      stat: 'DELIVRD',
      command_status: 'ESME_ROK',
    });
  });

  it('writes what its alphabet lacks as another character', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    await esme.submit({ short_message: Buffer.from('жук', 'utf16le').swap16(), data_coding: 8 });
    const [receipt] = await esme.until(1);
    assert.equal(receipt && receiptOf(receipt)?.text, '???');
  });
});
