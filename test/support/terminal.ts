import { execFileSync } from 'node:child_process';
import { until } from './until';

let count = 0;

/** A terminal with a shell in it, of its own server, so that none of the machine's is touched. */
export class Terminal {
  readonly #socket = `smpp-test-${process.pid}-${++count}`;

  constructor(cwd: string, width = 100) {
    const shell = ['env', 'PS1=$ ', 'TERM=screen', 'sh'];
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(width), '-y', '30', '-c', cwd, ...shell);
  }

  /** Types a line, and presses enter. */
  type(line: string): void {
    this.#tmux('send-keys', '-l', line);
    this.press('Enter');
  }

  /** By tmux's names: `C-c`, `Enter`. */
  press(key: string): void {
    this.#tmux('send-keys', key);
  }

  /** What is to be seen, long lines whole. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-').replace(/ +$/gm, '');
  }

  async shows(pattern: RegExp): Promise<string> {
    await until(() => pattern.test(this.screen()), String(pattern)).catch((error: unknown) => {
      throw new Error(`${String(error)}; the terminal shows:\n${this.screen()}`);
    });
    return this.screen();
  }

  close(): void {
    try {
      this.#tmux('kill-server');
    } catch {
      // It has ended.
    }
  }

  #tmux(...words: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}
