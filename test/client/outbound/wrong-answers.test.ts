import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  SequenceCounter,
  SmppClient,
  openMemoryStore,
  type MemoryStore,
  type SmppClientOptions,
} from '../../../src/index';
import { systemClock } from '../../../src/clock';
import { Peer, type Answering, type Script } from '../../support/peer';
import { bound } from '../../support/queue';
import { pass, until } from '../../support/until';
import { HELLO, Scenes } from '../setup';

type Line = Record<string, unknown>;
type Method = (...given: never[]) => unknown;

const boom = (): never => {
  throw new Error('boom');
};

/** What a part may answer that is wrong, for most of what it may be asked. */
const WRONG: readonly (readonly [name: string, answer: () => unknown])[] = [
  ...[
    0,
    NaN,
    -1,
    1.5,
    Infinity,
    undefined,
    null,
    'a text',
    true,
    {},
    [],
    [null],
    [{}],
    1e300,
    Symbol('s'),
  ].map((value) => [inspect(value), () => value] as const),
  ['a promise of NaN', () => Promise.resolve(NaN)],
  ['a promise of nothing', () => Promise.resolve(undefined)],
  ['a list of promises', () => [Promise.reject(new Error('boom')).catch(() => 0)]],
  ['an exception', boom],
  [
    'an exception that is none',
    () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a part may
      throw undefined;
    },
  ],
  ['a rejection', () => Promise.reject(new Error('boom'))],
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a part may
  ['a rejection with nothing', () => Promise.reject()],
  [
    'what throws when it is waited for',
    () => ({
      get then() {
        return boom();
      },
    }),
  ],
];

/** A part, its methods, and the options that bring it. `wrap` puts itself between the part and who asks it. */
interface PartCase {
  readonly part: string;
  readonly methods: readonly string[];
  options(wrap: <T extends object>(part: T) => T, store: MemoryStore): Partial<SmppClientOptions>;
}

const PARTS: readonly PartCase[] = [
  {
    part: 'rateLimiter',
    methods: ['acquire', 'giveBack'],
    options: (wrap) => ({
      rateLimiter: wrap({ acquire: async (max: number) => max, giveBack: () => undefined }),
    }),
  },
  {
    part: 'throttleHandler',
    methods: ['throttled', 'notThrottled', 'allowRequest', 'throttleDelay', 'rate'],
    options: (wrap) => ({
      throttleHandler: wrap({
        throttled: () => undefined,
        notThrottled: () => undefined,
        allowRequest: () => true,
        throttleDelay: () => 1,
        rate: () => undefined,
      }),
    }),
  },
  {
    part: 'sequence',
    methods: ['next'],
    options: (wrap) => ({
      sequence: () => {
        const counter = new SequenceCounter();
        return wrap({ next: () => counter.next() });
      },
    }),
  },
  {
    part: 'random',
    methods: ['random'],
    options: (wrap) => {
      const part = wrap({ random: () => 0.5 });
      return { random: () => part.random() };
    },
  },
  {
    part: 'correlator',
    methods: ['put', 'get', 'expire'],
    options: (wrap, store) => ({ queue: store, correlator: wrap(store.correlator) }),
  },
  {
    part: 'queue',
    methods: ['enqueue', 'take', 'settle', 'extend', 'release', 'stats'],
    options: (wrap, store) => ({ queue: wrap(bound(store.queue)) }),
  },
  {
    part: 'state',
    methods: ['get', 'set', 'delete', 'list', 'increment'],
    options: (wrap, store) => ({ queue: { ...store, queue: store.queue, state: wrap(store.state) } }),
  },
  {
    part: 'clock',
    methods: ['now', 'monotonic'],
    options: (wrap) => ({ clock: wrap({ ...systemClock }) }),
  },
];

