import { AdaptiveThrottleHandler, TokenBucket } from '../../src/flow-control';
import { FakeClock } from '../support/clock';

export interface CentreOptions {
  /** Messages per second that it takes; what it is at a given second. */
  readonly limit: (second: number) => number;
  /** Messages that it takes at once after a pause. */
  readonly burst: number;
  /** Milliseconds. */
  readonly roundTrip: number;
  readonly windowSize: number;
}

export interface Answers {
  readonly second: number;
  accepted: number;
  throttled: number;
}

/** What a centre that polices by a token bucket answers, per second, to a road that always has messages. */
export async function runAgainst(options: CentreOptions, seconds: number): Promise<Answers[]> {
  const clock = new FakeClock();
  const handler = new AdaptiveThrottleHandler({ clock });
  const bucket = new TokenBucket({ rate: 0, clock });
  const answers = Array.from({ length: seconds + 1 }, (_, second) => ({ second, accepted: 0, throttled: 0 }));
  const now = (): Answers => answers[Math.min(seconds, Math.floor(clock.monotonic() / 1000))] as Answers;
  const stop = new AbortController();
  let outstanding = 0;
  let wake = (): void => undefined;
  const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms));

  const accepts = policing(options, clock);
  function send(): void {
    outstanding++;
    clock.setTimeout(() => {
      const accepted = accepts();
      clock.setTimeout(() => {
        outstanding--;
        if (accepted) handler.notThrottled();
        else handler.throttled();
        now()[accepted ? 'accepted' : 'throttled']++;
        wake();
      }, options.roundTrip / 2);
    }, options.roundTrip / 2);
  }

  async function dispatcher(): Promise<void> {
    for (;;) {
      const free = options.windowSize - outstanding;
      bucket.setRate(handler.rate() ?? 0);
      if (free === 0) await changed();
      else if (!handler.allowRequest()) await sleep(handler.throttleDelay() * 1000);
      else for (let left = await bucket.acquire(free, { signal: stop.signal }); left > 0; left--) send();
    }
  }
  const running = dispatcher().catch(() => undefined);
  await clock.advance(seconds * 1000);
  stop.abort();
  wake();
  void running;
  return answers.slice(0, seconds);
}

function policing({ limit, burst }: CentreOptions, clock: FakeClock): () => boolean {
  let tokens = burst;
  let at = 0;
  return () => {
    const now = clock.monotonic();
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * limit(now / 1000));
    at = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
