import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Reassembly } from '../../../src/client/inbound/reassembly/reassembly';
import { silentLog } from '../../../src/observability';
import { SmppError } from '../../../src/protocol';
import { exportParts, type MessagePart } from '../../../src/text';
import { CLAIM_TIME, TIMEOUT, World, partsOf, textOf, type Instance } from './joining-world';

/** A part that some of the instances hear, each after so many milliseconds. */
interface Hearing {
  readonly part: MessagePart;
  readonly by: number;
  readonly after: number;
}

const delays = (seed: number, most: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
};

const textsArbitrary = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 });
const tellings = (instances: readonly Instance[]): string[] =>
  instances.flatMap(({ told }) => told.map(textOf)).sort();

describe('Parts of long messages that several instances hear', () => {
  it('are joined and told once, in whatever order they come, however slow the store is', async () => {
    const hearing = fc.record({
      by: fc.array(fc.nat(2), { minLength: 1, maxLength: 2 }),
      after: fc.array(fc.nat(60), { minLength: 2, maxLength: 2 }),
    });
    const message = textsArbitrary.chain((texts) =>
      fc.record({
        texts: fc.constant(texts),
        hearings: fc.array(hearing, { minLength: texts.length, maxLength: texts.length }),
      }),
    );
    const property = fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 3 }),
      fc.nat(),
      fc.constantFrom(0, 5, 40),
      async (messages, seed, most) => {
        const world = new World(delays(seed, most));
        const instances = [0, 1, 2].map(() => world.instance(delays(seed + 1, 30)));
        let answered = 0;
        const all = messages.flatMap(({ texts, hearings }, at) =>
          partsOf(texts, at).flatMap((part, n) =>
            (hearings[n]?.by ?? []).map((by, which): Hearing => ({
              part,
              by,
              after: hearings[n]?.after[which] ?? 0,
            })),
          ),
        );
        for (const { part, by, after } of all) {
          const hear = async (): Promise<void> => {
            await world.pass(after);
            await instances[by]?.hear(part);
            answered++;
          };
          void hear();
        }
        await world.until(() => answered === all.length, 5);
        await world.clock.advance(3 * TIMEOUT);
        assert.deepEqual(tellings(instances), messages.map(({ texts }) => texts.join('|')).sort());
        // Nothing is left but what is known of duplicates, and counters that run out.
        const left = (await world.memory.state.list('joining')).map(([key]) => key);
        assert.deepEqual(
          left.filter((key) => !/^joining-(closed|look|taken|claim)/.test(key)),
          [],
        );
        for (const { reassembly } of instances) void reassembly.stop();
      },
    );
    await fc.assert(property, { numRuns: 60 });
  }).timeout(120_000);

  it('are told once where the last two come at once, with every delay of the store', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const world = new World(delays(seed, 20));
      const [one, other] = [world.instance(), world.instance()];
      const [first, second] = partsOf(['x', 'y']) as [MessagePart, MessagePart];
      const statuses: string[] = [];
      void one.hear(first).then((status) => statuses.push(status));
      void other.hear(second).then((status) => statuses.push(status));
      await world.until(() => statuses.length === 2, 5);
      assert.deepEqual(statuses.sort(), ['joined', 'waiting'], `seed ${seed}`);
      assert.deepEqual(tellings([one, other]), ['x|y']);
    }
  }).timeout(60_000);
});

describe('An instance that dies', () => {
  it('leaves nothing untold: what it has claimed another tells, and what it has answered is there', async () => {
    const property = fc.asyncProperty(
      textsArbitrary,
      fc.array(fc.nat(1), { minLength: 4, maxLength: 4 }),
      fc.nat(200),
      fc.nat(),
      async (texts, hearers, dies, seed) => {
        const world = new World(delays(seed, 20));
        const [mortal, other] = [world.instance(delays(seed, 50)), world.instance()];
        void world.pass(dies).then(() => mortal.die());
        let answered = 0;
        const hear = async (part: MessagePart, by: Instance): Promise<void> => {
          await by.hear(part);
          answered++;
        };
        for (const part of partsOf(texts)) {
          const by = hearers[part.part - 1] === 0 ? mortal : other;
          const before = answered;
          void hear(part, by);
          // An answer that does not come lets the SMSC send it again.
          await world.until(() => answered > before || (by.isDead && by === mortal), 5);
          if (answered > before) continue;
          void hear(part, other);
          await world.until(() => answered > before, 5);
        }
        mortal.die();
        await world.clock.advance(3 * TIMEOUT + 3 * CLAIM_TIME);
        const all = tellings([mortal, other]);
        assert.ok(all.length >= 1 && all.length <= 2, JSON.stringify(all));
        assert.deepEqual([...new Set(all)], [texts.join('|')]);
        void other.reassembly.stop();
      },
    );
    await fc.assert(property, { numRuns: 60 });
  }).timeout(120_000);

  it('after it had heard all, before it told, is followed by one that heard nothing', async () => {
    const world = new World(() => 1);
    const [mortal, other] = [world.instance(() => 10_000), world.instance()];
    for (const part of partsOf(['a', 'b'])) void mortal.hear(part);
    await world.until(() => mortal.told.length === 1, 1);
    mortal.die();
    await world.clock.advance(2 * TIMEOUT + CLAIM_TIME);
    assert.deepEqual(other.told.map(textOf), ['a|b']);
    assert.equal(other.told[0]?.complete, true);
  });
});

