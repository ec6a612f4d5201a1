import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pdu } from '../../../src/protocol';
import { openDiskStore } from '../../../src/store/disk';
import { FakeClock, settle } from '../../support/clock';
import { silence } from '../../support/peer';
import { live, randomOf, type Habit, type Result, type World } from '../../support/receipt-world';
import { rounds } from '../../support/rounds';
import { until } from '../../support/until';
import { HELLO, Scenes, numbered, store, type Scene } from '../setup';

const NOTATIONS = ['decimal', 'hex', 'HEX'] as const;
const WIDTHS = [0, 0, 8, 10, 12];

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function habit(random: () => number): Habit {
  return {
    response: pick(random, NOTATIONS),
    responseWidth: pick(random, WIDTHS),
    receipt: pick(random, NOTATIONS),
    receiptWidth: pick(random, WIDTHS),
  };
}

/** An SMSC with one way of writing ids, with several at once, or with one after the other. */
function world(seed: number, kind: 'single' | 'mixed' | 'changing'): World {
  const random = randomOf(seed * 7919 + 13);
  const messages = pick(random, [30, 100, 300]);
  const habits = Array.from({ length: kind === 'single' ? 1 : 2 + Math.floor(random() * 3) }, () =>
    habit(random),
  );
  // Small numbers that are counted up read as each other in the other notation, the whole range through: an SMSC with
  // several ways among these cannot be read by anybody.
  const from = pick(
    random,
    kind === 'single' ? [1, 7, 50, 1000, undefined] : [1000, 4000, 65_000, 123_456_789, undefined],
  );
  return {
    seed,
    habits,
    messages,
    ...(kind === 'changing' ? { changeAt: Math.ceil(messages / habits.length) } : {}),
    ...(from === undefined ? {} : { from }),
    numbers: pick(random, [1, 1, 3, 20]),
    window: pick(random, [1, 10, 50]),
    early: pick(random, [0, 0.5, 1]),
    twice: pick(random, [0, 0, 0.1]),
    receiptsLast: random() < 0.3,
  };
}

