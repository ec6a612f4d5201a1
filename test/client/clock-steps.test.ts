import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { segment } from '../../src/text';
import type { FakeClock } from '../support/clock';
import type { Peer } from '../support/peer';
import { pass, until } from '../support/until';
import { HELLO, Scenes, advanceUntil, numbered, type Scene, type SceneOptions } from './setup';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS: readonly (readonly [name: string, ms: number])[] = [
  ['an hour back', -HOUR],
  ['an hour ahead', HOUR],
  ['a day back', -DAY],
  ['a day ahead', DAY],
  ['a month back', -30 * DAY],
  ['a month ahead', 30 * DAY],
];

/** Until the second submit, in steps that leave a disk the time it takes. */
async function resent(clock: FakeClock, peer: Peer): Promise<void> {
  for (let n = 0; n < 100 && peer.submits.length < 2; n++) {
    await clock.advance(100);
    await pass(5);
  }
}

const receipt = (id: string): Record<string, unknown> & { command: string } => ({
  command: 'deliver_sm',
  esm_class: 4,
  source_addr: HELLO.destination_addr,
  destination_addr: 'Shop',
  short_message: Buffer.from(
    `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:`,
  ),
});

for (const queue of ['memory', 'disk'] as const) {
  describe(`A client with the queue ${queue}, while the wall clock is set`, () => {
    const scenes = new Scenes();
    let directory: string;

    beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'smpp-client-steps-'))));
    afterEach(async () => {
      await scenes.end();
      rmSync(directory, { recursive: true, force: true });
    });

    const bound = (script: Parameters<Scenes['bound']>[0], options: SceneOptions = {}): Promise<Scene> =>
      scenes.bound(script, {
        queue,
        queueDirectory: directory,
        enquireLinkInterval: 0,
        messageTtl: 0,
        ...options,
      });

    for (const [name, ms] of STEPS) {
      it(`${name}: what was refused for a while is tried again after its pause, no sooner and no later`, async () => {
        let refusals = 1;
        const { client, peer, clock } = await bound({
          submit_sm: () => (refusals-- > 0 ? { command_status: 'ESME_RSYSERR' } : { message_id: 'x' }),
        });
        const sent = client.send(HELLO);
        while ((await client.status()).delayed === 0) await pass(2);
        const since = clock.monotonic();
        clock.step(ms);
        await resent(clock, peer);
        await sent;
        const waited = clock.monotonic() - since;
        assert.ok(waited >= 1500 && waited <= 2500, `${waited} ms`);
      });

      it(`${name}: a receipt finds its message, one that comes twice is known, and parts are joined`, async () => {
        let ids = 0;
        const { client, peer, clock, told } = await bound({ submit_sm: () => ({ message_id: `m${ids++}` }) });
        await client.send(HELLO);
        clock.step(ms);
        await client.send(HELLO);
        // So that what has expired is looked for.
        await clock.advance(3 * MINUTE);
        const link = await peer.link(0);
        for (const id of ['m0', 'm1', 'm0']) await link.ask(receipt(id));
        assert.deepEqual(
          told('receipt').map(({ matched, duplicate }) => [matched, duplicate === true]),
          [
            [true, false],
            [true, false],
            [true, true],
          ],
        );
        const [first, second] = segment('a'.repeat(200), { method: 'udh8', reference: 3 }).segments;
        const phone = { command: 'deliver_sm', source_addr: '4470', destination_addr: '1' };
        await link.ask({ ...phone, ...first });
        clock.step(-ms);
        await clock.advance(MINUTE);
        await link.ask({ ...phone, ...second });
        assert.deepEqual(
          told('message').map(({ payload }) => payload),
          ['a'.repeat(200)],
        );
      });

      it(`${name}: it is told once, in words`, async () => {
        const { clock, lines } = await bound({});
        await clock.advance(10_000);
        clock.step(ms);
        await clock.advance(30_000);
        const told = lines.filter(({ event }) => event === 'clock');
        assert.equal(told.length, 1);
        assert.equal(told[0]?.['seconds'], ms / 1000);
        assert.match(
          String(told[0]?.['msg']),
          ms < 0 ? /set back by (1 h|1 d|30 d)/ : /set ahead by (1 h|1 d|30 d)/,
        );
      });

      it(`${name}: the age of the oldest message is told as it is`, async () => {
        const { client, clock } = await bound({});
        client.pause();
        await client.enqueue(HELLO);
        await clock.advance(20_000);
        clock.step(ms);
        assert.equal((await client.status()).oldest_age, 20);
        await clock.advance(20_000);
        assert.equal((await client.status()).oldest_age, 40);
      });
    }

    it('a clock that goes right, or is corrected by less than a second, is nothing to tell', async () => {
      const { clock, lines } = await bound({});
      for (let n = 0; n < 20; n++) {
        clock.step(n % 2 === 0 ? 400 : -400);
        await clock.advance(7000);
      }
      assert.deepEqual(
        lines.filter(({ event }) => event === 'clock'),
        [],
      );
    });

    it('what has a date follows the clock: it expires when its time has come, and not before', async () => {
      const { client, clock, told } = await bound({});
      client.pause();
      await client.enqueue({ ...HELLO, expires: clock.now() + HOUR });
      await client.enqueue({ ...HELLO, expires: clock.now() + 3 * DAY });
      clock.step(-DAY);
      await clock.advance(2 * HOUR);
      assert.equal(told('failure').length, 0);
      clock.step(2 * DAY);
      await clock.advance(10_000);
      await until(() => told('failure').length === 1);
      assert.equal(told('failure')[0]?.code, 'EXPIRED');
    });

    it('a pause for throttling, and time-outs, are as long as they are', async () => {
      let refusals = 1;
      const { client, peer, clock } = await bound(
        { submit_sm: () => (refusals-- > 0 ? { command_status: 'ESME_RTHROTTLED' } : { message_id: 'x' }) },
        { throttleWait: 10 },
      );
      const sent = client.send(HELLO);
      await until(() => peer.submits.length === 1);
      await until(() => client.state === 'throttled');
      clock.step(DAY);
      await clock.advance(9000);
      clock.step(-31 * DAY);
      await clock.advance(500);
      assert.equal(peer.submits.length, 1);
      await advanceUntil(clock, () => peer.submits.length === 2);
      await sent;
    });

    it('back and forth all the time, nothing is lost, nothing sent twice, and nobody spins', async () => {
      let count = 0;
      const { client, peer, clock } = await bound({
        submit_sm: () =>
          ++count % 3 === 0 ? { command_status: 'ESME_RSYSERR' } : { message_id: `m${count}` },
      });
      let timers = 0;
      const set = clock.setTimeout;
      clock.setTimeout = (callback, ms) => {
        timers++;
        assert.ok(ms >= 0 && ms < 2 ** 31, `a timer of ${ms} ms`);
        return set(callback, ms);
      };
      const outcomes = Promise.all(numbered(60).map((message) => client.send(message)));
      let done = false;
      void outcomes.then(() => (done = true));
      for (let n = 0; n < 5000 && !done; n++) {
        clock.step((STEPS[n % STEPS.length] as (typeof STEPS)[number])[1] * (n % 4 < 2 ? 1 : -1));
        await clock.advance(100);
        await pass(1);
      }
      await outcomes;
      assert.equal(peer.submits.length, count);
      assert.ok(count < 120, `${count} submits`);
      assert.ok(timers < 2000, `${timers} timers`);
    });
  });
}
