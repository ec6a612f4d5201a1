import {
  HEADER_LENGTH,
  commandId,
  encodePdu,
  responseOf,
  statusCode,
  statusName,
  type CommandName,
  type PduInput,
} from '../protocol';
import type { SessionCore } from './core';
import type { Answer, Later } from './options';
import type { Outbound } from './outbound';
import { isBindCommand, stateAfterBind } from './states';

/** ESME_RSYSERR. */
const SYSTEM_ERROR = 0x08;
/** ESME_RX_T_APPN: who gets it keeps the request and repeats it. */
const LATER = 0x64;
/** ESME_RTHROTTLED: the same, of an SMSC. */
const THROTTLED = 0x58;
/** Requests that are worked on at most; more are refused with a status that has them repeated. */
const MOST_OWED = 10_000;

/** What answering a request needs of it. */
export interface Request {
  readonly command: string;
  readonly sequence_number: number;
  readonly interface_version?: number;
}

interface EmptyAnswer {
  readonly id: number;
  readonly body: Buffer;
}

/** Requests of the peer that are being worked on, and the responses to them. */
export class Answering {
  readonly #core: SessionCore;
  readonly #outbound: Outbound;
  readonly #owed = new Set<Request>();
  readonly #accepting = new Map<CommandName, EmptyAnswer>();
  readonly #refusing = new Map<CommandName, EmptyAnswer>();
  #onAnswered: () => void = () => undefined;

  constructor(core: SessionCore, outbound: Outbound) {
    this.#core = core;
    this.#outbound = outbound;
  }

  /** Requests whose responses are still to come. */
  get owed(): number {
    return this.#owed.size;
  }

  /** Who hears that fewer are owed. */
  onAnswered(callback: () => void): void {
    this.#onAnswered = callback;
  }

  serve(asked: Request, ask: () => Later<Answer | undefined> | Answer | undefined): void {
    if (this.#owed.size >= MOST_OWED && responseOf(asked.command)) {
      const status = this.#core.options.role === 'esme' ? LATER : THROTTLED;
      return this.refuse(asked.command, status, asked.sequence_number);
    }
    const since = this.#core.activity.heardAt;
    try {
      const answer = ask();
      // Known at once, answered at once: an unbind in the same chunk must not overtake it.
      if (!isLater(answer)) {
        this.#answer(asked, answer);
        return this.#measure(asked, since);
      }
      const request = headOf(asked);
      this.#owed.add(request);
      answer.then(
        (late) => this.#end(request, since, () => this.#answer(request, late)),
        (error) => this.#end(request, since, () => this.#failed(request, error)),
      );
    } catch (error) {
      this.#failed(asked, error);
    }
  }

  #end(request: Request, since: number, answer: () => void): void {
    try {
      this.#settle(request, since, answer);
    } catch (error) {
      this.#settle(request, since, () => this.#failed(request, error));
    }
    this.#onAnswered();
  }

  /** Asks the peer to repeat what is owed; answers that come later are dropped. */
  giveUp(): void {
    for (const request of this.#owed) if (responseOf(request.command)) this.postpone(request);
    this.#owed.clear();
  }

  /** Asks the peer to repeat one request. */
  postpone({ command, sequence_number }: Request): void {
    this.refuse(command, LATER, sequence_number);
  }

  refuse(command: string, status: number, sequenceNumber: number): void {
    this.respond(responseOf(command) ?? 'generic_nack', status, sequenceNumber);
  }

  /** Responses go out at once, or with those to the other requests of a chunk: before requests that are yet to be written. */
  respond(command: CommandName, status: number, sequenceNumber: number, answer?: Answer): void {
    if (this.#core.closing) return;
    const isPlain = !answer?.fields && !answer?.tlvs && status >>> 0 === status;
    const { id, body } = isPlain
      ? this.#statusOnly(command, status)
      : { id: commandId(command), body: this.#bodyOf(command, status, answer) };
    this.#outbound.answer(id, status, sequenceNumber, body);
  }

  #bodyOf(command: CommandName, command_status: number, answer?: Answer): Buffer {
    const tlvs = answer?.tlvs && this.#core.tlvsAllowed ? { tlvs: answer.tlvs } : {};
    const pdu = { command, command_status, sequence_number: 0, ...answer?.fields, ...tlvs } as PduInput;
    return encodePdu(pdu, this.#core.options).subarray(HEADER_LENGTH);
  }

  /** An answer that says no more than its status, as nearly all do; encoded once. */
  #statusOnly(command: CommandName, status: number): EmptyAnswer {
    const answers = status === 0 ? this.#accepting : this.#refusing;
    let answer = answers.get(command);
    if (!answer) {
      answer = { id: commandId(command), body: this.#bodyOf(command, status) };
      answers.set(command, answer);
    }
    return answer;
  }

  /** What is answered from now on is written by {@link flush} in one piece. */
  collect(): void {
    this.#outbound.collect();
  }

  flush(): void {
    this.#outbound.flush();
  }

  /** Unless it was given up. An answer that cannot be encoded leaves it owed to {@link #failed}. */
  #settle(request: Request, since: number, answer: () => void): void {
    if (!this.#owed.has(request)) return;
    answer();
    this.#owed.delete(request);
    this.#measure(request, since);
  }

  #measure({ command }: Request, since: number): void {
    const { meter, clock } = this.#core.options;
    if (!meter || (command !== 'deliver_sm' && command !== 'data_sm')) return;
    meter.answered(commandId(command), clock.monotonic() - since);
  }

  #failed(request: Request, error: unknown): void {
    const { command } = request;
    this.#core.options.log.error(
      { event: 'receive', stage: 'failed', command, sequence_number: request.sequence_number, err: error },
      `handling ${command} failed`,
    );
    this.#answer(request, { command_status: 'ESME_RSYSERR' });
  }

  #answer(request: Request, answer: Answer | undefined): void {
    const response = responseOf(request.command);
    if (!response && answer) return; // alert_notification and outbind have no response.
    const { command_status: given } = answer ?? { command_status: 'ESME_RINVCMDID' };
    const status = (typeof given === 'number' ? given : statusCode(given)) ?? SYSTEM_ERROR;
    if (!isBindCommand(request.command)) {
      return this.respond(response ?? 'generic_nack', status, request.sequence_number, answer);
    }
    this.#core.peerSpeaks(request.interface_version ?? 0);
    this.respond(response ?? 'generic_nack', status, request.sequence_number, answer);
    if (status === 0) this.#core.become(stateAfterBind(request.command));
    else this.#core.close('bind-refused', statusName(status));
  }
}

/** A whole PDU that waits for its answer would keep all that came with it. */
function headOf({ command, sequence_number, interface_version }: Request): Request {
  return interface_version === undefined
    ? { command, sequence_number }
    : { command, sequence_number, interface_version };
}

function isLater(
  answer: Later<Answer | undefined> | Answer | undefined,
): answer is Later<Answer | undefined> {
  return answer !== undefined && 'then' in answer;
}
