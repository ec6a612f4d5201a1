import type { Clock } from '../../clock';
import { BindError, type CloseReason, type Evidence } from '../../session';
import type { Settings } from '../config/options';

/** Where a session can be bound. */
export interface Endpoint {
  /** Name or address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
}

/** How one link binds: a pair is a transmitter and a receiver. */
export type LinkType = Exclude<Settings['bindType'], 'pair'>;

/** Every host that may be connected to. */
export function allHosts(settings: Settings): string[] {
  return typesOf(settings).flatMap((type) => endpointsOf(settings, type).map(({ host }) => host));
}

/** The hosts of a link in the order in which they are tried: the main one, then those to fail over to. */
export function endpointsOf(settings: Settings, type: LinkType): Endpoint[] {
  const { host, port, receiverHost, receiverPort, failover, bindType } = settings;
  const apart = bindType === 'pair' && type === 'receiver';
  const main = apart ? { host: receiverHost || host, port: receiverPort ?? port } : { host, port };
  const others = failover.map((one) => ({
    host: (apart && one.receiverHost) || one.host,
    port: (apart ? one.receiverPort : undefined) ?? one.port ?? port,
  }));
  return [main, ...others];
}

/**
 * One link of each is made for every session. None is where the SMSC connects to us, and nothing but receiving is
 * wanted.
 */
export function typesOf({ bindType, outbindPort }: Settings): LinkType[] {
  if (bindType === 'receiver' && outbindPort > 0) return [];
  return bindType === 'pair' ? ['transmitter', 'receiver'] : [bindType];
}

/** A bind that held so long was a good one: the next failure at this host starts the backoff anew. */
const STABLE_AFTER = 10_000;
/** A session of the same account that the SMSC has not noticed to be gone yet. */
const STILL_BOUND = new Set(['ESME_RALYBND', 'ESME_RSYSERR']);

/** How many sessions are bound at each host, of all links that are alike. */
export class BoundCounts {
  readonly #bound = new Map<number, number>();

  enter(at: number): void {
    this.#bound.set(at, (this.#bound.get(at) ?? 0) + 1);
  }

  leave(at: number): void {
    const left = (this.#bound.get(at) ?? 0) - 1;
    if (left > 0) this.#bound.set(at, left);
    else this.#bound.delete(at);
  }

  /** The first host that has a session: it is healthy, so nobody need go past it. */
  get first(): number {
    return Math.min(...this.#bound.keys());
  }
}

interface HostBackoff {
  /** In a row. */
  failures: number;
  /** Monotonic milliseconds: not to be tried before. */
  notBefore: number;
}

export interface HostSelectorParts {
  readonly hosts: number;
  readonly boundCounts: BoundCounts;
  readonly settings: Pick<Settings, 'reconnectMin' | 'reconnectMax'>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Which host a link tries next, and when: each host has a backoff of its own. */
export class HostSelector {
  readonly #parts: HostSelectorParts;
  readonly #hostBackoffs: HostBackoff[];

  constructor(parts: HostSelectorParts) {
    this.#parts = parts;
    this.#hostBackoffs = Array.from({ length: parts.hosts }, () => ({ failures: 0, notBefore: 0 }));
  }

  /** Milliseconds that a bind must hold to count as a good one. */
  get stableAfter(): number {
    return Math.min(STABLE_AFTER, this.#parts.settings.reconnectMax);
  }

  /** The first host whose time has come; else the one whose time comes first. `wait` in milliseconds. */
  next(): { at: number; wait: number } {
    return this.#first(Math.min(this.#parts.boundCounts.first, this.#hostBackoffs.length - 1));
  }

  /** The same among the hosts before this one. */
  before(at: number): { at: number; wait: number } {
    return this.#first(at - 1);
  }

  /** No bind, or one that did not hold. */
  failed(at: number, error?: Error): void {
    const hostBackoff = this.#hostBackoffs[at] as HostBackoff;
    hostBackoff.notBefore = this.#parts.clock.monotonic() + this.#delay(hostBackoff.failures++, error);
  }

  /**
   * A session that was bound has ended after `held` milliseconds. One that the SMSC says it does not know is a
   * refusal, however late it says so, where it has never shown that it does.
   */
  left(at: number, held: number, { code }: Pick<CloseReason, 'code'>, evidence: Evidence): void {
    const unknown = code === 'session-unknown';
    // What it has taken since the bind shows that binding anew helps.
    if (unknown && evidence === 'served') (this.#hostBackoffs[at] as HostBackoff).failures = 0;
    if (held >= this.stableAfter && !(unknown && evidence === 'none')) this.held(at);
    else this.failed(at);
  }

  /** The bind held until now. */
  held(at: number): void {
    this.prefer(at);
    (this.#hostBackoffs[at] as HostBackoff).failures = 0;
  }

  /** All may be tried at once. */
  reset(): void {
    for (const hostBackoff of this.#hostBackoffs) Object.assign(hostBackoff, { failures: 0, notBefore: 0 });
  }

  /** It may be tried at once. */
  prefer(at: number): void {
    (this.#hostBackoffs[at] as HostBackoff).notBefore = 0;
  }

  #first(last: number): { at: number; wait: number } {
    const now = this.#parts.clock.monotonic();
    let best = { at: 0, wait: Infinity };
    for (const [at, { notBefore }] of this.#hostBackoffs.slice(0, last + 1).entries()) {
      const wait = Math.max(0, notBefore - now);
      if (wait < best.wait) best = { at, wait };
    }
    return best;
  }

  #delay(failures: number, error: Error | undefined): number {
    const { settings, random } = this.#parts;
    const { reconnectMin, reconnectMax } = settings;
    if (error instanceof BindError && error.credentials) return reconnectMax * (0.5 + random() / 2);
    const fast = error instanceof BindError && STILL_BOUND.has(error.command_status);
    return backoff(fast ? Math.min(failures, 2) : failures, reconnectMin, reconnectMax, random);
  }
}

/**
 * How long to wait before the n-th try in a row (n from 0), in milliseconds: a random
 * time up to min(max, min × 2ⁿ), never under a tenth of `min`. Full jitter keeps a thousand
 * clients from coming back at the same moment.
 *
 *   n      0   1   2   3    4    5    6 …
 *   up to  1 s 2 s 4 s 8 s 16 s 32 s 60 s      (min 1 s, max 60 s)
 */
export function backoff(attempt: number, min: number, max: number, random: () => number): number {
  const ceiling = Math.min(max, min * 2 ** Math.min(attempt, 30));
  return Math.max(min / 10, random() * ceiling);
}
