import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** What `npm start` runs, in a process of its own. */
export class StartedDemo {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  hasEnded = false;
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], command: readonly string[] = [process.execPath, '.ci/start.mjs']) {
    const [program = '', ...first] = command;
    this.child = spawn(program, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk;
      this.#wake();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk;
      this.#wake();
    });
    // Not its exit: what it said last may come after that.
    this.child.on('close', () => {
      this.hasEnded = true;
      this.#wake();
    });
  }

  get url(): string {
    const url = /open (http:\S+)/.exec(this.stdout)?.[1];
    if (url === undefined) throw new Error('it does not listen yet');
    return url;
  }

  /** Waits until it has said something. */
  says(pattern: RegExp, timeout = 60_000): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        finish();
      };
      const check = (): void => {
        const found = pattern.exec(this.stdout);
        if (found) settle(() => resolve(found));
        else if (this.hasEnded) settle(() => reject(this.#error(`ended without saying ${pattern.source}`)));
      };
      const timer = setTimeout(
        () => settle(() => reject(this.#error(`never said ${pattern.source}`))),
        timeout,
      );
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves with the exit code when it has ended. */
  async ended(): Promise<number | null> {
    if (!this.hasEnded) await once(this.child, 'close');
    return this.child.exitCode;
  }

  /** Ends it as Ctrl-C or a service manager does. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return await this.ended();
  }

  #error(what: string): Error {
    return new Error(`npm start ${what}\n${this.stdout}\n${this.stderr}`);
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
