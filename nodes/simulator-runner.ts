import type { NodeMessage } from 'node-red';
import { SmppError, createLog } from '../src/index';
import type { Rule, Smsc, SmscOptions } from '../src/simulator';
import { Reader } from './choices';
import { logTo, type NodeLog } from './log-bridge';
import type { Definition } from './migrations';
import { submitMessage } from './mobile';
import { takeInput } from './simulator-input';
import type { Status, Translate } from './status';

export type SimulatorCredentials = { [name in 'systemId' | 'password']?: string };

export interface RunnerParts {
  readonly definition: Definition;
  readonly credentials: SimulatorCredentials | undefined;
  readonly log: NodeLog;
  readonly translate: Translate;
  send(msg: NodeMessage): void;
  status(status: Status): void;
}

const DEFAULT_PORT = 2775;
/** Another program, or the instance before this one, may let go of the port. */
const RETRY = 5000;

/** Runs an SMSC for an smpp-simulator node; where it cannot listen, tries again until it can. */
export class SimulatorRunner {
  readonly #parts: RunnerParts;
  readonly #smsc: Smsc | undefined;
  readonly #unusable: SmppError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    try {
      this.#smsc = this.#open();
    } catch (error) {
      this.#unusable = error instanceof SmppError ? error : new SmppError('UNEXPECTED', String(error));
      parts.log.error(`this simulator cannot run: ${this.#unusable.message}`);
      this.#show('red', 'ring', 'error');
      return;
    }
    void this.#start(this.#smsc);
  }

  /** Does what a message of the flow says; resolves when that is done, a message taken by a client. */
  async take(msg: NodeMessage): Promise<void> {
    if (!this.#smsc) throw this.#unusable ?? new SmppError('STOPPED', 'the simulator does not run');
    await takeInput(this.#smsc, msg);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#smsc?.stop();
  }

  #open(): Smsc {
    const reader = new Reader('smpp-simulator', this.#parts.definition);
    const options: SmscOptions = {
      host: reader.text('host', '127.0.0.1'),
      port: reader.number('port', DEFAULT_PORT, { min: 0, max: 65_535 }),
      systemId: this.#parts.credentials?.systemId ?? '',
      password: this.#parts.credentials?.password ?? '',
      receiptDelay: reader.number('receiptDelay', 0.5, { min: 0, max: 2_000_000 }),
      receiptState: reader.text('receiptState', 'DELIVRD') as NonNullable<SmscOptions['receiptState']>,
      rules: rulesOf(reader),
      distributionLists: listsOf(reader),
      log: createLog({ sink: logTo(this.#parts.log) }),
    };
    if (reader.problems.length > 0) throw new SmppError('INVALID_CONFIG', reader.problems.join('; '));
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- forty modules, of no use without a simulator
    const simulator = require('../src/simulator') as typeof import('../src/simulator');
    const smsc = new simulator.Smsc(options);
    smsc.on('submit', (submit) => this.#parts.send(submitMessage(submit)));
    for (const name of ['bind', 'unbind', 'close'] as const) smsc.on(name, () => this.#showListening(smsc));
    return smsc;
  }

  async #start(smsc: Smsc, again = false): Promise<void> {
    try {
      await smsc.start();
      if (!this.#stopped) this.#showListening(smsc);
    } catch (error) {
      if (this.#stopped) return;
      const inUse = error instanceof SmppError && error.code === 'PORT_IN_USE';
      const text = error instanceof Error ? error.message : String(error);
      if (!again) this.#parts.log.error(`${text}; trying again every ${RETRY / 1000} s`);
      this.#show('red', 'ring', inUse ? 'port-in-use' : 'not-listening', { port: String(smsc.port) });
      this.#timer = setTimeout(() => void this.#start(smsc, true), RETRY);
    }
  }

  #showListening(smsc: Smsc): void {
    if (this.#stopped) return;
    const count = smsc.sessions.length;
    const [shape, key] = count === 0 ? (['ring', 'listening'] as const) : (['dot', 'bound'] as const);
    this.#show('green', shape, key, { port: String(smsc.port), count: String(count) });
  }

  #show(fill: Status['fill'], shape: Status['shape'], key: string, values?: Record<string, string>): void {
    this.#parts.status({ fill, shape, text: this.#parts.translate(`status.${key}`, values) });
  }
}

/** An object, or its JSON text. */
function listsOf(reader: Reader): NonNullable<SmscOptions['distributionLists']> {
  const given = reader.definition.distributionLists;
  if (typeof given !== 'string') return (given ?? {}) as NonNullable<SmscOptions['distributionLists']>;
  if (given.trim() === '') return {};
  try {
    return JSON.parse(given) as NonNullable<SmscOptions['distributionLists']>;
  } catch {
    reader.add('distributionLists: give JSON such as {"staff": ["447700900123", "447700900124"]}');
    return {};
  }
}

/** A list, or its JSON text. */
function rulesOf(reader: Reader): readonly Rule[] {
  const given = reader.definition.rules;
  if (typeof given !== 'string') return (given ?? []) as readonly Rule[];
  if (given.trim() === '') return [];
  try {
    return JSON.parse(given) as readonly Rule[];
  } catch {
    reader.add('rules: give JSON such as [{"type": "status", "status": "ESME_RSYSERR", "every": 3}]');
    return [];
  }
}
