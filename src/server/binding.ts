import { TLSSocket, type PeerCertificate } from 'node:tls';
import { isThenable, type LogLine } from '../observability';
import { SmppError, type BindCommand, type PduOf, type Tlvs } from '../protocol';
import { onAbort, unlessAborted, withLimit } from '../waiting';
import type { Origin, ServerContext } from './context';
import type { BindAnswer, BindRequest, BindType, BindVerdict, ServerSession } from './types';
import { bindAnswer } from './verdicts';

export type BindPdu = PduOf<BindCommand>;
export type Decision = BindAnswer & { readonly command_status: number };

/** ESME_RSYSERR: nobody can say whether it may. */
export const UNDECIDED: Decision = { command_status: 0x08 };

export function bindTypeOf(command: BindCommand): BindType {
  return command.slice('bind_'.length) as BindType;
}

/** A bind as `authenticate` gets it. */
class PendingBind implements BindRequest {
  readonly command: BindCommand;
  readonly bind_type: BindType;
  readonly system_id: string;
  readonly password: string;
  readonly system_type: string;
  readonly interface_version: number;
  readonly addr_ton: number;
  readonly addr_npi: number;
  readonly address_range: string;
  readonly tlvs: Tlvs;
  readonly address: string;
  readonly port: number;
  readonly #socket: Origin['socket'];
  readonly #controller = new AbortController();

  constructor(pdu: BindPdu, { address, port, socket }: Origin) {
    this.command = pdu.command;
    this.bind_type = bindTypeOf(pdu.command);
    this.system_id = pdu.system_id;
    this.password = pdu.password;
    this.system_type = pdu.system_type;
    this.interface_version = pdu.interface_version;
    this.addr_ton = pdu.addr_ton;
    this.addr_npi = pdu.addr_npi;
    this.address_range = pdu.address_range;
    this.tlvs = pdu.tlvs;
    this.address = address;
    this.port = port;
    this.#socket = socket;
  }

  get secure(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  get certificate(): PeerCertificate | undefined {
    if (!(this.#socket instanceof TLSSocket)) return undefined;
    const certificate = this.#socket.getPeerCertificate();
    return Object.keys(certificate).length > 0 ? certificate : undefined;
  }

  get authorized(): boolean {
    return this.#socket instanceof TLSSocket && this.#socket.authorized;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }
}

/** Asks `authenticate`. What it throws, and what cannot be an answer, is told and refuses the bind. Never rejects. */
export function decide(
  pdu: BindPdu,
  session: ServerSession,
  origin: Origin,
  context: ServerContext,
): Decision | Promise<Decision> {
  const { settings } = context;
  const bind = new PendingBind(pdu, origin);
  const failed = (error: unknown): Decision => {
    // The client has gone: nobody is refused.
    if (session.state !== 'closed') tellFailed(hidden(error, pdu.password), session, context);
    return UNDECIDED;
  };
  const decided = (verdict: BindVerdict): Decision => {
    try {
      return bindAnswer(verdict);
    } catch (error) {
      return failed(error);
    }
  };
  try {
    const verdict = settings.authenticate(bind, session);
    if (!isThenable(verdict)) return decided(verdict);
    return inTime(bind, Promise.resolve(verdict), session, context).then(decided, failed);
  } catch (error) {
    return failed(error);
  }
}

function inTime(
  bind: PendingBind,
  verdict: Promise<BindVerdict>,
  session: ServerSession,
  { clock, settings: { authenticateTimeout } }: ServerContext,
): Promise<BindVerdict> {
  const limited = (signal: AbortSignal): Promise<BindVerdict> => {
    onAbort(signal, () => bind.abort(signal.reason));
    return unlessAborted(verdict, signal);
  };
  return withLimit(clock, authenticateTimeout, limited, session.signal);
}

/** Tells log and event `error` why a bind is refused ESME_RSYSERR. */
export function tellFailed(error: unknown, session: ServerSession, { log, events }: ServerContext): void {
  const facts = {
    event: 'bind',
    stage: 'failed',
    session: session.id,
    host: session.peer,
    err: error,
  } satisfies LogLine;
  log.error(facts, 'authenticate failed; the bind is refused with ESME_RSYSERR');
  events.emit('error', { source: 'authenticate', error, session });
}

/** An error of the caller's may quote what it was about. */
function hidden(error: unknown, password: string): SmppError {
  const hide = (text: string): string => (password === '' ? text : text.replaceAll(password, '[redacted]'));
  const { message = String(error), stack, code } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const shown = new SmppError(typeof code === 'string' ? code : 'AUTHENTICATE_FAILED', hide(message));
  if (typeof stack === 'string') shown.stack = hide(stack);
  return shown;
}