/** Whether what is waited for comes in time; else told by name. */
async function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Plays one wrong answer; rejects with what did not hold. */
async function play({ part, options }: PartCase, name: string, answer: () => unknown): Promise<void> {
  let wrong = false;
  let calls = 0;
  const wrap = <T extends object>(real: T): T =>
    new Proxy(real, {
      get: (target, member) => {
        const method = Reflect.get(target, member) as unknown;
        if (typeof method !== 'function') return method;
        if (member !== name) return method.bind(target) as unknown;
        return (...given: never[]) => {
          if (!wrong) return (method as Method).apply(target, given);
          calls++;
          return answer();
        };
      },
    });
  const store = openMemoryStore({ capacity: 100, whenFull: 'reject' });
  let refusals = 0;
  const peer = await Peer.start({
    submit_sm: () => (++refusals % 4 === 0 ? { command_status: 'ESME_RTHROTTLED' } : undefined),
  });
  const lines: Line[] = [];
  const client = new SmppClient({
    port: peer.port,
    systemId: 'a',
    throttleWait: 0.05,
    drainTimeout: 0.2,
    reconnectMin: 0.05,
    reconnectMax: 0.2,
    log: (line) => lines.push(line),
    ...options(wrap, store),
  });
  try {
    await client.start();
    wrong = true;
    client.on('message', () => undefined);
    const messages = [HELLO, { ...HELLO, short_message: 'y'.repeat(300) }, HELLO];
    const given = messages.map((message) =>
      client.enqueue(message).then(
        () => true,
        (error: unknown) => {
          assert.ok(error instanceof Error, `enqueue rejected with ${inspect(error)}`);
          return false;
        },
      ),
    );
    const link = await peer.link(0);
    link.send({
      command: 'deliver_sm',
      source_addr: '447700900123',
      destination_addr: '1',
      short_message: Buffer.from('in'),
    });
    link.receipt('1');
    await client.status().catch(() => undefined);
    await pass(700);
    assert.ok(calls < 100, `${name} was called ${calls} times in 0.7 s`);
    wrong = false;
    const taken = await within(4000, Promise.all(given), 'what was given');
    // What a queue says that it has not it has not: whoever gave it hears of that, and the part is told.
    if (name === 'enqueue') return assert.deepEqual(taken, [false, false, false]);
    const segments = taken.reduce((sum, ok, at) => sum + (ok ? (at === 1 ? 2 : 1) : 0), 0);
    const went = (): number => refusals - Math.floor(refusals / 4);
    await until(() => went() >= segments, `${segments} segments, of which ${went()} went;`, 8000);
    const told = lines.filter(
      ({ part: of, method, level }) => of === part && method === name && level !== 'debug',
    );
    assert.ok(told.length <= 2, `${told.length} lines: ${inspect(told.slice(0, 3))}`);
    for (const line of told) assert.ok(String(line['msg']).length < 500);
  } finally {
    await within(4000, client.stop(), 'stop');
    await peer.stop();
    await store.close();
  }
}

describe('A correlator that never answers', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('holds up no receipt for more than ten seconds: the SMSC is asked to repeat it, and a stop ends', async () => {
    const correlator = {
      put: async () => undefined,
      get: () => new Promise<never>(() => undefined),
      expire: async () => 0,
    };
    const { client, peer, clock, lines } = await scenes.bound({}, { correlator, enquireLinkInterval: 0 });
    await client.send(HELLO);
    const link = await peer.link(0);
    const number = link.receipt('1');
    await pass(30);
    await clock.advance(10_500);
    assert.notEqual((await link.response(number)).command_status, 0);
    const told = lines.filter(({ event, part }) => event === 'part' && part === 'correlator');
    assert.match(String(told[0]?.['msg']), /the correlator's get\(\) failed: no answer within 10 s/);
    await client.stop();
  });
});

describe('A part that never answers', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());
  const never = (): Promise<never> => new Promise(() => undefined);
  const told = (lines: readonly Line[]): string[] =>
    lines.filter(({ event, level }) => event === 'part' && level === 'error').map(({ msg }) => String(msg));

  for (const method of ['settle', 'extend', 'enqueue'] as const) {
    it(`is told of once: the queue's ${method}(); a stop ends, and so does what waits`, async () => {
      const { queue: inner } = openMemoryStore({ capacity: 0, whenFull: 'reject' });
      let asked = 0;
      const queue = { ...bound(inner), [method]: () => (asked++, never()) };
      let answers = 0;
      const answer = (...[pdu, link]: Parameters<Answering>): void =>
        link.answer(pdu, { message_id: `${++answers}` });
      // The last segment only when what was accepted before it is being written.
      const script: Script = {
        submit_sm: (pdu, link) =>
          void (answers < 2 ? answer(pdu, link) : until(() => asked > 0).then(() => answer(pdu, link))),
      };
      const { client, clock, lines } = await scenes.bound(script, { queue, enquireLinkInterval: 0 });
      const ends = [HELLO, { ...HELLO, short_message: 'y'.repeat(300) }].map((message) =>
        client.send(message).then(
          () => 'accepted',
          (error: unknown) => (error as { code: string }).code,
        ),
      );
      await pass(50);
      for (let n = 0; n < 4; n++) await clock.advance(10_100);
      assert.deepEqual(told(lines), [
        `the queue's ${method}() has not answered for 10 s: what waits for it is held up`,
      ]);
      const stopped = client.stop();
      for (let n = 0; n < 20; n++) {
        await clock.advance(1000);
        await pass(5);
      }
      await within(2000, stopped, 'stop');
      const codes = await within(2000, Promise.all(ends), 'outcomes');
      const last = method === 'enqueue' ? 'QUEUE_UNAVAILABLE' : 'STOPPED';
      assert.ok(codes.includes(last), codes.join());
    });
  }

  it('is told of when the client stops, where it did not answer until then', async () => {
    const { queue: inner } = openMemoryStore({ capacity: 0, whenFull: 'reject' });
    const queue = { ...bound(inner), settle: never };
    const { client, clock, lines } = await scenes.bound({}, { queue, enquireLinkInterval: 0 });
    client.send(HELLO).catch(() => undefined);
    await pass(50);
    const stopped = client.stop();
    for (let n = 0; n < 6; n++) {
      await clock.advance(1000);
      await pass(5);
    }
    await within(2000, stopped, 'stop');
    assert.equal(told(lines).length, 1, told(lines).join('\n'));
    assert.match(told(lines)[0] ?? '', /^the queue's settle\(\) has not answered for [1-6] s/);
  });

  it('is asked again after ten seconds: a throttle handler, a state; others go on', async () => {
    let asked = 0;
    const throttleHandler = {
      throttled: () => undefined,
      notThrottled: () => undefined,
      allowRequest: () => (++asked === 1 ? never() : true),
      throttleDelay: () => 0,
    };
    const store = openMemoryStore({ capacity: 0, whenFull: 'reject' });
    const queue = {
      queue: bound(store.queue),
      correlator: store.correlator,
      state: new Proxy(store.state, {
        get: (target, name) =>
          name === 'increment'
            ? never
            : (Reflect.get(target, name) as Method | undefined)?.bind(target as never),
      }),
      capabilities: store.capabilities,
      close: () => store.close(),
    };
    const { client, clock, lines } = await scenes.bound(
      {},
      { queue, throttleHandler, enquireLinkInterval: 0 },
    );
    const long = client.send({ ...HELLO, short_message: 'y'.repeat(300) });
    const refused = assert.rejects(long, { code: 'STATE_UNAVAILABLE' });
    const short = client.send(HELLO);
    for (let n = 0; n < 4; n++) {
      await pass(20);
      await clock.advance(10_100);
    }
    await within(3000, refused, 'a long message');
    await within(3000, short, 'the message after it');
    assert.deepEqual(told(lines).sort(), [
      "the store's state's increment() failed: no answer within 10 s",
      "the throttle handler's allowRequest() failed: no answer within 10 s",
    ]);
  });
});

