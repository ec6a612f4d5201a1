import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { silentLog } from '../../src/observability';
import { PduFramer, decodePdu, encodePdu, type PduInput } from '../../src/protocol';
import { Smsc } from '../../src/simulator';
import type { OutboundRequest, Session } from '../../src/session';
import { DeliveryQueue } from '../../src/simulator/delivery-queue';
import { MessageStore, type TakenMessage } from '../../src/simulator/message-store';
import { Scheduler } from '../../src/simulator/scheduler';
import { FakeClock, settle } from '../support/clock';
import { usedOctets } from '../support/memory';
import { until } from '../support/until';

const message = (fields: Partial<TakenMessage>): TakenMessage => ({
  ...{ message_id: '1', receipt_id: '1', system_id: 'a', service_type: '' },
  ...{ source_addr_ton: 1, source_addr_npi: 1, source_addr: '1234', recipients: [] },
  ...{ protocol_id: 0, priority_flag: 0, data_coding: 0, submittedAt: 0, finalAt: 0, dueAt: 0 },
  ...{ broadcast: undefined, schedule_delivery_time: '', validity_period: '', registered_delivery: 1 },
  ...{ short_message: '', text: '', cancelledAt: undefined, stored: 0, reserved: 0 },
  ...fields,
});

describe('the simulator is bounded', () => {
  it('forgets all but the newest messages', () => {
    const messages = new MessageStore('DELIVRD', 3);
    for (const message_id of ['1', '2', '3', '1', '4']) {
      messages.add(message({ message_id }));
    }
    assert.deepEqual(
      messages.all('a', () => true).map(({ message_id }) => message_id),
      ['3', '1', '4'],
    );
    assert.equal(messages.find('a', '2'), undefined);
    assert.equal(messages.find('b', '3'), undefined);
  });

  it('gives up the oldest receipts when nobody fetches them', () => {
    const scheduler = new Scheduler(new FakeClock(), silentLog);
    const queue = new DeliveryQueue(scheduler, silentLog, () => []);
    const givenUp: number[] = [];
    for (let n = 0; n < 10_005; n++) {
      queue.add('a', 5, Buffer.alloc(0), () => givenUp.push(n));
    }
    assert.equal(queue.length, 10_000);
    assert.deepEqual(givenUp, [0, 1, 2, 3, 4]);
    queue.clear();
  });

  it('sets one timer for all that is due at about the same time', async () => {
    const clock = new FakeClock();
    const scheduler = new Scheduler(clock, silentLog);
    const done: number[] = [];
    for (let n = 0; n < 1000; n++) scheduler.in(100, () => done.push(n));
    assert.equal(clock.pendingTimers, 1);
    await clock.advance(100);
    assert.equal(done.length, 1000);
    assert.deepEqual(
      done,
      done.toSorted((one, other) => one - other),
    );
  });

  it('goes on when one of the things to do fails', async () => {
    const clock = new FakeClock();
    const scheduler = new Scheduler(clock, silentLog);
    let done = false;
    scheduler.in(1, () => {
      throw new Error('a fault of the test');
    });
    scheduler.in(1, () => (done = true));
    await clock.advance(10);
    assert.equal(done, true);
  });

  it('ends all timers when it is cleared', async () => {
    const clock = new FakeClock();
    const scheduler = new Scheduler(clock, silentLog);
    scheduler.in(1, () => assert.fail('it was cleared'));
    const sleeping = assert.rejects(scheduler.sleep(1), { code: 'STOPPED' });
    scheduler.clear();
    await sleeping;
    assert.equal(clock.pendingTimers, 0);
  });
});

