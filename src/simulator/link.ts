import { statusName, type Pdu, type PduOf } from '../protocol';
import {
  Session,
  canReceive,
  isBindCommand,
  stateAfterBind,
  type Answer,
  type BindCommand,
  type CloseReason,
  type SessionState,
  type Transport,
} from '../session';
import type { SmscContext, SmscLink } from './context';
import type { SmscSession } from './events';
import { FaultyTransport } from './faulty-transport';
import { handleManagement } from './manage';
import type { LinkEffect } from './rules';
import { SubmitHandler, isSubmit } from './submit';

type BindPdu = PduOf<BindCommand>;

/** Milliseconds. */
const UNBIND_TIMEOUT = 1000;
const LONGEST_DEAF = 600_000;

/** One client's connection, from the SMSC's end. */
export class Link implements SmscLink {
  readonly id: number;
  readonly session: Session;
  system_id = '';
  interface_version = 0;
  bind_type: SmscSession['bind_type'];
  readonly #smsc: SmscContext;
  readonly #reset: () => void;
  readonly #transport: FaultyTransport;
  readonly #submits: SubmitHandler;

  /** `reset` breaks the connection by RST, where it can. */
  constructor(id: number, transport: Transport, reset: () => void, smsc: SmscContext) {
    const { settings, events, faults, scheduler, clock } = smsc;
    const { sequence_number: onlyNumber } = faults.habits;
    this.id = id;
    this.#smsc = smsc;
    this.#reset = reset;
    this.#submits = new SubmitHandler(this, smsc);
    this.#transport = new FaultyTransport(transport, faults, scheduler, (act) => this.perform(act));
    this.session = new Session({
      role: 'smsc',
      transport: this.#transport,
      handlers: {
        request: (pdu) => this.#handle(pdu),
        trace: (direction, octets) => {
          if (events.has('pdu')) events.emit('pdu', { direction, octets, session: this });
        },
      },
      clock,
      log: settings.log,
      // With one number for all, a second request would need another.
      windowSize: onlyNumber === undefined ? settings.windowSize : 1,
      ...(onlyNumber === undefined ? {} : { sequence: { next: () => onlyNumber } }),
      responseTimeout: settings.responseTimeout,
      enquireLinkInterval: settings.enquireLinkInterval,
      inactivityTimeout: settings.inactivityTimeout,
      sessionInitTimeout: settings.bindTimeout,
      maxPduLength: settings.maxPduLength,
      addressEncoding: 'latin1',
      allowLong: true,
    });
  }

  get peer(): string {
    return this.session.peer;
  }

  get state(): SessionState {
    return this.session.state;
  }

  get submitted(): number {
    return this.#submits.count;
  }

  drop(): void {
    this.session.destroy('destroyed', 'by the simulator');
  }

  unbind(): Promise<void> {
    return this.session.unbind(UNBIND_TIMEOUT);
  }

  perform(act: LinkEffect): void {
    switch (act) {
      case 'close':
        return this.session.destroy('closed', 'by the simulator');
      case 'reset':
        this.#reset();
        return this.drop();
      case 'unbind':
        return void this.unbind();
      case 'deaf':
        this.session.flushAnswers();
        // One that reads nothing does not see either that its client has gone.
        this.#smsc.scheduler.in(LONGEST_DEAF, () => this.drop());
        this.#transport.pause();
        return this.#transport.mute();
      case 'mute':
        this.session.flushAnswers();
        return this.#transport.mute();
    }
  }

  /** To be called when it has closed: tells whoever listens. */
  ended({ code, text }: CloseReason): void {
    const { events, settings } = this.#smsc;
    if (code === 'peer-unbound') events.emit('unbind', { session: this });
    settings.log.info(
      { event: 'session', stage: 'closed', system_id: this.system_id, host: this.peer },
      text,
    );
    events.emit('close', { session: this, reason: text });
  }

  #handle(pdu: Pdu): Answer | Promise<Answer> | undefined {
    if (isSubmit(pdu)) return this.#submits.handle(pdu);
    if (isBindCommand(pdu.command)) return this.#bind(pdu as BindPdu);
    return handleManagement(pdu, this, this.#smsc);
  }

  #bind(pdu: BindPdu): Answer {
    const { faults, settings, deliveries, scheduler } = this.#smsc;
    const { command, system_id } = pdu;
    const status = faults.onBind() ?? 0;
    const refusal = status === 0 ? this.#wrongCredentials(pdu) : statusName(status);
    this.system_id = system_id;
    this.interface_version = pdu.interface_version;
    if (refusal === undefined) this.bind_type = command.slice('bind_'.length) as SmscSession['bind_type'];
    // Told when the session is in its new state: a handler may want to use it.
    queueMicrotask(() => this.#tellBind(command, refusal ?? 'ESME_ROK'));
    if (refusal !== undefined) return { command_status: refusal };
    for (const { after, act } of faults.onBound()) {
      scheduler.in(after, () => this.perform(act));
    }
    if (canReceive(stateAfterBind(command))) deliveries.wake();
    return {
      command_status: 0,
      fields: { system_id: settings.systemId || 'simulator' },
      ...(faults.habits.hidesVersion ? {} : { tlvs: { sc_interface_version: settings.interfaceVersion } }),
    };
  }

  #wrongCredentials({ system_id, password }: BindPdu): string | undefined {
    const { settings } = this.#smsc;
    if (settings.systemId !== '' && system_id !== settings.systemId) return 'ESME_RINVSYSID';
    if (settings.password !== '' && password !== settings.password) return 'ESME_RINVPASWD';
    return undefined;
  }

  #tellBind(command: BindCommand, command_status: string): void {
    const { events, settings } = this.#smsc;
    const facts = { event: 'bind', command, command_status, system_id: this.system_id, host: this.peer };
    settings.log.info(facts, `${command} of ${this.system_id || 'nobody'}: ${command_status}`);
    events.emit('bind', { command, system_id: this.system_id, command_status, session: this });
  }
}
