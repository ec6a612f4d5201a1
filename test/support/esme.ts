import { systemClock, type Clock } from '../../src/clock';
import { silentLog } from '../../src/observability';
import {
  DEFAULT_MAX_PDU_LENGTH,
  type CommandName,
  type Pdu,
  type PduInputOf,
  type PduOf,
} from '../../src/protocol';
import { Session, connect, type Answer, type BindCommand } from '../../src/session';

/** Milliseconds. A limit only. */
const PATIENCE = 15_000;

export interface EsmeOptions {
  port: number;
  bind?: BindCommand;
  /** Fields of the bind request. */
  fields?: Record<string, unknown>;
  interfaceVersion?: number;
  windowSize?: number;
  responseTimeout?: number;
  clock?: Clock;
  /** Answers what the SMSC sends; default ESME_ROK. */
  answer?: (pdu: Pdu) => Answer | Promise<Answer>;
}

/** A client with nothing above its session: what a test says goes out, what comes in is kept. */
export class Esme {
  readonly session: Session;
  /** What the SMSC sent, in order. */
  readonly received: PduOf<'deliver_sm'>[] = [];
  bindResponse: Pdu | undefined;
  #waiters: (() => void)[] = [];

  private constructor(session: Session) {
    this.session = session;
  }

  /** Connects and binds. */
  static async bound(options: EsmeOptions): Promise<Esme> {
    const esme = await Esme.open(options);
    const { bind = 'bind_transceiver', fields, interfaceVersion = 0x34 } = options;
    const given = { system_id: 'esme', password: 'secret', interface_version: interfaceVersion, ...fields };
    esme.bindResponse = await esme.session.bind(bind, given, PATIENCE);
    return esme;
  }

  /** Connects only. */
  static async open(options: EsmeOptions): Promise<Esme> {
    const transport = await connect({ host: '127.0.0.1', port: options.port, timeout: PATIENCE });
    const answer = options.answer ?? (() => ({ command_status: 0 }));
    const esme: Esme = new Esme(
      new Session({
        role: 'esme',
        transport,
        handlers: {
          request: (pdu) => {
            esme.received.push(pdu as PduOf<'deliver_sm'>);
            for (const resolve of esme.#waiters.splice(0)) resolve();
            return answer(pdu);
          },
        },
        clock: options.clock ?? systemClock,
        log: silentLog,
        windowSize: options.windowSize ?? 100,
        responseTimeout: options.responseTimeout ?? PATIENCE,
        enquireLinkInterval: 0,
        maxPduLength: DEFAULT_MAX_PDU_LENGTH,
        interfaceVersion: options.interfaceVersion ?? 0x34,
      }),
    );
    return esme;
  }

  /** Sends a request and returns its response. */
  async ask<C extends CommandName>(pdu: PduInputOf<C>): Promise<Pdu & Record<string, unknown>> {
    return (await this.session.request(pdu as never)) as Pdu & Record<string, unknown>;
  }

  /** Submits a message to `+491510001` that wants a receipt, unless told otherwise. */
  submit(fields: Partial<PduInputOf<'submit_sm'>> = {}): Promise<Pdu & Record<string, unknown>> {
    return this.ask({
      command: 'submit_sm',
      source_addr: '1234',
      destination_addr: '491510001',
      registered_delivery: 1,
      short_message: Buffer.from('Hello'),
      ...fields,
    });
  }

  /** Waits until so many requests have come from the SMSC. */
  async until(count: number): Promise<PduOf<'deliver_sm'>[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.received;
  }

  async close(): Promise<void> {
    await this.session.unbind(1000);
  }
}
