import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { statusName, type Pdu, type PduOf } from '../protocol';
import {
  Session,
  SocketTransport,
  canReceive,
  isBindCommand,
  stateAfterBind,
  type Answer,
  type BindCommand,
  type CloseReason,
  type SessionState,
} from '../session';
import { refuse } from './answers';
import type { Centre, Origin } from './centre';
import type { SmscSession } from './events';
import { handleManagement } from './manage';
import { isSubmit } from './pdus';
import type { Act } from './rules';
import { handleSubmit } from './submit';
import { Wire } from './wire';

type BindPdu = PduOf<BindCommand>;

const BIND_TYPES = {
  bind_transmitter: 'transmitter',
  bind_receiver: 'receiver',
  bind_transceiver: 'transceiver',
} as const satisfies Record<BindCommand, SmscSession['bind_type']>;

const UNBIND_TIMEOUT = 1000;
const LONGEST_DEAF = 600_000;

/** One client's connection, from the centre's end. */
export class Link implements Origin {
  readonly id: number;
  readonly session: Session;
  readonly #centre: Centre;
  readonly #socket: Socket;
  readonly #wire: Wire;
  #systemId = '';
  #interfaceVersion = 0;
  #bindType: SmscSession['bind_type'];
  #submitted = 0;

  constructor(id: number, socket: Socket, centre: Centre) {
    const { settings, events, faults, agenda } = centre;
    const { sequence_number: onlyNumber } = faults.habits;
    const peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
    this.id = id;
    this.#centre = centre;
    this.#socket = socket;
    this.#wire = new Wire({
      transport: new SocketTransport(socket, peer, settings.clock),
      faults,
      agenda,
      perform: (act) => this.perform(act),
    });
    this.session = new Session({
      role: 'smsc',
      transport: this.#wire,
      handlers: {
        request: (pdu) => this.#handle(pdu),
        trace: (direction, octets) => {
          if (events.has('pdu')) events.emit('pdu', { direction, octets, session: this });
        },
      },
      clock: settings.clock,
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

  get system_id(): string {
    return this.#systemId;
  }

  get bind_type(): SmscSession['bind_type'] {
    return this.#bindType;
  }

  get interface_version(): number {
    return this.#interfaceVersion;
  }

  get state(): SessionState {
    return this.session.state;
  }

  get submitted(): number {
    return this.#submitted;
  }

  get receives(): boolean {
    return canReceive(this.session.state);
  }

  countSubmit(): number {
    return ++this.#submitted;
  }

  drop(): void {
    this.session.destroy('destroyed', 'by the simulator');
  }

  unbind(): Promise<void> {
    return this.session.unbind(UNBIND_TIMEOUT);
  }

  perform(act: Act): void {
    switch (act) {
      case 'close':
        return this.session.destroy('closed', 'by the simulator');
      case 'reset':
        // A TLS socket has no reset of its own.
        if (!(this.#socket instanceof TLSSocket)) this.#socket.resetAndDestroy();
        return this.drop();
      case 'unbind':
        return void this.unbind();
      case 'deaf':
        // One that reads nothing does not see either that its client has gone.
        this.#centre.agenda.in(LONGEST_DEAF, () => this.drop());
        this.#wire.pause();
        return this.#wire.mute();
      case 'mute':
        return this.#wire.mute();
    }
  }

  /** Tells of the end. */
  ended({ code, text }: CloseReason): void {
    const { events, settings } = this.#centre;
    if (code === 'peer-unbound') events.emit('unbind', { session: this });
    settings.log.info(
      { event: 'session', stage: 'closed', system_id: this.#systemId, host: this.peer },
      text,
    );
    events.emit('close', { session: this, reason: text });
  }

  #handle(pdu: Pdu): Answer | Promise<Answer> | undefined {
    if (isSubmit(pdu)) return handleSubmit(pdu, this, this.#centre);
    if (isBind(pdu)) return this.#bind(pdu);
    return handleManagement(pdu, this, this.#centre);
  }

  #bind(pdu: BindPdu): Answer {
    const { faults, settings, outbox, agenda } = this.#centre;
    const { command, system_id } = pdu;
    const status = faults.onBind({ system_id, command }) ?? 0;
    const refusal = status === 0 ? this.#wrongCredentials(pdu) : statusName(status);
    this.#systemId = system_id;
    this.#interfaceVersion = pdu.interface_version;
    if (refusal === undefined) this.#bindType = BIND_TYPES[command];
    // Told when the session is in its new state: a handler may want to use it.
    queueMicrotask(() => this.#tellBind(command, refusal ?? 'ESME_ROK'));
    if (refusal !== undefined) return refuse(refusal);
    for (const { after, act } of faults.onBound({ system_id, command })) {
      agenda.in(after, () => this.perform(act));
    }
    if (canReceive(stateAfterBind(command))) outbox.wake();
    return {
      command_status: 0,
      fields: { system_id: settings.systemId || 'simulator' },
      ...(faults.habits.hidesVersion ? {} : { tlvs: { sc_interface_version: settings.interfaceVersion } }),
    };
  }

  #wrongCredentials({ system_id, password }: BindPdu): string | undefined {
    const { settings } = this.#centre;
    if (settings.systemId !== '' && system_id !== settings.systemId) return 'ESME_RINVSYSID';
    if (settings.password !== '' && password !== settings.password) return 'ESME_RINVPASWD';
    return undefined;
  }

  #tellBind(command: BindCommand, command_status: string): void {
    const { events, settings } = this.#centre;
    const facts = { event: 'bind', command, command_status, system_id: this.#systemId, host: this.peer };
    settings.log.info(facts, `${command} of ${this.#systemId || 'nobody'}: ${command_status}`);
    events.emit('bind', { command, system_id: this.#systemId, command_status, session: this });
  }
}

function isBind(pdu: Pdu): pdu is BindPdu {
  return isBindCommand(pdu.command);
}
