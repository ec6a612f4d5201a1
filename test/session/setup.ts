import { connect as open, createServer, type AddressInfo, type Socket } from 'node:net';
import { silentLog } from '../../src/observability';
import { DEFAULT_MAX_PDU_LENGTH } from '../../src/protocol';
import {
  Session,
  SocketTransport,
  connect,
  stateAfterBind,
  type BindCommand,
  type CloseReason,
  type SessionOptions,
  type SessionState,
  type Transport,
} from '../../src/session';
import { FakeClock } from '../support/clock';
import { Peer, PeerLink, type Script } from '../support/peer';
import { until } from '../support/until';

/** A session of ours, what is at its other end, and the clock of both. */
export interface Bench {
  readonly session: Session;
  readonly link: PeerLink;
  readonly clock: FakeClock;
  /** Set when the session has ended. */
  reason(): CloseReason | undefined;
}

export interface BenchOptions extends Partial<SessionOptions> {
  script?: Script;
  bind?: BindCommand;
}

/** Makes sessions over loopback sockets and cleans up after them. */
export class Benches {
  readonly #ends: (() => Promise<void> | void)[] = [];

  /** A client's session, connected, not bound. */
  async esme(options: BenchOptions = {}): Promise<Bench> {
    const peer = await Peer.start(options.script);
    this.#ends.push(() => peer.stop());
    const transport = await connect({ host: '127.0.0.1', port: peer.port, timeout: 15_000 });
    const bench = this.#make(transport, { role: 'esme', ...options });
    return { ...bench, link: await peer.link() };
  }

  /** A client's session, bound. */
  async bound(options: BenchOptions = {}): Promise<Bench> {
    const bench = await this.esme(options);
    await bench.session.bind(
      options.bind ?? 'bind_transceiver',
      { system_id: 'a', interface_version: 0x34 },
      1000,
    );
    return bench;
  }

  /** A centre's session; the peer is a client. */
  async smsc(options: BenchOptions = {}): Promise<Bench> {
    const peer = await accept();
    const bench = this.#make(new SocketTransport(peer.accepted, 'peer'), {
      role: 'smsc',
      handlers: { request: () => ({ command_status: 0 }) },
      ...options,
    });
    this.#ends.push(() => {
      peer.connected.socket.destroy();
    });
    return { ...bench, link: peer.connected };
  }

  /** A session of either role in a state that a bind leads to, or still open. */
  async inState(role: 'esme' | 'smsc', state: SessionState, options: BenchOptions = {}): Promise<Bench> {
    const bench = role === 'esme' ? await this.esme(options) : await this.smsc(options);
    if (state === 'open') return bench;
    if (state === 'outbound') {
      if (role === 'smsc') {
        bench.session.outbind();
        await bench.link.until('outbind');
      } else bench.link.send({ command: 'outbind' });
      await until(() => bench.session.state === 'outbound', 'outbind');
      return bench;
    }
    const command = BINDS.find((bind) => stateAfterBind(bind) === state) as BindCommand;
    if (role === 'esme') await bench.session.bind(command, {}, 1000);
    else await bench.link.ask({ command, interface_version: 0x34 });
    return bench;
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }

  #make(transport: Transport, options: BenchOptions & { role: SessionOptions['role'] }): Omit<Bench, 'link'> {
    const made = sessionOn(transport, options);
    this.#ends.push(() => {
      made.session.destroy();
      transport.destroy();
    });
    return made;
  }
}

/** A session that goes by a clock which stands still. */
export function sessionOn(
  transport: Transport,
  options: Partial<SessionOptions> & Pick<SessionOptions, 'role'>,
): Omit<Bench, 'link'> {
  const clock = new FakeClock();
  const session = new Session({
    transport,
    handlers: { request: () => undefined },
    clock,
    log: silentLog,
    windowSize: 10,
    responseTimeout: 30_000,
    enquireLinkInterval: 0,
    maxPduLength: DEFAULT_MAX_PDU_LENGTH,
    ...options,
  });
  let reason: CloseReason | undefined;
  void session.closed.then((given) => (reason = given));
  return { session, clock, reason: () => reason };
}

export const BINDS = ['bind_transmitter', 'bind_receiver', 'bind_transceiver'] as const;

/** Waits for the end of a session, and returns why. */
export async function closed({ reason }: Bench): Promise<CloseReason> {
  await until(() => reason() !== undefined, 'the end of the session');
  return reason() as CloseReason;
}

async function accept(): Promise<{ accepted: Socket; connected: PeerLink }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const coming = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const connected = new PeerLink(open((server.address() as AddressInfo).port, '127.0.0.1'));
  const accepted = await coming;
  server.close();
  return { accepted, connected };
}
