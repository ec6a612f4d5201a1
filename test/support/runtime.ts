import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { needs } from './skip';
import type { RuntimeKind } from './tools';

const root = join(__dirname, '..', '..');

/** Declares the tests once for every Node-RED that is supported; where one is absent they are skipped. */
export function forEachNodeRed(title: string, tests: (kind: () => RuntimeKind) => void): void {
  for (const [name, tool] of [
    ['Node-RED 4', 'node-red-4'],
    ['Node-RED 5', 'node-red-5'],
  ] as const) {
    describe(`${title} (${name})`, function () {
      this.timeout(180_000);
      let kind: RuntimeKind;
      before(function () {
        kind = needs(this, tool);
      });
      tests(() => kind);
    });
  }
}

/** A node of a flow, as an export has it. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

export type DeployType = 'full' | 'flows' | 'nodes' | 'reload';

export interface Status {
  readonly fill?: string;
  readonly shape?: string;
  readonly text?: string;
}

/** A message as it came to a probe, over a channel of JSON: Buffers and dates as JSON has them. */
export interface ProbedMessage {
  readonly _msgid: string;
  readonly payload?: unknown;
  readonly topic?: unknown;
  readonly smpp?: { readonly [field: string]: unknown };
  readonly [property: string]: unknown;
}

export type Told =
  | { readonly kind: 'message'; readonly probe: string; readonly msg: ProbedMessage }
  | { readonly kind: 'status'; readonly node: string; readonly status: Status }
  | {
      readonly kind: 'failed';
      readonly node: string;
      readonly msg: ProbedMessage;
      readonly code?: string;
      readonly message: string;
    }
  | { readonly kind: 'completed'; readonly node: string; readonly _msgid: string }
  | { readonly kind: 'sent'; readonly node: string; readonly smpp: { readonly [field: string]: unknown } }
  | { readonly kind: 'started' | 'stopping' };

export interface RuntimeOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Where flows, settings and installed nodes lie; default: a fresh folder. It is removed at the end. */
  readonly userDir?: string;
  /** Whether the package comes from this checkout; default true. Else it must be installed in the userDir. */
  readonly withCheckout?: boolean;
}

/** A real Node-RED in a process of its own, with the built package and the probe node in it. */
export class Runtime {
  readonly url: string;
  readonly userDir: string;
  /** All that it told, in order. */
  readonly told: Told[] = [];
  /** Who deploys, where Node-RED asks for it: a token of its admin side. */
  bearer?: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #output = '';
  #credentials = new Map<string, string | undefined>();

