import assert from 'node:assert/strict';
import {
  SmppClient,
  openMemoryStore,
  type DeliveryError,
  type Message,
  type SmppClientOptions,
} from '../../../src/index';
import { Smsc, type SmscOptions } from '../../../src/simulator';
import { until } from '../../support/until';

const HELLO = { short_message: 'Hello', destination_addr: '491511234567', source_addr: '4930123' } as const;
const LONG = { ...HELLO, short_message: 'x'.repeat(400) };

describe('A message is managed by the SMSC’s id or by ours', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function scene(
    smscOptions: SmscOptions = {},
    options: SmppClientOptions = {},
  ): Promise<{ smsc: Smsc; client: SmppClient; requests: string[]; port: number }> {
    const smsc = new Smsc({ receiptDelay: 60, ...smscOptions });
    const { port } = await smsc.start();
    const client = new SmppClient({ port, logLevel: 'silent', reconnectMin: 0.01, ...options });
    ends.push(
      () => smsc.stop(),
      () => client.stop(),
    );
    await client.start();
    const requests: string[] = [];
    client.on('response', ({ command }) => void requests.push(command));
    return { smsc, client, requests, port };
  }

  describe('query_sm', () => {
    it('by message_id says its state in number and word, with the sender that it had', async () => {
      const { client } = await scene({}, { sourceTon: 3, defaults: { source_addr: 'Other' } });
      const sent = await client.send(HELLO);
      const { state, final, message_state, final_date, done_date, error_code, id, message_id, topic } =
        await client.send({ command: 'query_sm', message_id: sent.message_id });
      assert.deepEqual(
        { state, final, message_state, final_date, done_date, error_code, id, message_id, topic },
        {
          ...{ state: 'ENROUTE', final: false, message_state: 1, final_date: '', done_date: undefined },
          ...{ error_code: 0, id: sent.id, message_id: sent.message_id, topic: '491511234567' },
        },
      );
    });

    it('says when a message came to its end, in ISO 8601', async () => {
      const { client } = await scene({ receiptDelay: 0.01 });
      const sent = await client.send(HELLO, { completeWhen: 'delivered' });
      const { state, final, final_date, done_date } = await client.send({ command: 'query_sm', id: sent.id });
      assert.deepEqual([state, final], ['DELIVRD', true]);
      assert.match(String(final_date), /^\d{12}000\+$/);
      assert.match(String(done_date), /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
      assert.equal(done_date?.replace(/\D/g, '').slice(2, 14), final_date?.slice(0, 12));
    });

    it('by our id asks for each segment, and tells the worst beside all', async () => {
      const { client, requests } = await scene();
      const sent = await client.send(LONG);
      await client.send({ command: 'cancel_sm', message_id: sent.message_ids[1] as string });
      const told = await client.send({ command: 'query_sm', id: sent.id });
      assert.deepEqual(
        told.states?.map(({ segment, message_id, state, final }) => [segment, message_id, state, final]),
        sent.message_ids.map((id, at) => [at, id, at === 1 ? 'DELETED' : 'ENROUTE', at === 1]),
      );
      assert.deepEqual([told.state, told.final, told.segments], ['DELETED', false, 3]);
      assert.deepEqual(told.message_ids, sent.message_ids);
      assert.equal(requests.filter((one) => one === 'query_sm_resp').length, 3);
      const named = await client.send({ command: 'query_sm', id: sent.id, message_ids: sent.message_ids });
      assert.equal(named.states?.length, 3);
    });

    it('of what is still queued is answered from the queue, also without a session', async () => {
      const { client, requests } = await scene();
      client.pause();
      const id = await client.enqueue(HELLO);
      const told = await client.send({ command: 'query_sm', id, correlation_id: 'c' });
      assert.deepEqual(
        [told.state, told.final, told.id, told.topic, told.correlation_id, told.message_id],
        ['QUEUED', false, id, '491511234567', 'c', ''],
      );
      await client.disconnect();
      assert.equal((await client.send({ command: 'query_sm', id })).state, 'QUEUED');
      assert.deepEqual(requests, []);
    });

    it('of what waits to be tried again, and of what failed, says so', async () => {
      const { client } = await scene({ rules: [{ type: 'status', status: 'ESME_RSYSERR', every: 1 }] });
      const id = await client.enqueue(HELLO);
      const state = async (): Promise<string | undefined> =>
        (await client.send({ command: 'query_sm', id })).state;
      for (let tries = 0; (await state()) !== 'DELAYED' && tries < 200; tries++)
        await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(await state(), 'DELAYED');
      const failing = await scene({ rules: [{ type: 'status', status: 'ESME_RINVDSTADR', every: 1 }] });
      const failed = await failing.client.enqueue(HELLO);
      await assert.rejects(failing.client.send(HELLO));
      const told = await failing.client.send({ command: 'query_sm', id: failed });
      assert.deepEqual([told.state, told.final, told['code' as never]], ['FAILED', true, 'REFUSED']);
    });

    it('of what nobody knows fails with UNKNOWN_MESSAGE, and a refusal says what it means', async () => {
      const { client } = await scene();
      const unknown = { code: 'UNKNOWN_MESSAGE', field: 'id', message: /no message with the id "nobody"/ };
      for (const command of ['query_sm', 'cancel_sm'] as const)
        await assert.rejects(client.send({ command, id: 'nobody' }), unknown);
      const replace: Message = { command: 'replace_sm', id: 'nobody', short_message: 'x' };
      await assert.rejects(client.send(replace), unknown);
      await assert.rejects(client.send({ command: 'query_sm', message_id: 'none', source_addr: '1' }), {
        code: 'REFUSED',
        message: /query_sm with ESME_RQUERYFAIL: It has no such message/,
      });
      await assert.rejects(client.send({ command: 'query_sm' }), { code: 'MISSING_MESSAGE_ID' });
      await assert.rejects(client.send({ command: 'cancel_sm', source_addr: '1' }), {
        code: 'MISSING_MESSAGE_ID',
        message: /or source_addr and destination_addr/,
      });
      await assert.rejects(client.send({ command: 'query_sm', id: 5 as never }), { code: 'INVALID_FIELD' });
      await assert.rejects(client.send({ ...HELLO, id: 'x' }), { code: 'UNKNOWN_FIELD' });
    });
  });

  describe('cancel_sm', () => {
    it('by our id takes out of the queue what lies there, and its sender hears of it once', async () => {
      const store = openMemoryStore({ capacity: 100, whenFull: 'reject' });
      const queued: string[] = [];
      const enqueue = store.queue.enqueue.bind(store.queue);
      store.queue.enqueue = (items, options) => {
        queued.push(...items.map(({ id }) => id));
        return enqueue(items, options);
      };
      const { client, smsc } = await scene({}, { queue: store });
      const submits: unknown[] = [];
      smsc.on('submit', (event) => void submits.push(event));
      const failures: string[] = [];
      client.on('failure', ({ code, id }) => void failures.push(`${code} ${id}`));
      client.pause();
      const waiting = assert.rejects(client.send(HELLO), { code: 'CANCELLED' });
      const other = client.send({ ...HELLO, short_message: 'other' });
      const [id = ''] = queued;
      const cancelled = await client.send({ command: 'cancel_sm', id });
      assert.deepEqual([cancelled.cancelled, cancelled.message_ids, cancelled.id], ['queue', [], id]);
      await waiting;
      client.resume();
      await other;
      assert.deepEqual([failures, submits.length], [[`CANCELLED ${id}`], 1]);
      assert.equal((await client.deadLetters()).total, 0);
      await assert.rejects(client.send({ command: 'cancel_sm', id }), { code: 'UNKNOWN_MESSAGE' });
    });

    it('what a session has taken and not sent is not sent', async () => {
      const { client, smsc } = await scene({}, { sendRate: 5 });
      const submits: unknown[] = [];
      smsc.on('submit', (event) => void submits.push(event));
      const ids = await client.enqueue([HELLO, HELLO, HELLO]);
      await until(() => submits.length === 1);
      assert.equal((await client.send({ command: 'cancel_sm', id: ids[2] as string })).cancelled, 'queue');
      await client.send(HELLO);
      assert.equal(submits.length, 3);
    });

    it('of a long message that was sent in part the rest is not sent, and the part is cancelled', async () => {
      const { client, smsc } = await scene({ receiptDelay: 60 }, { sendRate: 4, windowSize: 1 });
      let submits = 0;
      smsc.on('submit', () => {
        submits++;
      });
      const failed = new Promise<string[]>((resolve) =>
        client.on('failure', ({ code, message_ids }) => resolve([code, ...message_ids])),
      );
      const id = await client.enqueue({ ...HELLO, short_message: 'y'.repeat(900) });
      await until(() => submits === 2);
      const told = await client.send({ command: 'cancel_sm', id });
      assert.ok(submits < 6, String(submits));
      const [code, ...accepted] = await failed;
      assert.deepEqual([told.cancelled, code, told.message_ids], ['queue', 'CANCELLED', accepted]);
      for (const message_id of accepted)
        assert.equal((await client.send({ command: 'query_sm', message_id })).state, 'DELETED');
    });

    it('a key of one that was taken back has failed, whatever it was doing', async () => {
      const { client } = await scene({}, { idempotencyTtl: 60, sendRate: 1 });
      await client.send(HELLO);
      const leased = await client.enqueue({ ...HELLO, idempotency_key: 'leased' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal((await client.send({ command: 'cancel_sm', id: leased })).cancelled, 'queue');
      client.pause();
      const queued = await client.enqueue({ ...HELLO, idempotency_key: 'queued' });
      assert.equal((await client.send({ command: 'cancel_sm', id: queued })).cancelled, 'queue');
      for (const idempotency_key of ['leased', 'queued'])
        await assert.rejects(client.send({ ...HELLO, idempotency_key }), { code: 'CANCELLED' });
    });

    it('a queue that cannot take one message out drops it when its turn comes, also after a restart', async () => {
      const kept = openMemoryStore({ capacity: 100, whenFull: 'reject' });
      const queue = new Proxy(kept.queue, {
        get: (target, name) => {
          if (name === 'find' || name === 'remove') return undefined;
          const member: unknown = Reflect.get(target, name, target);
          return typeof member === 'function' ? (member.bind(target) as unknown) : member;
        },
        has: (target, name) => name !== 'find' && name !== 'remove' && name in target,
      });
      const own = { ...kept, queue, close: () => Promise.resolve() };
      const { client, smsc, port } = await scene({}, { queue: own });
      client.pause();
      const here = await client.enqueue(HELLO);
      const failures: string[] = [];
      client.on('failure', ({ id, code }) => void failures.push(`${id} ${code}`));
      assert.equal((await client.send({ command: 'cancel_sm', id: here })).cancelled, 'when-taken');
      client.resume();
      await until(() => failures.length === 1);
      assert.deepEqual(failures, [`${here} CANCELLED`]);
      client.pause();
      const again = await client.enqueue(HELLO);
      await client.send({ command: 'cancel_sm', id: again });
      await client.stop();
      const submits: unknown[] = [];
      smsc.on('submit', (event) => void submits.push(event));
      const next = new SmppClient({ port, logLevel: 'silent', queue: own });
      ends.push(() => next.stop());
      const told = new Promise<string>((resolve) =>
        next.on('failure', ({ id, code }) => resolve(`${id} ${code}`)),
      );
      await next.start();
      assert.equal(await told, `${again} CANCELLED`);
      assert.deepEqual([submits.length, (await kept.state.list('cancelled:')).length], [0, 0]);
    });

    it('what is on the wire waits for its answer and is then cancelled at the SMSC', async () => {
      const { client } = await scene({ rules: [{ type: 'slow', seconds: 0.1 }] });
      const requests: string[] = [];
      client.on('request', ({ id }) => void requests.push(String(id)));
      const id = await client.enqueue(HELLO);
      await until(() => requests.includes(id));
      const told = await client.send({ command: 'cancel_sm', id });
      assert.deepEqual([told.cancelled, told.message_ids.length, told.id], ['smsc', 1, id]);
      assert.equal((await client.send({ command: 'query_sm', id })).state, 'DELETED');
    });

    it('what was accepted is cancelled by all its message_ids, and no receipt says DELIVRD', async () => {
      const { client } = await scene({ receiptDelay: 0.2 });
      const states: string[] = [];
      client.on('receipt', ({ state }) => void states.push(state));
      const sent = await client.send(LONG);
      const told = await client.send({ command: 'cancel_sm', id: sent.id });
      assert.deepEqual([told.cancelled, told.segments, told.message_ids], ['smsc', 3, sent.message_ids]);
      await until(() => states.length === 3);
      assert.deepEqual(states, ['DELETED', 'DELETED', 'DELETED']);
      await assert.rejects(client.send({ command: 'cancel_sm', id: sent.id }), {
        code: 'REFUSED',
        message: /ESME_RCANCELFAIL: The message is at its end already/,
      });
    });

    it('where some segments are at their end already says which are cancelled', async () => {
      const { client } = await scene();
      const sent = await client.send(LONG);
      await client.send({ command: 'cancel_sm', message_id: sent.message_ids[0] as string });
      await assert.rejects(client.send({ command: 'cancel_sm', id: sent.id }), (error: DeliveryError) => {
        assert.equal(error.code, 'PARTLY_CANCELLED');
        assert.deepEqual(error.outcome.message_ids, sent.message_ids.slice(1));
        return true;
      });
    });

    it('what has failed says so', async () => {
      const { client } = await scene({ rules: [{ type: 'status', status: 'ESME_RINVDSTADR', every: 1 }] });
      const id = await client.enqueue(HELLO);
      await assert.rejects(client.send(HELLO));
      await assert.rejects(client.send({ command: 'cancel_sm', id }), {
        code: 'ALREADY_FAILED',
        message: /ESME_RINVDSTADR/,
      });
    });

    it('without an id cancels all between two addresses, as before', async () => {
      const { client } = await scene();
      const sent = await client.send(HELLO);
      await client.send({ command: 'cancel_sm', source_addr: '4930123', destination_addr: '491511234567' });
      assert.equal((await client.send({ command: 'query_sm', id: sent.id })).state, 'DELETED');
    });
  });

  describe('replace_sm', () => {
    it('replaces the text, in the coding that the original has', async () => {
      const { client, smsc } = await scene({ receiptDelay: 0.3 });
      const replaced: unknown[] = [];
      smsc.on('pdu' as never, () => undefined);
      const sent = await client.send({ ...HELLO, encoding: 'ucs2' });
      const told = await client.send({ command: 'replace_sm', id: sent.id, short_message: 'Bye' });
      assert.deepEqual([told.event, told.id, told.message_id], ['accepted', sent.id, sent.message_id]);
      const texts: (string | undefined)[] = [];
      client.on('receipt', ({ payload }) => void texts.push(payload.text));
      await until(() => texts.length === 1);
      assert.deepEqual([texts, replaced], [['Bye'], []]);
    });

    it('a text that does not fit the original is refused, and nothing is sent', async () => {
      const { client, requests } = await scene();
      const gsm = await client.send(HELLO);
      const long = await client.send(LONG);
      const count = requests.length;
      const refuse = (message: Message, code: string): Promise<void> =>
        assert.rejects(client.send({ command: 'replace_sm', ...message }), { code });
      await refuse({ id: gsm.id, short_message: 'Привет' }, 'UNENCODABLE');
      await refuse({ message_id: gsm.message_id, short_message: 'x', encoding: 'ucs2' }, 'CODING_MISMATCH');
      await refuse({ id: gsm.id, short_message: 'x'.repeat(161) }, 'TEXT_TOO_LONG');
      await refuse({ id: long.id, short_message: 'x' }, 'NOT_REPLACEABLE');
      await refuse({ message_id: long.message_id, short_message: 'x' }, 'NOT_REPLACEABLE');
      await refuse({ message_id: 'unknown', source_addr: '1', short_message: 'Привет' }, 'CODING_MISMATCH');
      assert.equal(requests.length, count);
    });

    it('what is still queued is not replaced, and says what to do', async () => {
      const { client, requests } = await scene();
      client.pause();
      const id = await client.enqueue(HELLO);
      await assert.rejects(client.send({ command: 'replace_sm', id, short_message: 'Bye' }), {
        code: 'STILL_QUEUED',
        message: /cancel it by its id and send the new text/,
      });
      assert.deepEqual(requests, []);
    });
  });
});
