import { SmppClient } from '../../src';
import { Smsc } from '../../src/simulator';
import { FakeClock, settle } from '../support/clock';
import { FakeDisk } from './disk';
import { seeded } from './seeded';
import { FakeNetwork } from './wire';

const LIVES = 3;
const STEPS = 60;
/** Milliseconds. */
const LONGEST_STEP = 400;
/** In which all that was queued has to be sent, once nothing fails any more. */
const CALM = 120_000;
const HOUR = 3_600_000;

/** What became of one run. */
export interface Run {
  /** All that was written and told, with the time. */
  readonly trace: readonly string[];
  /** Texts that the queue said it has. */
  readonly queued: ReadonlySet<string>;
  /** Texts that the SMSC took. */
  readonly taken: ReadonlySet<string>;
  /** Messages that are still on the disk at the end. */
  readonly left: number;
}

/** A client, its SMSC, its disk and the wire between them, with crashes and faults that a seed decides. */
export async function simulate(seed: number): Promise<Run> {
  const world = new World(seed);
  for (let life = 0; life < LIVES; life++) await world.live(life);
  return await world.end();
}

class World {
  readonly #clock = new FakeClock();
  readonly #random: () => number;
  readonly #trace: string[] = [];
  readonly #queued = new Set<string>();
  readonly #taken = new Set<string>();
  readonly #smsc: Smsc;
  readonly #network: FakeNetwork;
  readonly #disk: FakeDisk;
  #life = 0;
  #sent = 0;

  constructor(seed: number) {
    const [clock, random] = [this.#clock, seeded(seed)];
    this.#random = random;
    this.#disk = new FakeDisk(clock, random);
    this.#smsc = new Smsc({
      clock,
      random,
      rules: [
        { type: 'slow', seconds: 0.2, every: 7 },
        { type: 'status', status: 'ESME_RTHROTTLED', every: 11 },
        { type: 'silent', every: 29 },
      ],
    });
    this.#smsc.on('submit', ({ text }) => void this.#taken.add(String(text)));
    const written = (end: string, octets: Buffer): void => this.#note(`${end} ${octets.toString('hex')}`);
    this.#network = new FakeNetwork({ clock, random, written }, (transport) => this.#smsc.serve(transport));
  }

  #note(line: string): void {
    this.#trace.push(`${this.#clock.monotonic().toFixed(3)} ${line}`);
  }

  async #client(): Promise<SmppClient> {
    const life = this.#life;
    const client = new SmppClient({
      host: '127.0.0.1',
      systemId: 'simulation',
      windowSize: 5,
      responseTimeout: 2,
      reconnectMin: 0.1,
      reconnectMax: 1,
      maxRedeliveries: 1000,
      logLevel: 'silent',
      clock: this.#clock,
      random: this.#random,
      network: { connect: this.#network.connect },
      queue: await this.#disk.open(),
    });
    for (const name of ['response', 'receipt', 'failure', 'session', 'queue', 'throttle'] as const)
      client.on(name, (event) => {
        if (life !== this.#life) return;
        const { correlation_id = '', state = '' } = event as { correlation_id?: string; state?: string };
        this.#note(`${name} ${correlation_id} ${state}`);
      });
    return client;
  }

  /** Ends with a crash. */
  async live(life: number): Promise<void> {
    const client = await this.#client();
    const starting = client.start();
    starting.catch(() => undefined);
    for (let step = 0; step < STEPS; step++) {
      this.#step(client);
      await this.#clock.advance(this.#random() * LONGEST_STEP);
    }
    this.#note(`crash ${life}`);
    this.#life++;
    this.#disk.crash();
    this.#network.cut();
    this.#calm();
    client.stop().catch(() => undefined);
    await this.#clock.advance(HOUR / 60);
  }

  #step(client: SmppClient): void {
    const what = this.#random();
    if (what < 0.7) this.#send(client);
    else if (what < 0.75) this.#network.cut();
    else if (what < 0.8) this.#network.refuses = !this.#network.refuses;
    else if (what < 0.85) this.#disk.failing = this.#disk.failing > 0 ? 0 : 0.3;
    // The wall clock and time itself move apart.
    else if (what < 0.9) this.#clock.step((this.#random() - 0.5) * HOUR);
  }

  #send(client: SmppClient): void {
    const life = this.#life;
    const short_message = `message ${this.#sent++}`;
    const message = { short_message, destination_addr: '447700900123', registered_delivery: 1 };
    client.enqueue({ ...message, correlation_id: short_message }).then(
      () => {
        if (life === this.#life) this.#queued.add(short_message);
        this.#note(`queued ${short_message}`);
      },
      (error: unknown) => this.#note(`not queued ${short_message} ${(error as { code?: string }).code}`),
    );
  }

  #calm(): void {
    this.#network.refuses = false;
    this.#disk.failing = 0;
  }

  /** A last life, in which nothing fails. */
  async end(): Promise<Run> {
    this.#calm();
    const client = await this.#client();
    client.start().catch(() => undefined);
    await this.#clock.advance(CALM);
    const left = this.#disk.size;
    const stopping = Promise.all([client.stop(), this.#smsc.stop()]);
    await settle();
    await this.#clock.advance(HOUR / 60);
    await stopping;
    return { trace: this.#trace, queued: this.#queued, taken: this.#taken, left };
  }
}
