import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { CommandError, fileFault, usageError } from '../errors';
import { exitCode } from '../exit-codes';
import { toJson } from '../output';

const HEAD = 'smpp-send 1';

/** What is known of a row. */
export type RowState = 'new' | 'sent' | 'accepted' | 'failed';
const STATES: readonly RowState[] = ['new', 'sent', 'accepted', 'failed'];
const WORDS: Readonly<Record<string, RowState>> = {
  sent: 'sent',
  accepted: 'accepted',
  failed: 'failed',
  // It came back unsent.
  returned: 'new',
};

/**
 * Which rows were accepted, in a file of lines such as `accepted 17 1a2b3c`. A row is `sent` before it is handed over;
 * one whose end is not there was on its way when the process ended. Each row has a mark of its content, so that a file
 * that was changed in between is noticed.
 */
export class Journal {
  readonly #path: string;
  readonly #handle: number;
  #states = new Uint8Array(1024);
  #marks = new Uint32Array(1024);
  #pending: string[] = [];
  #timer: NodeJS.Immediate | undefined;
  #fault: CommandError | undefined;
  /** Rows that were on their way when the process before this ended. */
  unsure = 0;
  accepted = 0;

  private constructor(path: string, handle: number) {
    this.#path = path;
    this.#handle = handle;
  }

  /** Reads what is there; a new file where there is none. Throws a CommandError. */
  static async open(path: string): Promise<Journal> {
    lock(path);
    let handle: number | undefined;
    try {
      handle = openSync(path, 'a+', 0o600);
      const journal = new Journal(path, handle);
      await journal.#read();
      return journal;
    } catch (error) {
      if (handle !== undefined) closeSync(handle);
      rmSync(lockOf(path), { force: true });
      if (error instanceof CommandError) throw error;
      throw usageError(`the journal ${path} cannot be used: ${fileFault(error)}`);
    }
  }

  /** Throws a CommandError where the row was accepted with another content. */
  stateOf(row: number, content: unknown): RowState {
    const state = STATES[this.#states[row] ?? 0] ?? 'new';
    if (state === 'accepted' && this.#marks[row] !== markOf(content)) {
      const text = `row ${row} is not the one that was accepted: the file has changed since the journal ${this.#path} was begun`;
      throw usageError(text, [
        'rows may be added at the end; for another file give --resume another journal',
      ]);
    }
    return state;
  }

  /** Before the row is handed over: it is in the file when this returns. */
  sent(row: number, content: unknown): void {
    const mark = markOf(content);
    this.#keep(row, 'sent', mark);
    this.#pending.push(`sent ${row} ${mark.toString(16).padStart(8, '0')}`);
    this.flush();
  }

  ended(row: number, word: 'accepted' | 'failed' | 'returned', about = ''): void {
    this.#keep(row, WORDS[word] ?? 'new', undefined);
    this.#pending.push(`${word} ${row} ${about.replaceAll(/\s/g, '_')}`.trimEnd());
    this.#timer ??= setImmediate(() => {
      try {
        this.flush();
      } catch (error) {
        // The next row hears of it.
        this.#fault = error as CommandError;
      }
    });
  }

  /** Throws a CommandError where the file cannot be written: nothing may be sent that is not written down. */
  flush(): void {
    if (this.#timer) clearImmediate(this.#timer);
    this.#timer = undefined;
    if (this.#fault) throw this.#fault;
    if (this.#pending.length === 0) return;
    const lines = this.#pending.join('\n');
    this.#pending = [];
    try {
      writeSync(this.#handle, `${lines}\n`);
    } catch (error) {
      const text = `the journal ${this.#path} cannot be written: ${fileFault(error)}`;
      throw new CommandError(exitCode('failed'), text);
    }
  }

  close(): void {
    try {
      this.flush();
      fsyncSync(this.#handle);
    } finally {
      closeSync(this.#handle);
      rmSync(lockOf(this.#path), { force: true });
    }
  }

  async #read(): Promise<void> {
    if (hasHead(this.#path)) {
      dropTornLine(this.#path);
      const input = createReadStream(this.#path, { encoding: 'utf8' });
      for await (const line of createInterface({ input, crlfDelay: Infinity })) this.#take(line);
    } else {
      ftruncateSync(this.#handle, 0);
      writeSync(this.#handle, `${HEAD}\n`);
    }
    for (const state of this.#states) {
      if (state === STATES.indexOf('sent')) this.unsure++;
      if (state === STATES.indexOf('accepted')) this.accepted++;
    }
  }

  #take(line: string): void {
    const [word = '', row = '', mark = ''] = line.split(' ');
    const state = WORDS[word];
    const number = Number(row);
    if (state === undefined || !Number.isSafeInteger(number) || number < 1) return;
    this.#keep(number, state, word === 'sent' ? Number.parseInt(mark, 16) : undefined);
  }

  #keep(row: number, state: RowState, mark: number | undefined): void {
    if (row >= this.#states.length) {
      const size = Math.max(row + 1, this.#states.length * 2);
      const [states, marks] = [new Uint8Array(size), new Uint32Array(size)];
      states.set(this.#states);
      marks.set(this.#marks);
      [this.#states, this.#marks] = [states, marks];
    }
    this.#states[row] = STATES.indexOf(state);
    if (mark !== undefined) this.#marks[row] = mark;
  }
}

/** 32 bits of what a row says. */
const markOf = (content: unknown): number =>
  createHash('sha256').update(toJson(content)).digest().readUInt32BE(0);

/** False: nothing is there, or half of a head. Throws a CommandError where something else is. */
function hasHead(path: string): boolean {
  const handle = openSync(path, 'r');
  try {
    const begin = Buffer.alloc(HEAD.length + 1);
    const length = readSync(handle, begin, 0, begin.length, 0);
    const head = `${HEAD}\n`;
    const read = begin.toString('latin1', 0, length);
    if (read === head) return true;
    if (head.startsWith(read)) return false;
    throw usageError(`${path} is no journal of smpp send; it is left as it is`);
  } finally {
    closeSync(handle);
  }
}

/** A process that was killed may have left half a line, which begins no further than this before the end. */
const LONGEST_LINE = 64 * 1024;

function dropTornLine(path: string): void {
  const handle = openSync(path, 'r+');
  try {
    const { size } = fstatSync(handle);
    const tail = Buffer.alloc(Math.min(size, LONGEST_LINE));
    readSync(handle, tail, 0, tail.length, size - tail.length);
    ftruncateSync(handle, size - tail.length + tail.lastIndexOf(0x0a) + 1);
  } finally {
    closeSync(handle);
  }
}

const lockOf = (path: string): string => `${path}.lock`;

/** Two processes with one journal would send everything twice. */
function lock(path: string): void {
  for (;;) {
    try {
      writeFileSync(lockOf(path), String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw usageError(`the journal ${path} cannot be used: ${fileFault(error)}`);
    }
    const owner = Number(readFileSync(lockOf(path), 'utf8'));
    if (owner !== process.pid && isAlive(owner))
      throw usageError(
        `the journal ${path} is in use by process ${owner}; where it is none of smpp, remove ${lockOf(path)}`,
      );
    rmSync(lockOf(path), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