describe('What is listening', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());
  for (const [name, listening] of [
    ...WRONG,
    ['a promise without end', () => new Promise(() => undefined)] as const,
  ]) {
    it(`answers ${name}: the SMSC keeps what comes in, and it is told once`, async () => {
      const options = { listening: listening as never, enquireLinkInterval: 0 };
      const { client, peer, clock, lines, told } = await scenes.bound({}, options);
      client.on('message', () => undefined);
      const link = await peer.link(0);
      for (let n = 0; n < 3; n++) {
        const number = link.send({
          command: 'deliver_sm',
          source_addr: '447700900123',
          destination_addr: '1',
          short_message: Buffer.from('in'),
        });
        await pass(20);
        await clock.advance(10_100);
        assert.equal((await link.response(number)).command_status, 0x64);
      }
      assert.equal(told('message').length, 0);
      const said = lines.filter(({ level }) => level === 'error').map(({ msg }) => String(msg));
      assert.equal(said.length, 1, said.join('\n'));
      assert.match(said[0] ?? '', /^the option listening's listening\(\) (gave|failed)/);
    });
  }
});

describe('A queue that lends rubbish among messages', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('has the messages sent, and the rubbish told once', async () => {
    const { queue: inner } = openMemoryStore({ capacity: 0, whenFull: 'reject' });
    const rubbish = [null, 7, {}, { item: {}, state: {} }, { item: { id: 'x', segments: [] } }] as never[];
    const queue = {
      ...bound(inner),
      take: async (max: number, options: { signal: AbortSignal }) => [
        ...rubbish,
        ...(await inner.take(max, options)),
      ],
    };
    const { client, peer, lines } = await scenes.bound({}, { queue, enquireLinkInterval: 0 });
    for (let n = 0; n < 3; n++) await client.send(HELLO);
    assert.equal(peer.submits.length, 3);
    const told = lines.filter(({ event, level }) => event === 'part' && level === 'error');
    assert.deepEqual(
      told.map(({ part, method }) => [part, method]),
      [['queue', 'take']],
    );
  });
});

describe('Whatever wrong a part answers', function () {
  this.timeout(60_000);

  for (const one of PARTS) {
    for (const method of one.methods) {
      it(`${one.part}.${method}: nothing spins, crashes or is lost, and it is told by its name`, async () => {
        const uncaught: unknown[] = [];
        const note = (error: unknown): void => void uncaught.push(error);
        let beats = 0;
        let longest = 0;
        let last = performance.now();
        const heart = setInterval(() => {
          beats++;
          longest = Math.max(longest, performance.now() - last);
          last = performance.now();
        }, 10);
        const others = process.listeners('unhandledRejection');
        process.removeAllListeners('unhandledRejection');
        process.on('unhandledRejection', note);
        try {
          const outcomes = await Promise.allSettled(WRONG.map(([, answer]) => play(one, method, answer)));
          const flaws = outcomes.flatMap((outcome, at) =>
            outcome.status === 'rejected'
              ? [`${WRONG[at]?.[0]}: ${String(outcome.reason).slice(0, 300)}`]
              : [],
          );
          assert.equal(flaws.join('\n'), '');
          assert.deepEqual(uncaught, []);
          await until(() => beats > 20, 'the beats of a timer');
          assert.ok(longest < 3000, `${beats} beats, the longest pause ${longest} ms`);
        } finally {
          clearInterval(heart);
          process.off('unhandledRejection', note);
          for (const other of others) process.on('unhandledRejection', other);
        }
      });
    }
  }
});