describe('Receipts of many SMSCs, each with its own ways', () => {
  const scenes = new Scenes();
  let directory: string | undefined;
  afterEach(async () => {
    await scenes.end();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    directory = undefined;
  });

  async function run(one: World, kind: 'memory' | 'disk'): Promise<Result> {
    const clock = new FakeClock();
    if (kind === 'memory') return live(one, store(clock), clock);
    directory ??= mkdtempSync(join(tmpdir(), 'smpp-worlds-'));
    const disk = await openDiskStore({
      directory: join(directory, String(one.seed)),
      account: { host: '127.0.0.1', systemId: 'a' },
      capacity: 10_000,
      whenFull: 'reject',
      clock,
    });
    try {
      return await live(one, disk, clock);
    } finally {
      await disk.close();
    }
  }

  for (const [kind, seeds] of [
    ['memory', rounds(120)],
    ['disk', rounds(2)],
  ] as const) {
    it(`who have one: none goes to the wrong message, and all are found, on ${kind}`, async () => {
      for (let seed = 0; seed < seeds; seed++) {
        const one = world(seed, 'single');
        const { wrong, unmatched } = await run(one, kind);
        assert.deepEqual({ wrong, unmatched }, { wrong: [], unmatched: [] }, JSON.stringify(one));
      }
    });

    for (const how of ['mixed', 'changing'] as const) {
      it(`that are ${how}: none goes to the wrong message, and hardly any to none, on ${kind}`, async () => {
        let [found, lost] = [0, 0];
        for (let seed = 1000; seed < 1000 + seeds; seed++) {
          const one = world(seed, how);
          const { wrong, unmatched, found: right } = await run(one, kind);
          assert.deepEqual(wrong, [], JSON.stringify(one));
          found += right;
          lost += unmatched.length;
        }
        assert.ok(lost <= found / 100, `${lost} of ${found} not found`);
      });
    }
  }

  it('of messages that another instance sends: hardly any goes to none, and to the wrong one only of those that no instance could know', async () => {
    let [found, lost, mistaken] = [0, 0, 0];
    for (let seed = 0; seed < rounds(120, 60); seed++) {
      const one = { ...world(seed, 'single'), elsewhere: true };
      const { wrong, unmatched, found: right } = await run(one, 'memory');
      // Nobody can know of a response that comes after the receipt.
      if (one.early === 0) assert.deepEqual(wrong, [], JSON.stringify(one));
      found += right;
      lost += unmatched.length;
      mistaken += wrong.length;
    }
    assert.ok(lost <= found / 100, `${lost} of ${found} not found`);
    assert.ok(mistaken <= found / 500, `${mistaken} of ${found} mistaken`);
  });

  /** Response, its width, receipt, its width. */
  const written = (...[response, responseWidth, receipt, receiptWidth]: Written): Habit => ({
    ...{ response, responseWidth, receipt, receiptWidth },
  });
  type Written = [Habit['response'], number, Habit['receipt'], number];
  const late = { numbers: 1, window: 50, early: 0, twice: 0, receiptsLast: true };
  const SMALL: readonly World[] = [
    {
      ...{ ...late, seed: 115, messages: 300, from: 10 },
      habits: [
        written('decimal', 12, 'decimal', 0),
        written('HEX', 8, 'hex', 10),
        written('hex', 0, 'HEX', 0),
      ],
    },
    {
      ...{ ...late, seed: 30, messages: 30, from: 10, window: 10, receiptsLast: false, changeAt: 8 },
      habits: [
        written('HEX', 12, 'hex', 10),
        written('decimal', 0, 'decimal', 0),
        written('HEX', 12, 'hex', 0),
        written('hex', 0, 'HEX', 0),
      ],
    },
    {
      ...{ ...late, seed: 75, messages: 30, from: 10, window: 10, early: 1, twice: 0.1, changeAt: 8 },
      habits: [
        written('HEX', 0, 'hex', 0),
        written('decimal', 0, 'HEX', 8),
        written('hex', 12, 'HEX', 0),
        written('decimal', 12, 'decimal', 0),
      ],
    },
    {
      ...{ ...late, seed: 160, messages: 300, from: 10, window: 1, changeAt: 75 },
      habits: [
        written('HEX', 0, 'decimal', 12),
        written('HEX', 8, 'HEX', 0),
        written('HEX', 10, 'HEX', 0),
        written('decimal', 0, 'HEX', 12),
      ],
    },
    {
      ...{ ...late, seed: 381, messages: 30, from: 1, changeAt: 10 },
      habits: [
        written('hex', 0, 'decimal', 12),
        written('hex', 10, 'HEX', 0),
        written('decimal', 0, 'decimal', 0),
      ],
    },
  ];
  for (const one of SMALL)
    it(`with several ways among small numbers go to no wrong message: seed ${one.seed}`, async () => {
      const { wrong } = await run(one, 'memory');
      assert.deepEqual(wrong, []);
    });

  /** 300 messages to one number, each receipt before its response; no time passes. */
  async function early(
    scene: Scene,
    write: (n: number) => readonly [response: string, receipt: string],
  ): Promise<void> {
    const { client, peer, told } = scene;
    const messages = numbered(300).map((message, n) => ({ ...message, correlation_id: `c${n}` }));
    const sent = client.sendBatch(messages);
    const random = randomOf(1);
    const answered = new Set<Pdu>();
    const link = await peer.link();
    while (answered.size < 300) {
      await until(() => link.requests('submit_sm').length > answered.size);
      const open = link.requests('submit_sm').filter((one) => !answered.has(one));
      const ids = open.map((one) => write(Number((one.short_message as Buffer).toString())));
      for (const [, id] of ids)
        await link.response(link.receipt(id, 'DELIVRD', { source_addr: HELLO.destination_addr }));
      while (open.length > 0) {
        const at = Math.floor(random() * open.length);
        const [request] = open.splice(at, 1);
        const [[message_id] = ['']] = ids.splice(at, 1);
        link.answer(request as Pdu, { message_id });
        answered.add(request as Pdu);
      }
      await settle();
    }
    await sent;
    const receiptOf = new Map(Array.from({ length: 300 }, (_, n) => [write(n)[1], `c${n}`]));
    await until(() => told('receipt').length === 300, 'all receipts');
    const wrong = told('receipt').filter(
      ({ message_id, correlation_id }) => receiptOf.get(message_id) !== correlation_id,
    );
    assert.deepEqual(
      wrong.map(({ message_id, correlation_id }) => [message_id, correlation_id]),
      [],
    );
  }

  /** Each of 1 to 300 once, in no order. */
  const shuffled = (n: number): number => 1 + ((n * 37 + 11) % 300);
  const pad = (id: string | number, width: number): string => String(id).padStart(width, '0');
  for (const [what, write] of [
    ['padded in the response', (n) => [pad(n + 1, 10), String(n + 1)]],
    ['padded in the receipt', (n) => [String(n + 1), pad(n + 1, 10)]],
    ['padded to another width', (n) => [pad(n + 1, 8), pad(n + 1, 12)]],
    ['padded in the response, in no order', (n) => [pad(shuffled(n), 10), String(shuffled(n))]],
    ['padded in the receipt, in no order', (n) => [String(shuffled(n)), pad(shuffled(n), 10)]],
    ['large and padded in the response', (n) => [pad(1_000_000 + n, 10), String(1_000_000 + n)]],
    ['hexadecimal and padded in the response', (n) => [pad((n + 1).toString(16), 8), String(n + 1)]],
    ['hexadecimal in the receipt', (n) => [String(n + 1), (n + 1).toString(16)]],
    [
      'hexadecimal in every second response',
      (n) => [n % 2 === 0 ? (123_456 + n).toString(16) : pad(123_456 + n, 10), String(123_456 + n)],
    ],
    [
      'hexadecimal in receipts from the hundredth on',
      (n) => [pad(70_000 + n, 8), n < 100 ? String(70_000 + n) : (70_000 + n).toString(16).toUpperCase()],
    ],
  ] as [string, (n: number) => [string, string]][]) {
    it(`that come early, three hundred to one number, find each its own, at once: ${what}`, async () => {
      const scene = await scenes.bound({ submit_sm: silence }, { windowSize: 20, enquireLinkInterval: 0 });
      await early(scene, write);
    });
  }
});
