import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
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
  /** Milliseconds for which the side of the SMSC, which also kills, stood still at most. */
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

/** Everything that one seed decides, and the judgement. */
export async function runSeed(seed: number, child: string): Promise<SeedReport> {
  const plan = planOf(seed);
  const directory = await mkdtemp(join(tmpdir(), 'smpp-torture-'));
  const smsc = new HostileSmsc(plan.habits, new Random(seed));
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const port = await smsc.start();
  const told: Told[] = [];
  const faults: string[] = [];
  try {
    for (const [index, life] of plan.lives.entries()) {
      faults.push(...(await live({ plan, life, index, port, directory, child, smsc, told })));
    }
    const history = { plan, told, smsc, stall: delays.max / 1e6 };
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
    delays.disable();
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
