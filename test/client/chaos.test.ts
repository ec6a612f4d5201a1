import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Message, SmppClientOptions } from '../../src/index';
import { FakeClock } from '../support/clock';
import type { Script } from '../support/peer';
import { rounds } from '../support/rounds';
import { Scenes, numbered, store, textsOf } from './setup';
import { until } from '../support/until';

/** Every third message takes two segments. */
const messages = (count: number): Message[] =>
  numbered(count).map((message, n) =>
    n % 3 === 2 ? { ...message, short_message: `${n};`.repeat(100) } : message,
  );

const segments = (count: number): string[] =>
  messages(count).flatMap((_, n) => (n % 3 === 2 ? [`${n} 1`, `${n} 2`] : [`${n} 1`]));

/** Which message, and which part of it. */
function nameOf(pdu: object): string {
  const [text = ''] = textsOf([pdu]);
  const [, long] = /;(\d+);/.exec(text) ?? [];
  return long === undefined ? `${text} 1` : `${long} ${text.charCodeAt(5)}`;
}

type Mood =
  'ok' | 'throttle' | 'full' | 'retry' | 'silent' | 'late' | 'drop' | 'close' | 'unbind' | 'garbage';

const moods: fc.Arbitrary<Mood[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Mood>('ok') },
    {
      weight: 5,
      arbitrary: fc.constantFrom<Mood>(
        'throttle',
        'full',
        'retry',
        'silent',
        'late',
        'drop',
        'close',
        'unbind',
        'garbage',
      ),
    },
  ),
  { maxLength: 60 },
);

/** How the client is bound; `others`: so many hosts to fail over to. */
interface Constellation extends Pick<SmppClientOptions, 'sessions' | 'bindType'> {
  readonly others?: number;
}

const constellations = fc.constantFrom<Constellation>(
  {},
  {},
  { sessions: 3 },
  { bindType: 'pair', others: 1 },
  { sessions: 2, bindType: 'pair' },
  { sessions: 2, others: 2 },
);

const referenceOf = (pdu: object): number => (pdu as { short_message: Buffer }).short_message[3] ?? 0;

describe('Whatever a centre does', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('every message is accepted at least once, each outcome is told once, and nothing stays on loan', async () => {
    const shape = fc.record({
      moods,
      windowSize: fc.constantFrom(1, 2, 5, 50),
      count: fc.integer({ min: 1, max: 25 }),
      stopAt: fc.nat(40),
      constellation: constellations,
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ moods: given, windowSize, count, stopAt, constellation }) => {
        const accepted: string[] = [];
        const left = [...given];
        const script: Script = {
          submit_sm: (pdu, link) => {
            const mood = left.shift() ?? 'ok';
            const answer = { message_id: `m${accepted.length}` };
            if (mood === 'throttle') return { command_status: 'ESME_RTHROTTLED' };
            if (mood === 'full') return { command_status: 'ESME_RMSGQFUL' };
            if (mood === 'retry') return { command_status: 'ESME_RSYSERR' };
            if (mood === 'drop') link.socket.destroy();
            if (mood === 'close') link.socket.end();
            if (mood === 'unbind') link.send({ command: 'unbind' });
            if (mood === 'garbage') link.write(Buffer.from('HTTP/1.1 200 OK'));
            if (mood !== 'ok' && mood !== 'late') return undefined;
            accepted.push(nameOf(pdu));
            if (mood === 'late') setTimeout(() => link.answer(pdu, answer), 5);
            return mood === 'ok' ? answer : undefined;
          },
        };
        const clock = new FakeClock();
        const queue = store(clock);
        const { others = 0, ...binds } = constellation;
        const hosts = await Promise.all(Array.from({ length: others }, () => scenes.peer(script)));
        const options = {
          ...binds,
          failover: hosts.map(({ port }) => ({ host: '127.0.0.1', port })),
          clock,
          queue,
          windowSize,
          maxAttempts: 1000,
          maxRedeliveries: 1000,
          messageTtl: 0,
          responseTimeout: 5,
          enquireLinkInterval: 10,
          drainTimeout: 1,
        };
        const first = await scenes.idle(script, options);
        void first.client.start().catch(() => undefined);
        const outcomes = await first.client.sendBatch(messages(count), { completeWhen: 'queued' });
        assert.equal(outcomes.length, count);
        // A change of the client in the middle, as a redeploy makes it.
        for (let n = 0; n < stopAt; n++) await clock.advance(500);
        const stopped = first.client.stop();
        await Promise.race([stopped, ticking(clock, () => false, 100)]);
        await stopped;
        assert.equal((await queue.queue.stats()).leased, 0, 'a stopped client has given everything back');
        const second = await scenes.idle(script, options, first.peer);
        void second.client.start().catch(() => undefined);
        await ticking(clock, () => new Set(accepted).size === segments(count).length, 5000);
        assert.deepEqual([...new Set(accepted)].sort(), segments(count).sort());
        const references = new Set(
          [first.peer, ...hosts]
            .flatMap(({ submits }) => submits)
            .filter((pdu) => pdu.esm_class === 0x40)
            .map(referenceOf),
        );
        assert.ok(references.size <= Math.floor(count / 3) + 1, 'a message keeps its reference');
        await ticking(
          clock,
          async () => {
            const { queued, leased } = await queue.queue.stats();
            return queued + leased === 0;
          },
          5000,
        );
        assert.deepEqual(await queue.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
        assert.equal(first.told('failure').length + second.told('failure').length, 0);
        const ending = second.client.stop();
        await Promise.race([ending, ticking(clock, () => false, 100)]);
        await ending;
        await until(() => clock.pendingTimers === 0, 'the end of all timers');
      }),
      { numRuns: rounds(40) },
    );
  }).timeout(30_000);
});

/** Lets time pass until something holds, but not for ever. */
async function ticking(
  clock: FakeClock,
  done: () => boolean | Promise<boolean>,
  steps: number,
): Promise<void> {
  for (let n = 0; n < steps && !(await done()); n++) await clock.advance(500);
}
