import assert from 'node:assert/strict';
import { StatusBoard, short, statusOf, type Facts, type Status } from '../../nodes/status';
import { FakeClock } from '../support/clock';
import { catalogue } from './support/catalogue';

const texts = catalogue('smpp-config');
const translate = (key: string, values?: Record<string, string>): string =>
  texts(`smpp-config.${key}`, values);

const shown = (facts: Facts): string => {
  const { fill, shape, text } = statusOf(facts, translate);
  return `${fill} ${shape} ${text}`;
};

describe('the status of a node', () => {
  it('has a look for each state', () => {
    assert.equal(shown({ state: 'connecting', queued: 0 }), 'yellow ring connecting');
    assert.equal(shown({ state: 'bound', queued: 0 }), 'green dot bound');
    assert.equal(shown({ state: 'throttled', queued: 0 }), 'yellow dot throttled');
    assert.equal(shown({ state: 'paused', queued: 0 }), 'grey dot paused');
    assert.equal(shown({ state: 'disconnected', queued: 0 }), 'red ring disconnected');
  });

  it('says which half of a pair is bound, and how many of several sessions', () => {
    assert.equal(shown({ state: 'tx only', queued: 0, bound: 1, sessions: 2 }), 'yellow dot tx only');
    assert.equal(shown({ state: 'rx only', queued: 12, bound: 1, sessions: 2 }), 'yellow dot rx only · 12');
    assert.equal(shown({ state: 'bound', queued: 0, bound: 2, sessions: 3 }), 'green dot bound 2/3');
    assert.equal(shown({ state: 'bound', queued: 1234, bound: 3, sessions: 3 }), 'green dot bound · 1.2k');
    assert.equal(shown({ state: 'throttled', queued: 0, bound: 2, sessions: 3 }), 'yellow dot throttled');
  });

  it('says how long the queue is', () => {
    assert.equal(shown({ state: 'bound', queued: 1234 }), 'green dot bound · 1.2k');
    assert.deepEqual([1, 999, 1000, 1999, 9999, 34_567, 999_999, 1_250_000, 999_999_999].map(short), [
      '1',
      '999',
      '1k',
      '1.9k',
      '9.9k',
      '34k',
      '999k',
      '1.2M',
      '999M',
    ]);
  });

  it('says why the bind is refused, until it is bound', () => {
    const refused = 'ESME_RINVPASWD';
    assert.equal(shown({ state: 'connecting', queued: 0, refused }), 'red ring wrong password');
    assert.equal(shown({ state: 'disconnected', queued: 12, refused }), 'red ring wrong password · 12');
    assert.equal(shown({ state: 'bound', queued: 0, refused }), 'green dot bound');
    assert.equal(
      shown({ state: 'connecting', queued: 0, refused: 'ESME_RBINDFAIL' }),
      'red ring refused: RBINDFAIL',
    );
  });

  it('says that the queue is away while sessions stay, and else why there is none', () => {
    const isAway = true;
    for (const state of ['bound', 'throttled', 'tx only', 'paused'] as const)
      assert.equal(shown({ state, queued: 12, isAway }), 'yellow dot queue unavailable');
    assert.equal(shown({ state: 'connecting', queued: 0, isAway }), 'yellow ring connecting');
    assert.equal(
      shown({ state: 'bound', queued: 0, isAway, trouble: 'queue' }),
      'red ring queue unavailable',
    );
  });

  it('has at most 20 characters', () => {
    const states = [
      'connecting',
      'bound',
      'tx only',
      'rx only',
      'throttled',
      'paused',
      'disconnected',
    ] as const;
    for (const state of states) {
      for (const queued of [0, 7, 999, 1500, 99_999, 999_999_999]) {
        for (const refused of [undefined, 'ESME_RINVSYSID', 'ESME_RINVBNDSTS', '0x00000401']) {
          for (const bound of [1, 99, 100]) {
            const { text } = statusOf({ state, queued, refused, bound, sessions: 100 }, translate);
            assert.ok(text.length <= 20, text);
          }
        }
      }
    }
  });
});

describe('the board of a connection', () => {
  function board(facts: Facts) {
    const clock = new FakeClock();
    const current = { ...facts };
    const seen: [number, Status][] = [];
    const it = new StatusBoard({
      clock,
      translate,
      read: async () => ({ ...current }),
      show: (status) => seen.push([clock.monotonic(), status]),
    });
    return { clock, current, seen, board: it };
  }

  it('shows a first change at once, and further ones twice a second at most', async () => {
    const { clock, current, seen, board: it } = board({ state: 'connecting', queued: 0 });
    for (let ms = 0; ms < 2000; ms += 10) {
      current.queued = ms + 1;
      it.touch();
      await clock.advance(10);
    }
    assert.deepEqual(
      seen.map(([at]) => at),
      [0, 500, 1000, 1500, 2000],
    );
    it.close();
  });

  it('follows the queue on its own until it is empty, then rests', async () => {
    const { clock, current, seen, board: it } = board({ state: 'bound', queued: 5 });
    it.touch();
    await clock.advance(500);
    current.queued = 2;
    await clock.advance(500);
    current.queued = 0;
    await clock.advance(500);
    assert.deepEqual(
      seen.map(([, { text }]) => text),
      ['bound · 5', 'bound · 2', 'bound'],
    );
    assert.equal(clock.pendingTimers, 0);
  });

  it('shows nothing twice, and nothing after it was closed', async () => {
    const { clock, current, seen, board: it } = board({ state: 'bound', queued: 0 });
    it.touch();
    await clock.advance(600);
    it.touch();
    await clock.advance(600);
    assert.equal(seen.length, 1);
    it.touch();
    current.queued = 3;
    it.close();
    await clock.advance(600);
    assert.equal(seen.length, 1);
    assert.equal(clock.pendingTimers, 0);
  });
});
