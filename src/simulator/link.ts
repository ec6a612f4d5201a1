import { commandFacts, statusName, type Pdu } from '../protocol';
import type { BindRequest, BindVerdict, ServerSession } from '../server';
import {
  canReceive,
  stateAfterBind,
  type Answer,
  type Session,
  type SessionState,
  type Transport,
} from '../session';
import type { SmscContext, SmscLink } from './context';
import type { SmscSession } from './events';
import { FaultyTransport } from './faulty-transport';
import { handleManagement } from './manage';
import type { LinkEffect } from './rules';
import { SubmitHandler, isSubmit } from './submit';

/** Milliseconds. */
const LONGEST_DEAF = 600_000;

/** One client's connection, from the SMSC's end. */
export class Link implements SmscLink {
  readonly transport: FaultyTransport;
  readonly #smsc: SmscContext;
  readonly #server: ServerSession;
  readonly #submits: SubmitHandler;

  constructor(server: ServerSession, transport: Transport, smsc: SmscContext) {
    this.#server = server;
    this.#smsc = smsc;
    this.#submits = new SubmitHandler(this, smsc);
    this.transport = new FaultyTransport(transport, smsc.faults, smsc.scheduler, (act) => this.perform(act));
  }

  get id(): number {
    return this.#server.id;
  }

  get session(): Session {
    return this.#server.protocol;
  }

  get peer(): string {
    return this.#server.peer;
  }

  get state(): SessionState {
    return this.#server.state;
  }

  get system_id(): string {
    return this.#server.system_id;
  }

  get bind_type(): SmscSession['bind_type'] {
    return this.#server.bind_type;
  }

  get interface_version(): number {
    return this.#server.interface_version;
  }

  /** That both ends speak. */
  get #version(): number {
    return Math.min(this.interface_version, this.#smsc.settings.interfaceVersion);
  }

  get submitted(): number {
    return this.#submits.count;
  }

  drop(): void {
    this.#server.destroy('by the simulator');
  }

  unbind(): Promise<void> {
    return this.#server.unbind();
  }

  perform(act: LinkEffect): void {
    switch (act) {
      case 'close':
        return this.#server.close('by the simulator');
      case 'reset':
        return this.#server.destroy('by the simulator', { reset: true });
      case 'unbind':
        return void this.unbind();
      case 'deaf':
        this.session.flushAnswers();
        // One that reads nothing does not see either that its client has gone.
        this.#smsc.scheduler.in(LONGEST_DEAF, () => this.drop());
        this.transport.pause();
        return this.transport.mute();
      case 'mute':
        this.session.flushAnswers();
        return this.transport.mute();
    }
  }

  authenticate(bind: BindRequest): BindVerdict {
    const { faults, settings, deliveries, scheduler } = this.#smsc;
    const status = faults.onBind() ?? 0;
    const refusal = status === 0 ? this.#wrongCredentials(bind) : statusName(status);
    if (refusal !== undefined) return refusal;
    for (const { after, act } of faults.onBound()) {
      scheduler.in(after, () => this.perform(act));
    }
    if (canReceive(stateAfterBind(bind.command))) deliveries.wake();
    const sc_interface_version = faults.habits.hidesVersion ? undefined : settings.interfaceVersion;
    return { tlvs: { sc_interface_version } };
  }

  handle(pdu: Pdu): Answer | Promise<Answer> | undefined {
    const since = commandFacts(pdu.command)?.since;
    if (since !== undefined && this.#version < since) return { command_status: 'ESME_RINVCMDID' };
    if (isSubmit(pdu)) return this.#submits.handle(pdu);
    return handleManagement(pdu, this, this.#smsc);
  }

  #wrongCredentials({ system_id, password }: BindRequest): string | undefined {
    const { settings } = this.#smsc;
    if (settings.systemId !== '' && system_id !== settings.systemId) return 'ESME_RINVSYSID';
    if (settings.password !== '' && password !== settings.password) return 'ESME_RINVPASWD';
    return undefined;
  }
}
