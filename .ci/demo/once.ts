import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoFlow, flowCredentials, flowIds } from './flow';
import { embed, versionOf, type LogLine, type NodeRedModules } from './node-red';
import { DemoError, anyFreePort } from './ports';
import { Story, type SmppFacts } from './story';

export interface OnceOptions {
  readonly modules: NodeRedModules;
  /** The checkout: where package.json lies. */
  readonly root: string;
  readonly say: (line: string) => void;
  /** Gives up, when aborted. */
  readonly signal: AbortSignal;
  /** How long delivery may take, in milliseconds; default 30 000. */
  readonly timeout?: number;
  /** Where the SMSC listens; default: a simulator of its own on a free port. */
  readonly smscPort?: number;
}

export interface Delivered {
  readonly state: string;
  readonly message_id: string;
  /** The message's own id, given by the queue. */
  readonly id: string;
  readonly segments: number;
}

/**
 * Sends one message through a Node-RED of its own, without editor and without a trace, and waits for its receipt.
 * @throws DemoError with the reason when it is not delivered in time
 */
export async function sendOnce(options: OnceOptions): Promise<Delivered> {
  const { modules, root, say, signal, timeout = 30_000, smscPort } = options;
  const userDir = mkdtempSync(join(tmpdir(), 'node-red-smpp-'));
  const story = new Story(say);
  const outcome = new Outcome(signal, timeout, () => story.lastState);
  const log = (line: LogLine): void => {
    story.log(line);
    outcome.noteError(line);
  };
  try {
    const flow = demoFlow(root, smscPort ?? (await anyFreePort()), false);
    const nodes = smscPort === undefined ? flow : flow.filter(({ id }) => id !== flowIds.simulator);
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(nodes));
    writeFileSync(join(userDir, 'flows_cred.json'), JSON.stringify(flowCredentials));
    const { nodeRed } = modules;
    embed(modules, root, userDir, false, log);
    story.follow(nodeRed, (facts, payload) => outcome.note(facts, payload));
    say(`Starting Node-RED ${versionOf(nodeRed)} ...`);
    await nodeRed.start();
    try {
      await Promise.race([story.bound, outcome.settled]);
      nodeRed.nodes.getNode(flowIds.hello)?.receive();
      return await outcome.settled;
    } finally {
      await nodeRed.stop();
    }
  } finally {
    outcome.close();
    rmSync(userDir, { recursive: true, force: true });
  }
}

/** Puts together what smpp-out and smpp-in say about the one message. */
class Outcome {
  readonly settled: Promise<Delivered>;
  readonly #timer: NodeJS.Timeout;
  #accepted: SmppFacts | undefined;
  #receipt: Omit<Delivered, 'segments'> | undefined;
  #lastError = '';
  #deliver!: (delivered: Delivered) => void;
  #fail!: (why: string) => void;

  /** `state`: of the connection. */
  constructor(signal: AbortSignal, timeout: number, state: () => string | undefined) {
    this.settled = new Promise((resolve, reject) => {
      this.#deliver = resolve;
      this.#fail = (why) => reject(new DemoError(why));
    });
    // Told to the one who awaits it, also when that is only later.
    this.settled.catch(() => undefined);
    signal.addEventListener('abort', () => this.#fail('Stopped before the message was delivered.'));
    this.#timer = setTimeout(() => {
      const stage = this.#accepted
        ? 'It was accepted, but no receipt came.'
        : `It was not accepted; the connection is ${state() ?? 'not made'}.`;
      this.#fail(`Not delivered within ${timeout / 1000} s. ${stage}${this.#lastError}`);
    }, timeout);
  }

  note(facts: SmppFacts, payload: unknown): void {
    if (facts.event === 'accepted') this.#accepted = facts;
    if (facts.event === 'receipt') {
      const { state, message_id } = payload as { state: string; message_id: string };
      this.#receipt = { state, message_id, id: String(facts.id) };
    }
    if (!this.#accepted || !this.#receipt) return;
    const delivered = { ...this.#receipt, segments: this.#accepted.segments ?? 1 };
    if (delivered.state === 'DELIVRD') this.#deliver(delivered);
    else this.#fail(`Not delivered: the receipt says ${delivered.state}.`);
  }

  noteError({ level, msg, type }: LogLine): void {
    if (level > (type === 'smpp-config' ? 30 : 20)) return;
    this.#lastError = ` Last error: ${msg instanceof Error ? msg.message : String(msg)}`;
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