describe('Long messages of which parts are missing, with several instances', () => {
  it('are told by one of them, when the last part that came is a time-out ago', async () => {
    const world = new World(() => 3);
    const instances = [world.instance(), world.instance()];
    const [one, other] = instances as [Instance, Instance];
    const [a, b] = partsOf(['a', 'b', 'c']) as [MessagePart, MessagePart];
    void one.hear(a);
    await world.clock.advance(TIMEOUT / 2);
    void other.hear(b);
    await world.clock.advance(TIMEOUT * 0.9);
    assert.deepEqual(tellings(instances), []);
    await world.clock.advance(TIMEOUT * 0.2);
    assert.deepEqual(tellings(instances), ['a|b']);
    await world.clock.advance(5 * TIMEOUT);
    assert.deepEqual(tellings(instances), ['a|b']);
    const [told] = [...one.told, ...other.told];
    assert.deepEqual([told?.missing, told?.reason], [[3], 'timeout']);
  });

  it('are told by another where who heard them has died', async () => {
    const world = new World(() => 3);
    const [mortal, other] = [world.instance(), world.instance()];
    void mortal.hear(partsOf(['a', 'b'])[0] as MessagePart);
    await world.clock.advance(1000);
    mortal.die();
    await world.clock.advance(2.5 * TIMEOUT);
    assert.deepEqual(other.told.map(textOf), ['a']);
  });

  it('wait on while nobody listens', async () => {
    const world = new World(() => 3);
    const one = world.instance();
    one.listens = false;
    void one.hear(partsOf(['a', 'b'])[0] as MessagePart);
    await world.clock.advance(1.5 * TIMEOUT);
    assert.deepEqual(one.told, []);
    one.listens = true;
    await world.clock.advance(2.5 * TIMEOUT);
    assert.deepEqual(one.told.map(textOf), ['a']);
  });

  it('give way to a message with the same reference, and no part of either is lost', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.record({ message: fc.nat(1), part: fc.nat(2), by: fc.nat(1) }), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.array(fc.nat(40), { minLength: 8, maxLength: 8 }),
      fc.nat(),
      async (heard, afters, seed) => {
        const world = new World(delays(seed, 20));
        const instances = [world.instance(), world.instance()];
        const messages = [partsOf(['a1', 'a2', 'a3']), partsOf(['b1', 'b2', 'b3'])];
        let answered = 0;
        for (const [at, { message, part, by }] of heard.entries()) {
          const hear = async (): Promise<void> => {
            await world.pass(afters[at] ?? 0);
            await instances[by]?.hear(messages[message]?.[part] as MessagePart);
            answered++;
          };
          void hear();
        }
        await world.until(() => answered === heard.length, 5);
        await world.clock.advance(5 * TIMEOUT);
        const told = new Set(tellings(instances).flatMap((text) => text.split('|')));
        const given = new Set(heard.map(({ message, part }) => `${'ab'[message]}${part + 1}`));
        assert.deepEqual(told, given);
        for (const { reassembly } of instances) void reassembly.stop();
      },
    );
    await fc.assert(property, { numRuns: 100 });
  }).timeout(120_000);
});

describe('Long messages beyond the bound', () => {
  it('give up what waits longest, but nothing as long as others have told the rest', async () => {
    const world = new World(() => 1);
    const [one, other] = [world.instance(undefined, 10), world.instance(undefined, 10)];
    void one.hear(partsOf(['first', 'missing'], 1000)[0] as MessagePart);
    await world.clock.advance(50);
    for (let n = 0; n < 30; n++) {
      const [a, b] = partsOf(['a', 'b'], n) as [MessagePart, MessagePart];
      void one.hear(a);
      await world.clock.advance(50);
      void other.hear(b);
      await world.clock.advance(50);
    }
    assert.deepEqual(one.told.map(textOf), []);
    assert.equal(other.told.length, 30);
    for (let n = 0; n < 30; n++) {
      void one.hear(partsOf([`${n}`, 'missing'], 2000 + n)[0] as MessagePart);
      await world.clock.advance(50);
    }
    const given = one.told.map(({ reason }) => reason);
    assert.deepEqual(
      given,
      Array.from({ length: 21 }, () => 'capacity'),
    );
    assert.equal(textOf(one.told[0] as never), 'first');
    await world.clock.advance(2 * TIMEOUT);
    assert.equal(tellings([one, other]).length, 61);
  });
});

