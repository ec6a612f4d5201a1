import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import { SmppError, plainCopy, type CompleteWhen, type Message, type Outcome } from '../src/index';
import { runAction, type Answer } from './actions';
import { compose, type OutSettings } from './compose';
import type { Connection } from './connection';
import { forLog } from './logged-error';
import { failureOf, smppOf, type Failure } from './outcomes';
import type { Registry } from './registry';
import { saidInFlow } from './wording';
import type { TypedInputReader } from './typed-inputs';

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

  async handle(msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> {
    // msg.smpp makes room for the outcome.
    const job: Job = { msg, send, done, given: [{ ...msg }] };
    try {
      const connection = this.#usable();
      if (!isAsked(msg)) await this.#send(connection, job);
      else await this.#act(connection, job);
    } catch (error) {
      await this.#fail(job, error, {});
    }
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
      return this.#failed(job, asError(error), {});
    }
    if (answer.smpp) msg.smpp = answer.smpp;
    if ('payload' in answer) await this.#complete({ ...msg, payload: answer.payload }, job);
    else job.done();
  }

  async #send(connection: Connection, job: Job): Promise<void> {
    const { msg } = job;
    const inputs = await this.#parts.inputs.read(msg);
    job.given.push(inputs);
    const composed = compose(msg, this.#parts.settings, inputs, connection);
    if (composed.kind === 'batch') return this.#sendBatch(connection, composed.messages, job);
    const { message } = composed;
    let outcome: Outcome;
    try {
      outcome = await connection.send(message, this.#options(msg));
    } catch (error) {
      return this.#fail(job, error, labelOf(message));
    }
    // A receipt in it went to smpp-in nodes as well.
    msg.smpp = plainCopy(smppOf(outcome));
    await this.#complete(msg, job);
  }

  async #sendBatch(connection: Connection, messages: readonly Message[], job: Job): Promise<void> {
    const { msg } = job;
    const settled = messages.length === 0 ? [] : await connection.sendBatch(messages, this.#options(msg));
    const stopped = settled.find((one) => one.status === 'rejected' && isStopped(one.reason));
    if (stopped?.status === 'rejected') throw stopped.reason;
    const results = settled.map((one, index) => resultOf(one, messages[index]));
    const failures = results.filter((result): result is Failure => result.event === 'failure');
    const [first] = failures;
    if (!first) {
      msg.smpp = plainCopy({ event: this.#parts.settings.completeWhen, results });
      return this.#complete(msg, job);
    }
    const reason = asError(settled.find((one) => one.status === 'rejected')?.reason);
    const text = `${failures.length} of ${results.length} messages failed; the first: ${reason.message}`;
    msg.smpp = plainCopy({ ...first, results });
    await this.#report(new SmppError(first.code, text, { cause: reason }), job);
  }

  #options(msg: NodeMessageInFlow): { completeWhen: CompleteWhen; deliveredTimeout: number; msgid: string } {
    const { completeWhen, deliveredTimeout } = this.#parts.settings;
    return { completeWhen, deliveredTimeout, msgid: msg._msgid };
  }

  async #complete(msg: NodeMessage, { send, done }: Job): Promise<void> {
    const heir = await this.#heir();
    if (heir) heir.send(msg);
    else send(msg);
    done();
  }

  /** What a closed node sends or reports may vanish: its next instance does it in its place. */
  async #heir(): Promise<Node | undefined> {
    const { RED, node, registry } = this.#parts;
    await registry.deploying;
    const current = RED.nodes.getNode(node.id) as Node | null;
    return current && current !== node ? current : undefined;
  }

  async #fail(job: Job, given: unknown, about: object): Promise<void> {
    let error = asError(given);
    if (isStopped(error)) {
      // A redeploy: the message is in the queue of the next instance, which tells of it by smpp-in.
      const { connection } = this.#parts;
      if (connection instanceof SmppError || !connection.removed) return;
      error = new SmppError('REMOVED', 'the connection was deleted while the message waited', {
        cause: error,
      });
    }
    await this.#failed(job, error, about);
  }

  async #failed(job: Job, error: Error, about: object): Promise<void> {
    job.msg.smpp = plainCopy({ ...about, ...failureOf(error) });
    await this.#report(error, job);
  }

  async #report(error: Error, { msg, done, given }: Job): Promise<void> {
    const { connection } = this.#parts;
    const showsTexts = !(connection instanceof SmppError) && connection.logsTexts;
    const told = showsTexts ? error : forLog(error, given);
    const heir = await this.#heir();
    if (heir) heir.error(told, msg);
    else done(told);
  }
}

/** One message that the node was given. */
interface Job {
  readonly msg: NodeMessageInFlow;
  readonly send: Send;
  readonly done: Done;
  /** All that an error may quote from. */
  readonly given: unknown[];
}

function resultOf(
  settled: PromiseSettledResult<Outcome>,
  message: Message | undefined,
): Failure | ReturnType<typeof smppOf<Outcome>> {
  if (settled.status === 'fulfilled') return smppOf(settled.value);
  return { ...labelOf(message), ...failureOf(settled.reason) };
}

function labelOf(message: Message | undefined): { correlation_id?: string } {
  const label = message?.correlation_id ?? message?.['log_id'];
  return typeof label === 'string' ? { correlation_id: label } : {};
}

/** Core nodes leave it empty, or null, where they have no use for it. */
const isAsked = ({ action }: NodeMessage): boolean =>
  action !== undefined && action !== null && action !== '';

const asError = (given: unknown): Error =>
  saidInFlow(given instanceof Error ? given : new Error(String(given)));

const isStopped = (error: unknown): boolean => error instanceof SmppError && error.code === 'STOPPED';
