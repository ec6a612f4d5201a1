import { systemClock, type Clock, type TimerHandle } from '../src/clock';
import type { ConnectionState } from '../src/index';

/** What a node shows below itself. */
export interface Status {
  readonly fill: 'red' | 'green' | 'yellow' | 'grey';
  readonly shape: 'ring' | 'dot';
  readonly text: string;
}

/** Looks a text up in the catalogue of smpp-config; in braces the values that it takes. */
export type Translate = (key: string, values?: Record<string, string>) => string;

const LOOKS: Readonly<Record<ConnectionState, Pick<Status, 'fill' | 'shape'>>> = {
  connecting: { fill: 'yellow', shape: 'ring' },
  listening: { fill: 'green', shape: 'ring' },
  bound: { fill: 'green', shape: 'dot' },
  'tx only': { fill: 'yellow', shape: 'dot' },
  'rx only': { fill: 'yellow', shape: 'dot' },
  throttled: { fill: 'yellow', shape: 'dot' },
  paused: { fill: 'grey', shape: 'dot' },
  disconnected: { fill: 'red', shape: 'ring' },
};

/** The code of a certificate that was not accepted, and the like. */
export const TLS_FAILED = 'TLS_FAILED';
/** Refusals that the catalogue has words for. */
const REFUSALS = new Set(['ESME_RINVPASWD', 'ESME_RINVSYSID', 'ESME_RALYBND', TLS_FAILED]);
/** Then there is more to say than that the queue is away. */
const UNBOUND: ReadonlySet<ConnectionState> = new Set(['connecting', 'disconnected']);
/** More is cut off in the editor. */
const LONGEST = 20;

export interface Facts {
  readonly state: ConnectionState;
  readonly queued: number;
  /** Sessions that are bound, of how many. */
  readonly bound?: number | undefined;
  readonly sessions?: number | undefined;
  /** The command_status with which the last bind was refused, or {@link TLS_FAILED}. */
  readonly refused?: string | undefined;
  /** The store does not answer; sessions stay. */
  readonly isAway?: boolean | undefined;
  /** It does not even try to connect. */
  readonly trouble?: Trouble | undefined;
}

/** What cannot be had: the queue, or a plugin. */
export type Trouble = 'queue' | 'plugin';

export function troubleOf(error: unknown): Trouble | undefined {
  const { code } = error as { code?: string };
  if (code === undefined || code === 'STOPPED') return undefined;
  return code.startsWith('PLUGIN_') ? 'plugin' : 'queue';
}

export function statusOf(facts: Facts, translate: Translate): Status {
  const { state, queued, refused, trouble, isAway } = facts;
  if (trouble) return { ...LOOKS.disconnected, text: translate(`status.${trouble}`) };
  if (isAway && !UNBOUND.has(state)) return { ...LOOKS.throttled, text: translate('status.queue') };
  const isLasting = refused !== undefined && (state === 'connecting' || state === 'disconnected');
  const look = isLasting ? LOOKS.disconnected : LOOKS[state];
  const text = isLasting ? refusal(refused, translate) : words(facts, translate);
  const depth = queued > 0 ? ` · ${short(queued)}` : '';
  return { ...look, text: text.length + depth.length > LONGEST ? text : text + depth };
}

function words({ state, bound = 0, sessions = 0 }: Facts, translate: Translate): string {
  if (state !== 'bound' || bound >= sessions) return translate(`status.${state}`);
  return translate('status.some', { number: `${bound}/${sessions}` });
}

export const errorStatus = (translate: Translate): Status => ({
  ...LOOKS.disconnected,
  text: translate('status.error'),
});

function refusal(status: string, translate: Translate): string {
  if (REFUSALS.has(status)) return translate(`status.${status}`);
  return translate('status.refused', { status: status.replace(/^ESME_/, '') });
}

/** `999`, `1.2k`, `34k`, `1.2M`: rounded down, and at most four characters below a thousand million. */
export function short(count: number): string {
  if (count < 1000) return String(count);
  const [scaled, unit] = count < 1_000_000 ? [count / 1000, 'k'] : [count / 1_000_000, 'M'];
  return `${scaled < 10 ? Math.floor(scaled * 10) / 10 : Math.floor(scaled)}${unit}`;
}

/** Milliseconds. */
const PERIOD = 500;

export interface BoardParts {
  read(): Promise<Facts>;
  translate: Translate;
  show(status: Status): void;
  readonly clock?: Clock;
}

/** Shows a connection's state on its nodes: at most twice a second, and on its own while the queue is not empty. */
export class StatusBoard {
  readonly #parts: BoardParts;
  readonly #clock: Clock;
  /** What is shown. */
  current: Status | undefined;
  #last = -Infinity;
  #timer: TimerHandle;
  #reading = false;
  #again = false;
  #closed = false;

  constructor(parts: BoardParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
  }

  /** Something may have changed. */
  touch(): void {
    if (this.#closed || this.#timer !== undefined) return;
    const wait = this.#last + PERIOD - this.#clock.monotonic();
    if (this.#reading) this.#again = true;
    else if (wait <= 0) void this.#refresh();
    else this.#arm(wait);
  }

  close(): void {
    this.#closed = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #arm(wait: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#refresh();
    }, wait);
  }

  async #refresh(): Promise<void> {
    this.#reading = true;
    this.#last = this.#clock.monotonic();
    const facts = await this.#parts.read().catch(() => undefined);
    this.#reading = false;
    if (this.#closed) return;
    if (facts) this.#show(statusOf(facts, this.#parts.translate));
    if (this.#again || (facts && facts.queued > 0)) this.#arm(PERIOD);
    this.#again = false;
  }

  #show(status: Status): void {
    const { current } = this;
    if (current?.text === status.text && current.fill === status.fill && current.shape === status.shape)
      return;
    this.current = status;
    this.#parts.show(status);
  }
}
