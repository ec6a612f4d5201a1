import { spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { Random } from '../../fuzz/random';
import { judge } from './judge';
import { planOf, type Life, type Plan } from './plan';
import { HostileSmsc, now } from './smsc';

const ROOT = join(__dirname, '..', '..', '..');
/** A client that has not ended by then never will. */
const LIFE_LIMIT = 60_000;
const CALM_ROUND = 100;

/** What a life told: when, what, and the rest of the line. */
export interface Told {
  readonly life: number;
  readonly at: number;
  readonly kind: string;
  readonly words: readonly unknown[];
}

export interface History {
  readonly plan: Plan;
  readonly told: readonly Told[];
  readonly smsc: Pick<HostileSmsc, 'arrivals' | 'pending' | 'offences'>;
  /** Milliseconds for which one of both sides stood still at most, or a write to the disk took. */
  readonly stall: number;
}

export interface SeedReport {
  readonly seed: number;
  /** What must not be, each as a line for people. */
  readonly faults: readonly string[];
  readonly history: History;
  readonly messages: number;
  readonly kills: number;
  readonly restarts: number;
}

/** The child, compiled once, for the start of a loader would take most of its life. */
export async function compileLife(): Promise<{ path: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'smpp-torture-life-'));
  const source = await readFile(join(__dirname, 'life.ts'), 'utf8');
  const { outputText } = transpileModule(source, {
    compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 },
  });
  const path = join(directory, 'life.cjs');
  await writeFile(path, outputText);
  return { path, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Milliseconds between two looks at the disk. */
const LOOK = 50;

/** Measures how long this process, and the disk, stand still at most. */
class Stalls {
  readonly #delays = monitorEventLoopDelay({ resolution: 5 });
  readonly #looking: Promise<void>;
  #slowest = 0;
  #ended = false;

  constructor(directory: string) {
    this.#delays.enable();
    this.#looking = this.#look(join(directory, 'stalls'));
  }

  /** Milliseconds. */
  async end(): Promise<number> {
    this.#ended = true;
    await this.#looking;
    this.#delays.disable();
    return Math.max(this.#slowest, this.#delays.max / 1e6);
  }

  async #look(path: string): Promise<void> {
    const file = await open(path, 'w');
    while (!this.#ended) {
      const start = performance.now();
      await file.write('x');
      await file.sync();
      this.#slowest = Math.max(this.#slowest, performance.now() - start);
      await sleep(LOOK);
    }
    await file.close();
  }
}

/** Everything that one seed decides, and the judgement. */
export async function runSeed(seed: number, child: string): Promise<SeedReport> {
  const plan = planOf(seed);
  const directory = await mkdtemp(join(tmpdir(), 'smpp-torture-'));
  const smsc = new HostileSmsc(plan.habits, new Random(seed));
  const stalls = new Stalls(directory);
  const port = await smsc.start();
  const told: Told[] = [];
  const faults: string[] = [];
  try {
    for (const [index, life] of plan.lives.entries()) {
      faults.push(...(await live({ plan, life, index, port, directory, child, smsc, told })));
    }
    const own = told.filter(({ kind }) => kind === 'stood still').map(({ words }) => Number(words[0]));
    const history = { plan, told, smsc, stall: Math.max(await stalls.end(), ...own) };
    return {
      seed,
      faults: [...faults, ...judge(history)],
      history,
      messages: plan.lives.flatMap(({ deeds }) =>
        deeds.flatMap((deed) => ('messages' in deed ? deed.messages : [])),
      ).length,
      kills: plan.lives.filter(({ end }) => end === 'kill').length,
      restarts: told.filter(({ kind }) => kind === 'started').length - 1,
    };
  } finally {
    await stalls.end();
    await smsc.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

interface Living {
  readonly plan: Plan;
  readonly life: Life;
  readonly index: number;
  readonly port: number;
  readonly directory: string;
  readonly child: string;
  readonly smsc: HostileSmsc;
  readonly told: Told[];
}

async function live({ plan, life, index, port, directory, child, smsc, told }: Living): Promise<string[]> {
  const task = { library: join(ROOT, 'dist', 'src', 'index.js'), port, directory, plan, life };
  const running = spawn(process.execPath, [child, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  running.stderr.on('data', (chunk) => (said += String(chunk)));
  const closed = new Promise<NodeJS.Signals | number | null>((resolve) =>
    running.on('close', (code, signal) => resolve(signal ?? code)),
  );
  const timers: NodeJS.Timeout[] = [];
  const later = (ms: number, work: () => void): void => void timers.push(setTimeout(work, ms));
  let ended = false;
  let tooLong = '';
  const kill = (why: string) => (): void => {
    tooLong = why;
    running.kill('SIGKILL');
  };
  later(LIFE_LIMIT, kill(`life ${index} did not end within ${LIFE_LIMIT / 1000} s`));
  for await (const line of createInterface({ input: running.stdout })) {
    const [at, kind, ...words] = JSON.parse(line) as [number, string, ...unknown[]];
    told.push({ life: index, at, kind, words });
    if (kind === 'began') {
      begin(life, plan, smsc, later, () => {
        running.kill('SIGKILL');
        told.push({ life: index, at: now(), kind: 'killed', words: [] });
      });
    }
    // The noise goes on until the last messages have been given, and is over when the last life drains.
    if (kind === 'draining') later(CALM_ROUND, () => smsc.calm());
    if (kind === 'ended') {
      ended = true;
      later(3000, kill(`life ${index} had ended, and something was left running in it`));
    }
  }
  const how = await closed;
  for (const timer of timers) clearTimeout(timer);
  const faults: string[] = [];
  if (tooLong !== '') faults.push(tooLong);
  else if (life.end !== 'kill' && (how !== 0 || !ended)) faults.push(`life ${index} ended by ${how}`);
  if (said !== '') faults.push(`life ${index} said: ${said.slice(0, 2000)}`);
  return faults;
}

function begin(
  life: Life,
  plan: Plan,
  smsc: HostileSmsc,
  later: (ms: number, work: () => void) => void,
  kill: () => void,
): void {
  if (life.end === 'kill') later(life.after, kill);
  const span = Math.max(200, ...life.deeds.map(({ at }) => at));
  for (let nth = 1; nth <= plan.habits.incoming; nth++) {
    later((nth * span) / (plan.habits.incoming + 1), () => smsc.incoming());
  }
}