  /** @throws Error with what Node-RED printed, when it does not come up */
  static async start(kind: RuntimeKind, options: RuntimeOptions = {}): Promise<Runtime> {
    const userDir = options.userDir ?? mkdtempSync(join(tmpdir(), 'node-red-smpp-test-'));
    const probe = join(__dirname, 'probe');
    const settings = {
      flowFile: 'flows.json',
      uiHost: '127.0.0.1',
      uiPort: 0,
      disableEditor: true,
      credentialSecret: 'test',
      nodesDir: options.withCheckout === false ? [probe] : [root, probe],
      telemetry: { enabled: false, updateNotification: false },
      logging: { console: { level: 'info' } },
      ...options.settings,
    };
    writeFileSync(join(userDir, 'settings.js'), `module.exports = ${JSON.stringify(settings)};`);
    const child = spawn(
      kind.node,
      [kind.red, '--userDir', userDir, '--settings', join(userDir, 'settings.js')],
      {
        cwd: userDir,
        env: { ...process.env, ...options.env, NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    const runtime = new Runtime(child, userDir);
    try {
      const [, url] = await runtime.waitForLog(/Server now running at (http:\S+)/, 90_000);
      await runtime.waitFor('the flows to start', ({ kind: what }) => what === 'started');
      return Object.assign(runtime, { url });
    } catch (error) {
      await runtime.kill();
      throw error;
    }
  }

  private constructor(child: ChildProcess, userDir: string) {
    this.#child = child;
    this.userDir = userDir;
    this.url = '';
    child.on('message', (message) => {
      this.told.push(message as Told);
      this.#wake();
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
        this.#wake();
      });
    child.on('exit', () => this.#wake());
  }

  /** What it printed so far. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Puts flows in place of all that are there. Resolves when they run. Credentials may stand on the nodes. */
  async deploy(flows: readonly FlowNode[], type: DeployType = 'full'): Promise<void> {
    const from = this.told.length;
    await this.#admin(
      'POST',
      '/flows',
      { flows: this.#withNewCredentials(flows) },
      { 'Node-RED-Deployment-Type': type },
    );
    await this.waitFor('the deploy to end', ({ kind }) => kind === 'started', { from });
  }

  /** Lets messages come out of a probe of the flow. */
  send(probe: string, ...msgs: Readonly<Record<string, unknown>>[]): void {
    this.#child.send({ send: probe, msgs });
  }

  /** Presses the button of an inject node. */
  async inject(id: string): Promise<void> {
    await this.#admin('POST', `/inject/${id}`, {});
  }

  /** The modules that are loaded, with what went wrong with each of their nodes. */
  async nodeSets(): Promise<{ id: string; types: string[]; err?: unknown }[]> {
    const response = await fetch(`${this.url}nodes`, { headers: { Accept: 'application/json' } });
    return (await response.json()) as { id: string; types: string[]; err?: unknown }[];
  }

  messages(probe: string, from = 0): ProbedMessage[] {
    return this.told
      .slice(from)
      .flatMap((told) => (told.kind === 'message' && told.probe === probe ? [told.msg] : []));
  }

  /** The status that a node shows now. */
  status(node: string): Status | undefined {
    const last = this.told.findLast((told) => told.kind === 'status' && told.node === node);
    return last?.kind === 'status' ? last.status : undefined;
  }

  /** The first thing told, from `from` on, that passes. @throws Error after `timeout` ms, with the recent output */
  async waitFor<T extends Told>(
    what: string,
    passes: (told: Told) => told is T,
    options?: { from?: number; timeout?: number },
  ): Promise<T>;
  async waitFor(
    what: string,
    passes: (told: Told) => boolean,
    options?: { from?: number; timeout?: number },
  ): Promise<Told>;
  async waitFor(
    what: string,
    passes: (told: Told) => boolean,
    { from = 0, timeout = 60_000 }: { from?: number; timeout?: number } = {},
  ): Promise<Told> {
    return await this.#until(what, () => this.told.slice(from).find(passes), timeout);
  }

  /** The first message that a probe gets and that passes. */
  async message(
    probe: string,
    passes: (msg: ProbedMessage) => boolean = () => true,
    { from = 0, timeout = 60_000 }: { from?: number; timeout?: number } = {},
  ): Promise<ProbedMessage> {
    return await this.#until(`a message at ${probe}`, () => this.messages(probe, from).find(passes), timeout);
  }

  async waitForStatus(node: string, text: RegExp, timeout = 60_000): Promise<Status> {
    return await this.#until(
      `the status ${text.source} of ${node}`,
      () => {
        const status = this.status(node);
        return status && text.test(status.text ?? '') ? status : undefined;
      },
      timeout,
    );
  }

  async waitForLog(pattern: RegExp, timeout = 60_000): Promise<RegExpExecArray> {
    return await this.#until(
      `the log line ${pattern.source}`,
      () => pattern.exec(this.#output) ?? undefined,
      timeout,
    );
  }

  /** Waits until `look` finds something. */
  async until<T>(what: string, look: () => T | undefined, timeout = 60_000): Promise<T> {
    return await this.#until(what, look, timeout);
  }

  /** Takes its flows away and forgets what it told. */
  async reset(): Promise<void> {
    if (!this.isRunning) return;
    await this.deploy([]);
    this.told.length = 0;
    this.#output = '';
  }

  /** Ends it as an operator would. @returns the milliseconds that it took */
  async stop(): Promise<number> {
    const started = performance.now();
    if (this.isRunning) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    rmSync(this.userDir, { recursive: true, force: true });
    return performance.now() - started;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it as a power failure would. */
  async kill({ keepUserDir = false } = {}): Promise<void> {
    if (this.isRunning) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exited;
    }
    if (keepUserDir) return;
    rmSync(this.userDir, { recursive: true, force: true });
  }

  /** As the editor does it: credentials are sent when they have changed, for a node that has some counts as changed. */
  #withNewCredentials(flows: readonly FlowNode[]): FlowNode[] {
    const known = this.#credentials;
    this.#credentials = new Map(flows.map(({ id, credentials }) => [id, JSON.stringify(credentials)]));
    return flows.map(({ credentials, ...node }) => {
      const isNew = credentials !== undefined && known.get(node.id) !== JSON.stringify(credentials);
      return isNew ? { ...node, credentials } : node;
    });
  }

  async #admin(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<void> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: {
        'Content-Type': 'application/json',
        'Node-RED-API-Version': 'v2',
        ...(this.bearer === undefined ? {} : { Authorization: `Bearer ${this.bearer}` }),
        ...headers,
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  }

  #until<T>(what: string, look: () => T | undefined, timeout: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        this.#waiting.delete(check);
        clearTimeout(timer);
        finish();
      };
      const failed = (why: string): Error =>
        new Error(`Waited for ${what}: ${why}\n${this.#output.slice(-3000)}`);
      const check = (): void => {
        const found = look();
        if (found !== undefined) settle(() => resolve(found));
        else if (!this.isRunning) settle(() => reject(failed(`Node-RED ended with ${this.exitCode}`)));
      };
      const timer = setTimeout(() => settle(() => reject(failed(`${timeout} ms have passed`))), timeout);
      this.#waiting.add(check);
      check();
    });
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}

/** What runs with the options of nobody in particular, by kind: for all files that one mocha runs. */
const ordinary = new Map<RuntimeKind, Runtime>();

async function ordinaryRuntime(kind: RuntimeKind): Promise<Runtime> {
  const there = ordinary.get(kind);
  if (there?.isRunning) return there;
  const runtime = await Runtime.start(kind);
  ordinary.set(kind, runtime);
  return runtime;
}

// At the level of the file that imports this first, that is, of all files.
after(async function () {
  this.timeout(180_000);
  await Promise.all([...ordinary.values()].map((runtime) => runtime.stop()));
});

/**
 * A Node-RED for all tests of the running group. With options it is started for them and stopped after them; without,
 * they get the one that other files use as well, with no flow in it and nothing told yet.
 */
export function sharedRuntime(kind: () => RuntimeKind, options?: RuntimeOptions): () => Runtime {
  let runtime: Runtime | undefined;
  before(async function (this: Context) {
    this.timeout(180_000);
    runtime = await (options ? Runtime.start(kind(), options) : ordinaryRuntime(kind()));
  });
  after(async function (this: Context) {
    this.timeout(180_000);
    await (options ? runtime?.stop() : runtime?.reset());
  });
  return () => runtime!;
}
