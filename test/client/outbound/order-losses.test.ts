import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  SmppClient,
  openMemoryStore,
  type Message,
  type SmppClientOptions,
  type Store,
  type ThrottleHandler,
} from '../../../src/index';
import { Peer, type PeerLink } from '../../support/peer';
import { chance, laggard } from '../../support/order';
import { rounds } from '../../support/rounds';
import { until } from '../../support/until';

type Numbered = { number: number; priority: number };

const PLAIN: ThrottleHandler = {
  throttled: () => undefined,
  notThrottled: () => undefined,
  allowRequest: () => true,
  throttleDelay: () => 0,
};
const MESSAGES = 150;
const PRIORITIES = [1, 2, 3];

/** What came to an SMSC that loses links and throttles, by a seed. */
class Losing {
  /** All that came, also more than once. */
  readonly came: Numbered[] = [];
  readonly #random: () => number;
  readonly numbers = new Set<number>();

  constructor(random: () => number) {
    this.#random = random;
  }

  submitted(pdu: Record<string, unknown>, link: PeerLink): object | undefined {
    const octets = pdu.short_message as Buffer;
    const header = (Number(pdu.esm_class) & 0x40) > 0 ? (octets[0] as number) + 1 : 0;
    const found = /^#(\d+) p(\d) /.exec(octets.subarray(header).toString('latin1'));
    // Of a long one the first segment counts.
    const number = found ? Number(found[1]) : undefined;
    if (number !== undefined) {
      this.came.push({ number, priority: Number(found?.[2]) });
      this.numbers.add(number);
    }
    const dice = this.#random();
    if (dice < 0.03) return void link.socket.destroy();
    if (dice < 0.06) return { command_status: 0x58 };
    const ok = { message_id: String(this.came.length) };
    if (dice < 0.08) setTimeout(() => link.socket.destroy(), this.#random() * 5);
    if (dice > 0.4) return ok;
    setTimeout(() => link.answer(pdu as never, ok), this.#random() * 4);
    return undefined;
  }

  /** Those that came first after one that was given later, within a priority. */
  get overtaken(): number[] {
    const overtaken: number[] = [];
    for (const priority of PRIORITIES) {
      const last = new Set<number>();
      let highest = -1;
      for (const { number } of this.came.filter((one) => one.priority === priority)) {
        if (!last.has(number) && number < highest) overtaken.push(number);
        last.add(number);
        highest = Math.max(highest, number);
      }
    }
    return overtaken;
  }
}

/** The queue that a client gets, each time it is made. */
interface Kind {
  readonly name: string;
  prepare(random: () => number): Promise<{ queue: SmppClientOptions; end(): Promise<void> }>;
}

const KINDS: readonly Kind[] = [
  {
    name: 'on disk',
    prepare: async () => {
      const queueDirectory = await mkdtemp(join(tmpdir(), 'smpp-order-'));
      return { queue: { queueDirectory }, end: () => rm(queueDirectory, { recursive: true }) };
    },
  },
  {
    name: 'in memory',
    prepare: async () => {
      const queue = openMemoryStore({ capacity: 0, whenFull: 'reject' });
      return { queue: { queue }, end: () => queue.close() };
    },
  },
  {
    name: 'of the user, that takes its time',
    prepare: async (random) => {
      const inner = openMemoryStore({ capacity: 0, whenFull: 'reject' });
      const queue: Store = laggard(inner, random);
      return { queue: { queue }, end: () => inner.close() };
    },
  },
];

describe('What is given first goes first, within a priority, through lost links', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function campaign(kind: Kind, windowSize: number, seed: number): Promise<void> {
    const random = chance(seed);
    const smsc = new Losing(random);
    const peer = await Peer.start({ submit_sm: (pdu, link) => smsc.submitted(pdu, link) as never });
    ends.push(() => peer.stop());
    const { queue, end } = await kind.prepare(random);
    ends.push(end);
    let client = begin();
    ends.push(() => client.stop());

    function begin(): SmppClient {
      const begun = new SmppClient({
        port: peer.port,
        systemId: 'a',
        windowSize,
        reconnectMin: 0.001,
        reconnectMax: 0.002,
        throttleWait: 0.003,
        // One that does not go on slowly for long after it.
        throttleHandler: PLAIN,
        drainTimeout: 1,
        queueCapacity: 0,
        log: () => undefined,
        ...queue,
      });
      // While it opens its queue, before, or after.
      const start = (): void => void begun.start().catch(() => undefined);
      if (random() < 0.5) start();
      else setTimeout(start, random() * 5);
      return begun;
    }

    let given = 0;
    const next = (): Message => {
      const priority = PRIORITIES[Math.floor(random() * 3)] as number;
      const long = random() < 0.2 ? 'x'.repeat(300) : '';
      const text = `#${given++} p${priority} ${long}`;
      return { short_message: text, destination_addr: `4915${Math.floor(random() * 4)}`, priority };
    };
    // By a stop, and whoever gave it is told.
    let refused = 0;
    const queued: Promise<unknown>[] = [];
    const count = (messages: number) => (error: unknown) => {
      if ((error as { code?: string }).code !== 'STOPPED') refused += messages;
    };
    const give = (): void => {
      const dice = random();
      const batch = dice < 0.8 ? [next()] : [next(), next(), next()];
      if (dice < 0.6) client.send(batch[0] as Message).catch(count(1));
      else queued.push(client.enqueue(batch).catch(count(batch.length)));
    };
    while (given < MESSAGES) {
      for (let burst = 1 + Math.floor(random() * 15); burst > 0; burst--) give();
      if (random() < 0.7) await new Promise((resolve) => setTimeout(resolve, random() * 8));
      const dice = random();
      if (dice < 0.1) client.pause();
      else if (dice < 0.3) client.resume();
      else if (dice < 0.4) void client.disconnect().then(() => client.connect().catch(() => undefined));
      else if (dice < 0.5) {
        await Promise.all(queued.splice(0));
        await client.stop();
        client = begin();
      }
    }
    client.resume();
    await Promise.all(queued);
    await until(() => smsc.numbers.size >= given - refused, `seed ${seed}: all of ${given - refused}`);
    assert.deepEqual(smsc.overtaken, [], `seed ${seed}`);
  }

  for (const kind of KINDS)
    for (const windowSize of [1, 5])
      it(`from a queue ${kind.name}, with a window of ${windowSize}`, async function () {
        this.timeout(60_000);
        const first = Number(process.env['ORDER_SEED'] ?? 1);
        const seeds = rounds(2);
        for (let seed = first; seed < first + seeds; seed++) await campaign(kind, windowSize, seed);
      });
});
