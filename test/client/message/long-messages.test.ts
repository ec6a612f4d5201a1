import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pdu } from '../../../src/protocol';
import { FakeClock } from '../../support/clock';
import { silence } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, store } from '../setup';

const LONG = { ...HELLO, short_message: 'x'.repeat(400) };

const headerOf = (pdu: object): { reference: number; total: number; part: number } => {
  const octets = (pdu as { short_message: Buffer }).short_message;
  return { reference: octets[3] ?? 0, total: octets[4] ?? 0, part: octets[5] ?? 0 };
};
const partsOf = (pdus: readonly object[]): number[] => pdus.map((pdu) => headerOf(pdu).part);

/** Answers the nth submit of all (from 1) with a status, all others well. */
function nth(statuses: Readonly<Record<number, string>>): (pdu: Pdu) => Record<string, unknown> {
  let n = 0;
  return () => {
    const status = statuses[++n];
    return status === undefined ? { message_id: `m${n}` } : { command_status: status };
  };
}

describe('Long messages', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('go in parts under one reference, and are accepted as one', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: nth({}) });
    const outcome = await client.send(LONG);
    assert.deepEqual(
      [outcome.segments, outcome.message_id, outcome.message_ids],
      [3, 'm1', ['m1', 'm2', 'm3']],
    );
    assert.deepEqual(partsOf(peer.submits), [1, 2, 3]);
    assert.equal(new Set(peer.submits.map((pdu) => headerOf(pdu).reference)).size, 1);
    assert.deepEqual(
      told('response').map(({ segment, segments }) => [segment, segments]),
      [
        [0, 3],
        [1, 3],
        [2, 3],
      ],
    );
  });

  it('count references per recipient', async () => {
    const { client, peer } = await scenes.bound();
    await client.send(LONG);
    await client.send(LONG);
    const [first, , , fourth] = peer.submits.map((pdu) => headerOf(pdu).reference);
    assert.equal(fourth, ((first ?? 0) + 1) % 256);
  });

  it('go on counting per recipient after a restart, where the queue is on disk', async () => {
    const queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-references-'));
    const references: number[] = [];
    try {
      const peer = await scenes.peer();
      // Were it to start anew, the second client would start somewhere else.
      for (const chance of [0.25, 0.75]) {
        const options = { queue: 'disk', queueDirectory, random: () => chance };
        const { client } = await scenes.bound({}, options, peer);
        for (const destination_addr of ['491511234567', '491517654321']) {
          await client.send({ ...LONG, destination_addr, long_messages: 'sar' });
          const [first] = peer.submits.slice(-3) as unknown as { tlvs: { sar_msg_ref_num: number } }[];
          references.push(first!.tlvs.sar_msg_ref_num);
        }
        await client.stop();
      }
    } finally {
      await scenes.end();
      rmSync(queueDirectory, { recursive: true, force: true });
    }
    assert.deepEqual(references, [0x4000, 0x4000, 0x4001, 0x4001]);
  });

  it('of more than 255 parts are refused before anything is sent', async () => {
    const { client, peer } = await scenes.bound();
    for (const long_messages of ['udh8', 'udh16', 'sar']) {
      const text = 'x'.repeat((long_messages === 'udh16' ? 152 : 153) * 255);
      await assert.rejects(client.send({ ...LONG, short_message: `${text}y`, long_messages }), {
        code: 'TEXT_TOO_LONG',
        message: /more than 255 segments/,
      });
      await client.enqueue({ ...LONG, short_message: text, long_messages });
    }
    await until(() => peer.submits.length === 3 * 255);
  });

  it('refused for good in one part are refused, the rest is not sent, and the failure lists what was accepted', async () => {
    const { client, peer, told } = await scenes.bound(
      { submit_sm: nth({ 2: 'ESME_RINVDSTADR' }) },
      { windowSize: 1 },
    );
    await assert.rejects(
      client.send({ ...LONG, correlation_id: 'c' }),
      (error: { code: string; outcome: object }) => {
        assert.equal(error.code, 'REFUSED');
        const { code, command_status, message_ids, segments, attempts, correlation_id } =
          error.outcome as never;
        assert.deepEqual(
          [code, command_status, message_ids, segments, attempts, correlation_id],
          ['REFUSED', 'ESME_RINVDSTADR', ['m1'], 3, 1, 'c'],
        );
        return true;
      },
    );
    assert.deepEqual(partsOf(peer.submits), [1, 2]);
    assert.deepEqual(
      told('failure').map(({ code, message_ids }) => [code, message_ids]),
      [['REFUSED', ['m1']]],
    );
  });

  it('refused for a while in one part send only that part again, under the same reference', async () => {
    const { client, peer, clock } = await scenes.bound({ submit_sm: nth({ 2: 'ESME_RSYSERR' }) });
    const sent = client.send(LONG);
    await peer.untilSubmits(3);
    await advanceUntil(clock, () => peer.submits.length > 3);
    const outcome = await sent;
    assert.deepEqual([outcome.attempts, outcome.message_ids], [2, ['m1', 'm4', 'm3']]);
    assert.deepEqual(partsOf(peer.submits), [1, 2, 3, 2]);
    assert.equal(new Set(peer.submits.map((pdu) => headerOf(pdu).reference)).size, 1);
  });

  it('cut by the link go on with what was not accepted, under the same reference, marked redelivered', async () => {
    const script = (link: number): object => ({
      submit_sm: (pdu: Pdu) =>
        link === 0 && headerOf(pdu).part === 2 ? undefined : { message_id: `${link}.${headerOf(pdu).part}` },
    });
    const { client, peer, clock } = await scenes.bound(script, { windowSize: 2 });
    const sent = client.send(LONG);
    await peer.untilSubmits(3);
    await until(() => partsOf(peer.submits).includes(3));
    peer.links[0]?.socket.destroy();
    await advanceUntil(clock, () => peer.submits.length > 3);
    const outcome = await sent;
    assert.deepEqual([outcome.redelivered, outcome.message_ids], [true, ['0.1', '1.2', '0.3']]);
    assert.deepEqual(partsOf(peer.submits), [1, 2, 3, 2]);
    assert.equal(new Set(peer.submits.map((pdu) => headerOf(pdu).reference)).size, 1);
  });

  it('throttled in one part go on with that part, first', async () => {
    const { client, peer, clock } = await scenes.bound(
      { submit_sm: nth({ 2: 'ESME_RTHROTTLED' }) },
      { windowSize: 2 },
    );
    const sent = client.sendBatch([LONG, { ...HELLO, short_message: 'next' }]);
    await peer.untilSubmits(2);
    await advanceUntil(clock, () => peer.submits.length >= 5);
    for (const { status } of await sent) assert.equal(status, 'fulfilled');
    const parts = partsOf(peer.submits.slice(0, -1));
    assert.deepEqual([...parts].sort(), [1, 2, 2, 3]);
    assert.ok(
      parts.lastIndexOf(2) <= 3 &&
        (peer.submits.at(-1) as never as { short_message: Buffer }).short_message.equals(Buffer.from('next')),
    );
  });

  it('stopped in the middle leave the rest to the next client', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const { client, peer } = await scenes.bound({ submit_sm: silence }, { clock, queue, windowSize: 2 });
    client.send(LONG).catch(() => undefined);
    const [first, second] = await peer.untilSubmits(2);
    const stopped = client.stop();
    peer.links[0]?.answer(first as never, { message_id: 'a' });
    peer.links[0]?.answer(second as never, { message_id: 'b' });
    await stopped;
    assert.equal((await queue.queue.stats()).queued, 1);
    const next = await scenes.bound({}, { clock, queue });
    assert.deepEqual(partsOf(await next.peer.untilSubmits(1)), [3]);
    const [entry] = await queue.correlator.get('a');
    assert.deepEqual([entry?.segment, entry?.segments], [0, 3]);
  });

  it('of which all parts were accepted before a crash are done without being sent', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const before = await scenes.idle({}, { clock, queue });
    await before.client.enqueue(LONG);
    const [lease] = await queue.queue.take(1, { signal: AbortSignal.timeout(100) });
    assert.ok(lease);
    lease.state.accepted = ['a', 'b', 'c'];
    await queue.queue.release([lease]);
    const { peer, client } = await scenes.bound({}, { clock, queue });
    await client.send(HELLO);
    const { queued, leased } = await queue.queue.stats();
    assert.deepEqual([peer.submits.length, queued, leased], [1, 0, 0]);
  });

  it('and short ones go in message_payload by payload-always, whatever the command', async () => {
    const { client, peer } = await scenes.bound({}, { interfaceVersion: '5.0' });
    const link = await peer.link();
    const asked = { ...HELLO, long_messages: 'payload-always' };
    const commands = ['submit_sm', 'submit_multi', 'data_sm'] as const;
    for (const command of commands) await client.send({ ...asked, command });
    const tlvs = {
      broadcast_area_identifier: 'A',
      broadcast_content_type: 'index',
      broadcast_rep_num: 1,
      broadcast_frequency_interval: '1 hour',
    };
    const { destination_addr: _none, ...broadcast } = asked;
    await client.send({ ...broadcast, command: 'broadcast_sm', tlvs });
    const replaced = {
      command: 'replace_sm',
      message_id: 'm',
      source_addr: '1',
      short_message: 'Hello',
    } as const;
    await client.send({ ...replaced, long_messages: 'payload-always' });
    for (const command of [...commands, 'broadcast_sm', 'replace_sm']) {
      const [pdu] = link.requests(command);
      assert.deepEqual(String(pdu?.tlvs.message_payload), 'Hello', command);
      assert.equal((pdu?.['short_message'] as Buffer | undefined)?.length ?? 0, 0, command);
      assert.equal(pdu?.['sm_length'] ?? 0, 0);
    }
  });

  it('given as message_payload go there, however short, also to replace another', async () => {
    const { client, peer } = await scenes.bound();
    await client.send({ message_payload: 'Hi', destination_addr: '491511234567' });
    await client.send({
      command: 'replace_sm',
      message_id: 'm',
      source_addr: '1',
      message_payload: LONG.short_message,
    });
    const link = await peer.link();
    const sent = ['submit_sm', 'replace_sm'].map((name) =>
      String(link.requests(name)[0]?.tlvs.message_payload),
    );
    assert.deepEqual(sent, ['Hi', LONG.short_message]);
    const old = await scenes.bound({ bind_transceiver: () => ({ tlvs: { sc_interface_version: 0x33 } }) });
    const replaced = {
      command: 'replace_sm',
      message_id: 'm',
      source_addr: '1',
      message_payload: 'Hi',
    } as const;
    await assert.rejects(old.client.send(replaced), { code: 'NO_TLVS', message: /give it as short_message/ });
  });

  it('that need TLVs are refused where the centre takes none, not sent empty or in scraps', async () => {
    const old = { bind_transceiver: () => ({ tlvs: { sc_interface_version: 0x33 } }) };
    const { client, peer } = await scenes.bound(old);
    for (const [long_messages, tlv] of [
      ['payload', 'message_payload'],
      ['payload-always', 'message_payload'],
      ['sar', 'sar_total_segments'],
    ] as const) {
      await assert.rejects(client.send({ ...LONG, long_messages }), {
        code: 'NO_TLVS',
        message: new RegExp(`SMPP 3\\.3.*${tlv}.*long_messages udh8`),
      });
    }
    assert.equal(peer.submits.length, 0);
    const outcome = await client.send(LONG);
    assert.equal(outcome.segments, 3);
    assert.deepEqual(partsOf(peer.submits), [1, 2, 3]);
  });
});
