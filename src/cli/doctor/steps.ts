import type { Output } from '../output';

/** `warning`: it works, but something should be known. */
export type Outcome = 'ok' | 'warning' | 'failed' | 'skipped';

/** What one step has found. */
export interface Finding {
  readonly outcome: Outcome;
  /** What is so, in words. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface StepResult extends Finding {
  readonly step: string;
  /** Seconds. */
  readonly duration: number;
}

const SIGNS: Readonly<Record<Outcome, string>> = { ok: '✓', warning: '!', failed: '✗', skipped: '–' };
const COLORS = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;

/** Milliseconds that a step has above all limits of its own. */
export const GRACE = 10_000;

/** A step that took longer than all of its own limits together: none may hang. */
export class StepTimeout extends Error {
  constructor(seconds: number) {
    super(`this took longer than ${seconds} s`);
  }
}

/** Runs steps one after the other, prints each, and remembers them. */
export class Steps {
  readonly results: StepResult[] = [];
  readonly #output: Output;
  readonly #signal: AbortSignal;

  constructor(output: Output, signal: AbortSignal) {
    this.#output = output;
    this.#signal = signal;
  }

  /** What `work` finds; where it throws the step has failed. `limit`: milliseconds. Rejects when interrupted. */
  async run(step: string, limit: number, work: () => Promise<Finding>): Promise<StepResult> {
    const start = performance.now();
    let finding: Finding;
    try {
      finding = await within(limit, this.#signal, work);
    } catch (error) {
      this.#signal.throwIfAborted();
      finding = { outcome: 'failed', text: error instanceof Error ? error.message : String(error) };
    }
    return this.#tell({ step, ...finding, duration: (performance.now() - start) / 1000 });
  }

  skip(step: string, text: string, remedy?: string): Promise<StepResult> {
    return this.#tell({
      step,
      outcome: 'skipped',
      text,
      ...(remedy !== undefined && { remedy }),
      duration: 0,
    });
  }

  get failed(): readonly StepResult[] {
    return this.results.filter(({ outcome }) => outcome === 'failed');
  }

  async #tell(result: StepResult): Promise<StepResult> {
    this.results.push(result);
    const { step, outcome, text, remedy, duration, facts } = result;
    if (this.#output.json) {
      const rounded = Math.round(duration * 1e6) / 1e6;
      await this.#output.printJson({
        step,
        outcome,
        duration: rounded,
        text,
        ...(remedy !== undefined && { remedy }),
        ...facts,
      });
      return result;
    }
    const time =
      outcome === 'skipped'
        ? ''
        : duration < 1
          ? `${Math.round(duration * 1000)} ms`
          : `${duration.toFixed(1)} s`;
    const sign = this.#output.paint(COLORS[outcome], SIGNS[outcome]);
    const lines = [`${sign} ${step.padEnd(14)} ${time.padStart(7)}  ${printable(text)}`];
    if (remedy !== undefined) lines.push(`${' '.repeat(26)}→ ${printable(remedy)}`);
    await this.#output.print(lines.join('\n'));
    return result;
  }
}

/** Control characters of what the peer wrote must not reach the terminal. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '\ufffd');
}

/** Resolves as `work` does; rejects with the signal's reason, or with a StepTimeout after `limit` milliseconds. */
export async function within<T>(limit: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const ended = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StepTimeout(limit / 1000)), limit);
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), ended]);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

/** Resolves after `ms`; rejects with the signal's reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return within(ms + 60_000, signal, () => new Promise((resolve) => setTimeout(resolve, ms)));
}