describe('Parts that a client left that had its store alone', () => {
  it('are joined with those that come, and told where all are there', async () => {
    const world = new World(() => 1);
    const { state } = world.memory;
    const local = (parts: readonly MessagePart[]): Promise<void> => {
      const [{ total }] = parts as [MessagePart];
      const entry = { key: 'k', total, firstAt: 0, lastAt: 0, parts: exportParts(parts) };
      return state.set(`reassembly:${parts[0]?.reference}`, Buffer.from(JSON.stringify(entry)));
    };
    const [first, second] = partsOf(['a', 'b'], 1) as [MessagePart, MessagePart];
    await local([first]);
    await local(partsOf(['c', 'd'], 2));
    await state.set('reassembly:3', Buffer.from('damaged'));
    const [one, other] = [world.instance(), world.instance()];
    await world.clock.advance(1000);
    assert.deepEqual(tellings([one, other]), ['c|d']);
    void other.hear(second);
    await world.clock.advance(1000);
    assert.deepEqual(tellings([one, other]), ['a|b', 'c|d']);
    assert.deepEqual(await state.list('reassembly:'), []);
  });

  for (const [code, lines] of [
    ['QUEUE_UNAVAILABLE', 0],
    ['STATE_UNAVAILABLE', 1],
  ] as const) {
    it(`are told when the store lets itself be read (${code} before)`, async () => {
      const world = new World(() => 1);
      const parts = exportParts(partsOf(['c', 'd'], 2));
      const entry = { key: 'k', total: 2, firstAt: 0, lastAt: 0, parts };
      await world.memory.state.set('reassembly:2', Buffer.from(JSON.stringify(entry)));
      world.fault = new SmppError(code, 'away');
      const one = world.instance();
      await world.clock.advance(1000);
      assert.equal(world.warned.length, lines, world.warned.join('\n'));
      world.fault = undefined;
      await world.clock.advance(TIMEOUT / 2);
      assert.deepEqual(tellings([one]), ['c|d']);
    });
  }
});

describe('A part that comes again', () => {
  it('is known by all instances, while its message waits and after it was told', async () => {
    const world = new World(() => 2);
    const [one, other] = [world.instance(), world.instance()];
    const [a, b] = partsOf(['a', 'b']) as [MessagePart, MessagePart];
    const statuses: string[] = [];
    for (const [by, part] of [
      [one, a],
      [other, a],
      [one, b],
      [other, b],
      [other, a],
    ] as const) {
      void by.hear(part).then((status) => statuses.push(status));
      await world.clock.advance(100);
    }
    assert.deepEqual(statuses, ['waiting', 'duplicate', 'joined', 'duplicate', 'duplicate']);
    await world.clock.advance(TIMEOUT + 1000);
    void other.hear(a).then((status) => statuses.push(status));
    await world.clock.advance(100);
    assert.equal(statuses.at(-1), 'waiting', 'a minute later it is one of a new message');
  });

  it('finds the others where the SMSC was asked to send the last one again, at whichever instance', async () => {
    const world = new World(() => 2);
    const [one, other] = [world.instance(), world.instance()];
    const [a, b] = partsOf(['a', 'b']) as [MessagePart, MessagePart];
    const adding = [one.reassembly.add(a), one.reassembly.add(b)];
    await world.clock.advance(1000);
    const { message } = (await adding[1]) as { message?: never };
    assert.ok(message);
    void one.reassembly.reopen(message, b);
    await world.clock.advance(1000);
    void other.hear(b);
    await world.clock.advance(1000);
    assert.deepEqual(other.told.map(textOf), ['a|b']);
    await world.clock.advance(5 * TIMEOUT);
    assert.deepEqual(tellings([one, other]), ['a|b']);
  });
});

describe('A store that is not shared', () => {
  it('is asked no more than before', async () => {
    const world = new World(() => 0);
    const local = world.memory;
    const store = { state: world.state(() => false), capabilities: local.capabilities };
    const reassembly = new Reassembly({ clock: world.clock, log: silentLog, store, timeout: TIMEOUT });
    reassembly.start();
    for (const part of partsOf(['a', 'b', 'c'])) void reassembly.add(part);
    await world.clock.advance(1000);
    assert.deepEqual(Object.fromEntries(world.calls), { list: 2 });
  });
});
