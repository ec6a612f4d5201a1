import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import {
  SmppError,
  plainCopy,
  traceContext,
  type CompleteWhen,
  type Message,
  type Outcome,
  type SendOptions,
  type TraceContext,
} from '../src/index';
import { runAction, type Answer } from './actions';
import { compose, type OutSettings, type TypedInputs } from './compose';
import type { Connection } from './connection';
import { forLog } from './logged-error';
import { failureOf, smppOf, withTrace, type Failure } from './outcomes';
import type { Registry } from './registry';
import type { TypedInputReader } from './typed-inputs';
import { blank } from './values';
import { saidInFlow } from './wording';

export interface SenderSettings extends OutSettings {
  readonly completeWhen: CompleteWhen;
  /** Seconds. */
  readonly deliveredTimeout: number;
}

export type Send = (msg: NodeMessage) => void;
export type Done = (error?: Error) => void;

export interface SenderParts {
  readonly RED: NodeAPI;
  readonly node: Node;
  /** Or why there is none. */
  readonly connection: Connection | SmppError;
  readonly settings: SenderSettings;
  readonly inputs: TypedInputReader;
  readonly registry: Registry;
}

/** What an smpp-out node does with what it gets. Every road ends in `done`, none in a rejection. */
export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  handle(msg: NodeMessageInFlow, send: Send, done: Done): void {
    const job: Job = { msg, smpp: msg.smpp, send, done, inputs: undefined };
    try {
      const connection = this.#usable();
      if (!blank(msg.action)) return this.#settle(this.#act(connection, job), job);
      const inputs = this.#parts.inputs.read(msg);
      if (!(inputs instanceof Promise)) return this.#send(connection, job, inputs);
      this.#settle(
        inputs.then((read) => this.#send(connection, job, read)),
        job,
      );
    } catch (error) {
      void this.#fail(job, error);
    }
  }

  #settle(work: Promise<void>, job: Job): void {
    work.catch((error: unknown) => this.#fail(job, error));
  }

  #usable(): Connection {
    const { connection } = this.#parts;
    if (connection instanceof SmppError) throw connection;
    if (connection.unusable) throw connection.unusable;
    return connection;
  }

  async #act(connection: Connection, job: Job): Promise<void> {
    const { msg } = job;
    let answer: Answer;
    try {
      answer = await runAction(connection, msg);
    } catch (error) {
      // Nothing of an order lies in the queue: it fails also where it was cut short by another one, or by a deploy.
      return this.#failed(job, asError(error));
    }
    if (answer.smpp) msg.smpp = answer.smpp;
    if ('payload' in answer) this.#complete({ ...msg, payload: answer.payload }, job);
    else job.done();
  }

  // By callbacks: of thousands on their way the frames of async functions are most of what is kept for each.
  #send(connection: Connection, job: Job, inputs: TypedInputs): void {
    const { msg } = job;
    job.inputs = inputs;
    const { completeWhen, deliveredTimeout } = this.#parts.settings;
    const options = { completeWhen, deliveredTimeout, msgid: msg._msgid };
    const composed = compose(msg, this.#parts.settings, inputs, connection.settings);
    if (Array.isArray(composed))
      return this.#settle(this.#sendBatch(connection, composed, options, job), job);
    connection.send(composed, options).then(
      (outcome) => {
        connection.touch();
        // A receipt in it went to smpp-in nodes as well.
        msg.smpp = smppOf(outcome, true, plainCopy);
        this.#complete(withTrace(msg, outcome), job);
      },
      (error: unknown) => {
        connection.touch();
        void this.#fail(job, error, labelOf(composed));
      },
    );
  }

  async #sendBatch(
    connection: Connection,
    messages: readonly Message[],
    options: SendOptions,
    job: Job,
  ): Promise<void> {
    const { msg } = job;
    const settled = messages.length === 0 ? [] : await connection.sendBatch(messages, options);
    connection.touch();
    const reasons = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    if (reasons.some(isStopped)) throw reasons.find(isStopped);
    const results = settled.map((one, index) => resultOf(one, messages[index]));
    const first = results.find((result): result is Failure => result.event === 'failure');
    if (!first) {
      msg.smpp = plainCopy({ event: this.#parts.settings.completeWhen, results });
      return this.#complete(msg, job);
    }
    const cause = asError(reasons[0]);
    const text = `${reasons.length} of ${results.length} messages failed; the first: ${cause.message}`;
    msg.smpp = plainCopy({ ...first, results });
    await this.#report(new SmppError(first.code, text, { cause }), job);
  }

  #complete(msg: NodeMessage, job: Job): void {
    const { deploying } = this.#parts.registry;
    if (deploying) void deploying.then(() => this.#sendOn(msg, job));
    else this.#sendOn(msg, job);
  }

  #sendOn(msg: NodeMessage, job: Job): void {
    try {
      const heir = this.#heir;
      if (heir) heir.send(msg);
      else job.send(msg);
      job.done();
    } catch (error) {
      void this.#fail(job, error);
    }
  }

  /** What a closed node sends or reports may vanish: its next instance does it in its place, after the deploy. */
  get #heir(): Node | undefined {
    const { RED, node } = this.#parts;
    const current = RED.nodes.getNode(node.id) as Node | null;
    return current && current !== node ? current : undefined;
  }

  async #fail(job: Job, given: unknown, about = {}): Promise<void> {
    if (!isStopped(given)) return this.#failed(job, asError(given), about);
    // A redeploy: the message is in the queue of the next instance, which tells of it by smpp-in.
    const { connection } = this.#parts;
    if (connection instanceof SmppError || !connection.removed) return;
    const text = 'the connection was deleted while the message waited';
    await this.#failed(job, new SmppError('REMOVED', text, { cause: given }), about);
  }

  async #failed(job: Job, error: Error, about = {}): Promise<void> {
    const failure: Failure = { ...about, ...failureOf(error) };
    job.msg.smpp = plainCopy(failure);
    withTrace(job.msg, failure);
    await this.#report(error, job);
  }

  async #report(error: Error, { msg, smpp, inputs, done }: Job): Promise<void> {
    const { connection, registry } = this.#parts;
    const showsTexts = !(connection instanceof SmppError) && connection.settings?.logMessageText;
    const told = showsTexts ? error : forLog(error, [{ ...msg, smpp }, inputs]);
    await registry.deploying;
    const heir = this.#heir;
    if (heir) heir.error(told, msg);
    else done(told);
  }
}

/** One message that the node was given. */
interface Job {
  readonly msg: NodeMessageInFlow;
  readonly send: Send;
  readonly done: Done;
  /** What msg.smpp was: it makes room for the outcome, and errors may quote from it, as from the inputs. */
  readonly smpp: unknown;
  inputs: TypedInputs | undefined;
}

function resultOf(
  settled: PromiseSettledResult<Outcome>,
  message: Message | undefined,
): Failure | ReturnType<typeof smppOf<Outcome>> {
  if (settled.status === 'fulfilled') return smppOf(settled.value);
  return { ...labelOf(message), ...failureOf(settled.reason) };
}

function labelOf(message: Message | undefined): { correlation_id?: string } & Partial<TraceContext> {
  const label = message?.correlation_id ?? message?.['log_id'];
  const trace = traceContext(message?.traceparent, message?.tracestate);
  return typeof label === 'string' ? { correlation_id: label, ...trace } : { ...trace };
}

const asError = (given: unknown): Error =>
  saidInFlow(given instanceof Error ? given : new Error(String(given)));

const isStopped = (error: unknown): boolean => error instanceof SmppError && error.code === 'STOPPED';
