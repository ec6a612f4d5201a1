import assert from 'node:assert/strict';
import type { DeliveryError } from '../../../src/index';
import type { Answering } from '../../support/peer';
import { pass, until } from '../../support/until';
import { EVENTS, HELLO, Scenes, advanceUntil, type Scene } from '../setup';

type Facts = Record<string, unknown>;

const NUMBER = HELLO.destination_addr as string;
/** What each event has as payload and as topic; the rest of them is what a flow sees as msg.smpp. */
const PDU = ['command', 'command_status', 'command_status_code', 'sequence_number', 'tlvs'];
const OURS = ['id', 'correlation_id', 'metadata', 'msgid'];

function has(event: object | undefined, names: readonly string[]): void {
  assert.ok(event);
  for (const name of names)
    assert.ok((event as Facts)[name] !== undefined, `${name} of ${String((event as Facts).event)}`);
}

/** Every name of a status has its number beside it, wherever it stands. */
function checkStatuses(value: unknown): number {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return 0;
  let found = 0;
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'command_status' && typeof inner === 'string') {
      found++;
      assert.equal(typeof (value as Facts).command_status_code, 'number', JSON.stringify(value));
    }
    found += checkStatuses(inner);
  }
  return found;
}

describe('What each event carries', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  /** One of each. */
  async function everything(): Promise<Scene> {
    let n = 0;
    const statuses = [0, 0x58, 0x0b];
    const submit_sm: Answering = () => {
      const command_status = statuses[n++] ?? 0;
      return command_status === 0 ? { message_id: `m${n}` } : { command_status };
    };
    const binds = [0x0d, 0];
    const bind_transceiver: Answering = () => ({ command_status: binds.shift() ?? 0 });
    const scene = await scenes.idle({ submit_sm, bind_transceiver }, { throttleWait: 1 });
    const { client, clock, peer, told } = scene;
    const starting = client.start();
    await advanceUntil(clock, () => client.state === 'bound');
    await starting;
    const mine = { ...HELLO, correlation_id: 'c', metadata: { a: 1 } };
    await client.send(mine, { msgid: 'flow' });
    const link = await peer.link(1);
    await link.response(link.receipt('m1'));
    await link.ask({ command: 'deliver_sm', source_addr: '4915', short_message: Buffer.from('hi') });
    const failing = client.send(mine, { msgid: 'flow' });
    failing.catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length === 1);
    await assert.rejects(failing, (error: DeliveryError) => checkStatuses(error.outcome) === 1);
    client.pause();
    await client.enqueue(HELLO);
    await client.purge();
    await pass(10);
    return scene;
  }

  it('is what the reference says, and every status has its number beside it', async () => {
    const { told } = await everything();
    const facts = (event: object | undefined): unknown[] => {
      const { payload, topic } = event as Facts;
      return [payload, topic];
    };
    const [message] = told('message');
    has(message, [...PDU, 'source_addr', 'esm_class', 'message_type', 'segments', 'pdu']);
    assert.deepEqual(facts(message), ['hi', '4915']);
    const [receipt] = told('receipt');
    has(receipt, [
      ...PDU,
      ...OURS,
      'message_id',
      'state',
      'final',
      'matched',
      'message_type',
      'segment',
      'segments',
    ]);
    assert.equal(receipt?.topic, NUMBER);
    has(receipt?.payload, ['message_id', 'state', 'final', 'err', 'submit_date', 'done_date', 'text']);
    const [response] = told('response');
    has(response, [...PDU, ...OURS, 'message_id', 'segment', 'segments', 'duration']);
    assert.deepEqual(facts(response), ['ESME_ROK', NUMBER]);
    const [request] = told('request');
    has(request, [...PDU, ...OURS, 'destination_addr', 'short_message', 'segment', 'segments']);
    assert.equal(request?.topic, NUMBER);
    has(request?.payload as object, ['command', 'sequence_number', 'destination_addr', 'short_message']);
    const [failure] = told('failure');
    has(failure, [...OURS, 'command', 'command_status', 'code', 'attempts', 'history', 'message_ids']);
    assert.deepEqual([typeof failure?.payload, failure?.topic], ['string', NUMBER]);
    for (const name of ['session', 'throttle', 'queue'] as const) {
      const all = told(name);
      assert.ok(all.length > 0, name);
      for (const event of all) {
        assert.equal(event.topic, '');
        assert.equal((event.payload as Facts).state, event.state);
      }
    }
    const [link] = told('link');
    has(link, [...PDU, 'direction', 'session', 'host', 'port', 'bind_type', 'system_id', 'pdu']);
    assert.deepEqual([(link?.payload as Facts).command, link?.topic], [link?.command, '']);
    assert.ok(told('session').some(({ command_status }) => command_status === 'ESME_RBINDFAIL'));
    assert.ok(checkStatuses(EVENTS.map((name) => told(name))) >= 10);
  });

  it('is in the outcome too', async () => {
    let n = 0;
    const { client, peer } = await scenes.bound({ submit_sm: () => ({ message_id: `m${++n}` }) });
    const accepted = await client.send(HELLO);
    assert.equal(checkStatuses(accepted), 1);
    const sent = client.send(HELLO, { completeWhen: 'delivered' });
    sent.catch(() => undefined);
    await peer.untilSubmits(2);
    (await peer.link()).receipt('m2', 'UNDELIV');
    await assert.rejects(sent, (error: DeliveryError) => checkStatuses(error.outcome) === 1);
    await until(() => true);
  });
});
