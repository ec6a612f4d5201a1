import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { segment } from '../../../../src/text';
import { FakeClock } from '../../../support/clock';
import type { Peer, PeerLink } from '../../../support/peer';
import { until } from '../../../support/until';
import { Scenes, advanceUntil, type Scene } from '../../setup';

type Fields = Record<string, unknown> & { command: string };

const ONE = '491511111111';
const OTHER = '491522222222';

/** The parts of a long message, as a centre delivers them. */
function parts(text: string, from = ONE, method: 'udh8' | 'udh16' | 'sar' = 'udh8', reference = 7): Fields[] {
  const phone = { command: 'deliver_sm', source_addr: from, destination_addr: '1234' };
  return segment(text, { method, reference }).segments.map((one) => ({ ...phone, ...one }));
}

async function deliver(link: PeerLink, pdus: readonly (Fields | undefined)[]): Promise<number[]> {
  const answers = await Promise.all(pdus.map((pdu) => link.ask(pdu as Fields)));
  return answers.map(({ command_status }) => command_status);
}

describe('Parts of long messages over a restart, on the disk', () => {
  const scenes = new Scenes();
  let queueDirectory = '';
  let clock: FakeClock;
  let peer: Peer;
  beforeEach(async () => {
    queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-joining-'));
    clock = new FakeClock();
    peer = await scenes.peer();
  });
  afterEach(async () => {
    await scenes.end();
    rmSync(queueDirectory, { recursive: true, force: true });
  });

  const start = (directory = queueDirectory): Promise<Scene> => {
    const options = { clock, queue: 'disk', queueDirectory: directory, enquireLinkInterval: 0 };
    return scenes.bound({}, { ...options, reassemblyTimeout: 60 }, peer);
  };
  const link = (): Promise<PeerLink> => peer.link(peer.links.length - 1);
  const payloads = ({ told }: Scene): unknown[] => told('message').map(({ payload }) => payload);

  for (const method of ['udh8', 'udh16', 'sar'] as const) {
    for (const reference of [0, 7]) {
      it(`are joined (${method}, reference ${reference})`, async () => {
        const [first, second, third] = parts('a'.repeat(400), ONE, method, reference);
        const before = await start();
        assert.deepEqual(await deliver(await link(), [third, first]), [0, 0]);
        await before.client.stop();
        const after = await start();
        assert.deepEqual(await deliver(await link(), [second]), [0]);
        assert.deepEqual(payloads(after), ['a'.repeat(400)]);
      });
    }
  }

  it('of two senders with one reference are kept apart, and a repeated part counts once', async () => {
    const mine = parts('a'.repeat(200));
    const theirs = parts('b'.repeat(200), OTHER);
    const before = await start();
    await deliver(await link(), [mine[0], theirs[1]]);
    await before.client.stop();
    const after = await start();
    await deliver(await link(), [mine[0], theirs[1], theirs[0], mine[1]]);
    assert.deepEqual(payloads(after).sort(), ['a'.repeat(200), 'b'.repeat(200)]);
  });

  it('are on the disk as soon as they are answered: an end without farewell loses none', async () => {
    const [first, second] = parts('a'.repeat(200));
    await start();
    await deliver(await link(), [first]);
    // What a crash would leave behind at this moment.
    const left = `${queueDirectory}-left`;
    cpSync(queueDirectory, left, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    try {
      const after = await start(left);
      await deliver(await link(), [second]);
      assert.deepEqual(payloads(after), ['a'.repeat(200)]);
      await after.client.stop();
    } finally {
      rmSync(left, { recursive: true, force: true });
    }
  });

  it('that are missing for too long: what came is told after the restart, marked incomplete, once', async () => {
    const [first, , third] = parts('a'.repeat(400));
    const before = await start();
    await deliver(await link(), [first, third]);
    await before.client.stop();
    const between = await start();
    await advanceUntil(clock, () => between.told('message').length === 1, 5000);
    const [message] = between.told('message');
    assert.deepEqual(
      [message?.incomplete, message?.missing, message?.segments, message?.topic],
      [true, [2], 3, ONE],
    );
    await between.client.stop();
    const after = await start();
    await clock.advance(200_000);
    assert.deepEqual(payloads(after), []);
  });

  it('of a message that was told leave nothing behind', async () => {
    const before = await start();
    await deliver(await link(), parts('a'.repeat(400)));
    assert.equal(before.told('message').length, 1);
    await before.client.stop();
    const after = await start();
    await clock.advance(200_000);
    assert.deepEqual(payloads(after), []);
  });

  it('of a message that was told are known for a while when they come again', async () => {
    const all = parts('a'.repeat(400));
    const before = await start();
    await deliver(await link(), all);
    await before.client.stop();
    const after = await start();
    assert.deepEqual(await deliver(await link(), [all[2], all[0]]), [0, 0]);
    await clock.advance(200_000);
    assert.deepEqual(payloads(after), []);
    // Later the same is a message of its own.
    await deliver(await link(), all);
    assert.deepEqual(payloads(after), ['a'.repeat(400)]);
  });

  it('that come over several sessions are joined', async () => {
    const [first, second] = parts('a'.repeat(200));
    const scene = await start();
    const before = await link();
    await deliver(before, [first]);
    before.socket.destroy();
    await until(() => scene.client.state === 'connecting');
    await clock.advance(2000);
    await until(() => scene.client.state === 'bound');
    await deliver(await link(), [second]);
    assert.deepEqual(payloads(scene), ['a'.repeat(200)]);
  });
});
