import assert from 'node:assert/strict';
import { editorTable, sharedPlace } from '../../nodes/queues';
import { Registry, type Claim, type LeftBehind } from '../../nodes/registry';
import { SharedQueue } from '../../nodes/shared-queue';
import { BACKENDS, normalise, type SmppClient, type StatusReport } from '../../src/index';
import { systemClock } from '../../src/clock';

const report = (queued: number, inFlight: number): StatusReport =>
  ({ queued, in_flight: inFlight, queue_state: 'available' }) as StatusReport;
const disconnect = (): Promise<void> => Promise.resolve();
const PLACE = 'redis at redis://one:6379, names smpp and carrier';

describe('what a connection leaves in a queue on a server', () => {
  let said: string[];
  beforeEach(() => (said = []));

  const shared = (
    place: string | undefined,
    behind?: LeftBehind,
    status: SmppClient['status'] = () => Promise.resolve(report(3, 2)),
  ): { queue: SharedQueue; left: LeftBehind[] } => {
    const left: LeftBehind[] = [];
    const claim = { behind, remember: (what: LeftBehind) => void left.push(what) };
    const warn = (text: string): void => void said.push(text);
    return {
      queue: new SharedQueue({ client: { status, disconnect }, claim, place, clock: systemClock, warn }),
      left,
    };
  };

  it('is counted when it closes, and told when the queue is another one', async () => {
    const { queue, left } = shared(PLACE);
    await queue.leave(false);
    assert.deepEqual([left, said], [[{ place: PLACE, queued: 5 }], []]);
    shared(undefined, left[0]);
    assert.match(
      said.join(),
      /^the queue is another one now: 5 messages stay in redis at redis:\/\/one:6379/,
    );
  });

  it('is nothing to speak of where the queue is the same', () => {
    shared(PLACE, { place: PLACE, queued: 5 });
    assert.deepEqual(said, []);
  });

  it('is told when the connection is deleted, unless that is nothing', async () => {
    await shared(PLACE).queue.leave(true);
    assert.match(said.join(), /deleted or disabled: 5 messages stay in redis/);
    const empty = (): Promise<StatusReport> => Promise.resolve(report(0, 0));
    await shared(PLACE, undefined, empty).queue.leave(true);
    assert.equal(said.length, 1);
  });

  it('may be there where the server does not say in time, or says that it cannot', async () => {
    for (const status of [
      () => new Promise<never>(() => undefined),
      () => Promise.reject(new Error('away')),
      () => Promise.resolve({ ...report(3, 2), queue_state: 'unavailable' as const }),
    ]) {
      const { queue, left } = shared(PLACE, undefined, status);
      await queue.leave(false);
      assert.deepEqual(left, [{ place: PLACE, queued: undefined }]);
    }
    shared(undefined, { place: PLACE, queued: undefined });
    assert.match(said.join(), /messages may stay in redis/);
  });

  it('is not asked of a queue that is shared with nobody', async () => {
    const { queue, left } = shared(undefined);
    await queue.leave(true);
    assert.deepEqual([left, said], [[], []]);
  });

  it('is remembered for the next instance of the node, by the one that is in force alone', () => {
    const registry = new Registry();
    const claim = (): Claim => {
      const claimed = registry.claim({ nodeId: 'node', label: 'Carrier', clientId: 'client' });
      assert.ok('claim' in claimed);
      return claimed.claim;
    };
    const first = claim();
    const behind = { place: PLACE, queued: 5 };
    first.remember(behind);
    const second = claim();
    first.remember({ place: PLACE, queued: 99 });
    assert.deepEqual([first.behind, second.behind, claim().behind], [undefined, behind, undefined]);
  });
});

describe('where a queue lies', () => {
  const settings = normalise({ queueUrl: 'redis://me:secret@redis.example:6380/2', clientId: 'carrier' });

  it('is told without user and password', () => {
    assert.equal(
      sharedPlace('redis', settings),
      'redis at redis://redis.example:6380/2, names smpp and carrier',
    );
    for (const queueUrl of [
      'me:se/cret',
      'redis://me:se/cret@host',
      'redis://me:12/cret@host',
      'redis://me:se#cret@host',
    ])
      assert.match(sharedPlace('redis', { ...settings, queueUrl }) ?? '', /^redis at its server, /);
  });

  it('is of no interest where nobody shares it', () => {
    for (const queue of ['disk', 'memory', 'somebodys-plugin'])
      assert.equal(sharedPlace(queue, settings), undefined);
  });
});

describe('the table that the editor has', () => {
  it('has every kind of queue, and nothing that ends a script', () => {
    assert.deepEqual(Object.keys(JSON.parse(editorTable()) as object), Object.keys(BACKENDS));
    assert.doesNotMatch(editorTable(), /<\//);
  });
});