describe('the memory of the simulator is bounded in all', function () {
  this.timeout(60_000);
  const MIB = 1024 * 1024;

  function queue(): { box: DeliveryQueue; lost: Map<string, number> } {
    const scheduler = new Scheduler(new FakeClock(), silentLog);
    return { box: new DeliveryQueue(scheduler, silentLog, () => []), lost: new Map() };
  }

  it('however many accounts wait for receipts, and the oldest of all is lost first', async () => {
    const { box, lost } = queue();
    const before = await usedOctets();
    for (let n = 0; n < 60_000; n++) {
      const account = `account${n % 60}`;
      box.add(account, 5, Buffer.alloc(1200), () => lost.set(account, (lost.get(account) ?? 0) + 1));
    }
    const more = (await usedOctets()) - before;
    assert.ok(more < 20 * MIB, `${Math.round(more / 1024)} KiB`);
    assert.ok(box.length <= 10_000 && box.octets <= 16 * MIB);
    const sum = [...lost.values()].reduce((one, other) => one + other, 0);
    assert.equal(sum, 60_000 - box.length);
    assert.ok(Math.max(...lost.values()) - Math.min(...lost.values()) <= 1);
    box.clear();
    assert.deepEqual([box.length, box.octets], [0, 0]);
  });

  it('with a million accounts', async () => {
    const { box } = queue();
    const before = await usedOctets();
    for (let n = 0; n < 200_000; n++) {
      box.add(`account${n}`, 5, Buffer.alloc(10), () => undefined);
    }
    const more = (await usedOctets()) - before;
    assert.ok(more < 20 * MIB, `${Math.round(more / 1024)} KiB`);
    assert.equal(box.length, 10_000);
    box.clear();
  });

  it('in octets, of what is large', () => {
    const { box } = queue();
    for (let n = 0; n < 1000; n++) {
      box.add('a', 5, Buffer.alloc(60_000), () => undefined);
    }
    assert.ok(box.octets <= 16 * MIB && box.length > 200);
    box.clear();
  });

  it('of messages to many, and of their receipts that are to come', async () => {
    const before = await usedOctets();
    const messages = new MessageStore('DELIVRD');
    let reserved = 0;
    for (let n = 0; n < 20_000; n++) {
      const recipients = Array.from({ length: 50 }, (_, at) => ({
        ...{ dest_addr_ton: 1, dest_addr_npi: 1 },
        destination_addr: `${n}${at}`.padStart(64, '4'),
      }));
      const short_message = Buffer.alloc(255).toString('latin1');
      const taken = message({ message_id: `${n}`, recipients, text: 'x'.repeat(40), short_message });
      messages.add(taken);
      if (messages.reserve(taken)) reserved++;
    }
    const more = (await usedOctets()) - before;
    assert.ok(more < 60 * MIB, `${Math.round(more / 1024)} KiB`);
    assert.ok(reserved > 500 && reserved < 20_000, `${reserved}`);
    assert.ok(messages.find('a', '19999'));
    messages.clear();
  });

  it('of requests that are never answered', async () => {
    const smsc = new Smsc({ rules: [{ type: 'silent' }] });
    const { port } = await smsc.start();
    const socket = connect(port);
    const statuses = new Map<number, number>();
    const framer = new PduFramer();
    socket.on('data', (chunk: Buffer) => {
      for (const octets of framer.push(chunk)) {
        const { command, command_status: status } = decodePdu(octets);
        if (command === 'submit_sm_resp') statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    const bind = { command: 'bind_transceiver', sequence_number: 1, system_id: 'a', interface_version: 0x34 };
    socket.write(encodePdu(bind as PduInput));
    for (let n = 2; n < 12_002; n++) {
      const submit = { command: 'submit_sm', sequence_number: n, destination_addr: '447700900123' };
      socket.write(encodePdu(submit as PduInput));
    }
    await until(() => statuses.get(0x58) === 2000, 'two thousand refusals');
    assert.equal(statuses.size, 1);
    socket.destroy();
    await smsc.stop();
  });
});

describe('what the simulator delivers', () => {
  it('keeps its order when a link goes', async () => {
    const clock = new FakeClock();
    const sent: OutboundRequest[] = [];
    const receiver = {
      get freeSlots() {
        return 3 - sent.length;
      },
      submit: (requests: readonly OutboundRequest[]) => sent.push(...requests),
    } as unknown as Session;
    const queue = new DeliveryQueue(new Scheduler(clock, silentLog), silentLog, () => [receiver]);
    for (let n = 0; n < 5; n++) queue.add('a', n, Buffer.alloc(0), () => undefined);
    await settle();
    const numbers = (): number[] => sent.map(({ commandId }) => commandId);
    assert.deepEqual(numbers(), [0, 1, 2]);
    for (const { handler } of sent.splice(0)) handler.onLost('closed');
    await settle();
    assert.deepEqual(numbers(), [0, 1, 2]);
  });
});
