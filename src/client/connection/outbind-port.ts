import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { Clock } from '../../clock';
import type { Log, LogLine } from '../../observability';
import { PduError, SmppError, decodePdu } from '../../protocol';
import { PortListener, SocketTransport, type Transport } from '../../session';
import { connectionName } from '../config/connection-name';
import type { Settings } from '../config/options';
import type { ConnectionCounters } from '../metrics/counters';
import { GreetedTransport, NoOutbind } from './greeted-transport';
import type { Endpoint } from './hosts';

/** Connections that have not said who they are, at most; a further one takes the place of the oldest of its address, else of all. */
const MOST_STRANGERS = 16;

/** Why a connection was closed without a bind. */
type Refusal =
  | 'OUTBIND_NOT_ALLOWED'
  | 'OUTBIND_REFUSED'
  | 'OUTBIND_EXPECTED'
  | 'OUTBIND_TIMEOUT'
  | 'OUTBIND_LIMIT'
  | 'TLS_FAILED';

/** Ports that are open, of all connections of this process: which one has a port that another wants. */
const openPorts = new Set<{ readonly port: number; readonly name: string }>();

/** An SMSC that has said who it is, and waits for our bind. */
export interface Caller {
  readonly transport: Transport;
  /** Where it connected from. */
  readonly endpoint: Endpoint;
}

export interface OutbindPortParts {
  readonly settings: Settings;
  readonly tls: TlsOptions | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ConnectionCounters | undefined;
  /** Whether one more may come. */
  readonly hasRoom: () => boolean;
  readonly called: (caller: Caller) => void;
}

interface Stranger {
  readonly address: string;
  drop(code: Refusal, reason: string): void;
}

/** The port where the SMSC connects to us. Who does not prove by an outbind to be the SMSC is closed without a word. */
export class OutbindPort {
  readonly #parts: OutbindPortParts;
  readonly #allowed: BlockList | undefined;
  readonly #strangers = new Set<Stranger>();
  readonly #entry: { readonly port: number; readonly name: string };
  #listener: PortListener | undefined;

  constructor(parts: OutbindPortParts) {
    this.#parts = parts;
    this.#entry = { port: parts.settings.outbindPort, name: connectionName(parts.settings) };
    this.#allowed = allowList(parts.settings.outbindAllow);
  }

  get isOpen(): boolean {
    return this.#listener !== undefined;
  }

  /** Rejects with `PORT_IN_USE` or `LISTEN_FAILED`. */
  async open(): Promise<void> {
    const { settings, tls, log } = this.#parts;
    const { outbindHost: host, outbindPort: port, bindTimeout } = settings;
    const listener = new PortListener({
      ...{ host, port, tls },
      handshakeTimeout: bindTimeout,
      admits: (address) => this.#admits(address),
      gone: () => undefined,
      accept: (socket) => this.#accept(socket),
      tlsFailed: (error, address) => this.#refused(address, 'TLS_FAILED', error.message),
      failed: (err) => log.error({ event: 'outbind', stage: 'failed', err }, 'listening for the SMSC failed'),
    });
    try {
      await listener.listen();
    } catch (error) {
      throw inOptions(error as SmppError, host, port);
    }
    this.#listener = listener;
    openPorts.add(this.#entry);
  }

  /** The port is free at once; who has not said who it is is dropped. */
  close(): void {
    void this.#listener?.close();
    this.#listener = undefined;
    openPorts.delete(this.#entry);
    for (const stranger of this.#strangers) stranger.drop('OUTBIND_EXPECTED', 'the port closes');
  }

  #admits(address: string): boolean {
    if (!this.#allowed || isIn(this.#allowed, address)) return true;
    this.#refused(address, 'OUTBIND_NOT_ALLOWED', 'the address is not among those of outbindAllow');
    return false;
  }

  #accept(socket: Socket): void {
    const { remoteAddress: address = '?', remotePort: port = 0 } = socket;
    const { clock } = this.#parts;
    // It went away between coming and here, or the port has closed.
    if (!this.#listener) return void socket.destroy();
    this.#makeRoom(address);
    const inner = new SocketTransport(socket, `${address}:${port}`, clock);
    void this.#greet(new GreetedTransport(inner), { host: address, port });
  }

  /** So a flood of strangers does not keep out who says at once who it is, nor does one address keep out others. */
  #makeRoom(address: string): void {
    if (this.#strangers.size < MOST_STRANGERS) return;
    const [oldest] = this.#strangers;
    const same = [...this.#strangers].find((one) => one.address === address);
    (same ?? oldest)?.drop('OUTBIND_LIMIT', 'too many connect and send no outbind');
  }

  async #greet(transport: GreetedTransport, endpoint: Endpoint): Promise<void> {
    const { clock, settings } = this.#parts;
    const { host: address } = endpoint;
    const dropped = new AbortController();
    const stranger: Stranger = {
      address,
      drop: (code, reason) => {
        this.#strangers.delete(stranger);
        dropped.abort(new SmppError(code, reason));
        transport.destroy();
      },
    };
    this.#strangers.add(stranger);
    const late = `no outbind within ${settings.bindTimeout / 1000} s (bindTimeout)`;
    const timer = clock.setTimeout(() => stranger.drop('OUTBIND_TIMEOUT', late), settings.bindTimeout);
    try {
      this.#check(await transport.greeted());
      if (dropped.signal.aborted) throw dropped.signal.reason;
      this.#parts.called({ transport, endpoint });
    } catch (cause) {
      transport.destroy();
      this.#turnedAway(address, dropped.signal.aborted ? (dropped.signal.reason as Error) : (cause as Error));
    } finally {
      clock.clearTimeout(timer);
      this.#strangers.delete(stranger);
    }
  }

  /** Throws where it is not the SMSC, or one too many. */
  #check(octets: Buffer): void {
    const { settings, hasRoom } = this.#parts;
    const pdu = decodePdu(octets);
    if (pdu.command !== 'outbind') throw new NoOutbind('what came is no outbind');
    const isKnown = isSame(settings.outbindSystemId, pdu.system_id);
    const isProven = isSame(settings.outbindPassword, pdu.password);
    if (!isKnown || !isProven)
      throw new SmppError(
        'OUTBIND_REFUSED',
        'its system_id or password is not outbindSystemId and outbindPassword',
      );
    if (!hasRoom())
      throw new SmppError(
        'OUTBIND_LIMIT',
        `there are ${settings.outbindConnections} already (outbindConnections)`,
      );
  }

  #turnedAway(address: string, error: Error): void {
    // The port closes: nobody is to blame.
    if (!this.#listener) return;
    // A look whether the port is open, as load balancers take.
    const isLook = error instanceof NoOutbind && error.isSilent;
    const isOther = error instanceof PduError || error instanceof NoOutbind;
    const { code } = error as { code?: Refusal };
    this.#refused(address, isOther || code === undefined ? 'OUTBIND_EXPECTED' : code, error.message, isLook);
  }

  #refused(address: string, code: Refusal, reason: string, isQuiet = false): void {
    const { log, counters } = this.#parts;
    counters?.outbindRefused(code);
    const line = { event: 'outbind', stage: 'refused', address, code, reason } satisfies LogLine;
    const text = `a connection of ${address} was closed: ${reason}`;
    // What repeats the log counts.
    log[isQuiet ? 'debug' : 'warn'](line, text);
  }
}

/** Undefined where everybody may. */
function allowList(networks: readonly string[]): BlockList | undefined {
  if (networks.length === 0) return undefined;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** An IPv4 address that comes to an IPv6 socket (RFC 4291 section 2.5.5.2) is one of IPv4. */
function isIn(list: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(plain) !== 0 && list.check(plain, familyOf(plain));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** In the same time, whatever is given; blank where nothing is to be presented. */
function isSame(expected: string, given: string): boolean {
  if (expected === '') return true;
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'latin1').digest();
  return timingSafeEqual(digest(expected), digest(given));
}

/** What is wrong with a port, by the options that say which it is. */
function inOptions(error: SmppError, host: string, port: number): SmppError {
  const other = [...openPorts].find((one) => one.port === port);
  const holder = other ? `the connection "${other.name}" of this process` : 'another program';
  const text =
    error.code === 'PORT_IN_USE'
      ? `port ${port} of ${host}, where the SMSC is to connect, is taken by ${holder}; free it, or choose another outbindPort`
      : `${error.message} (outbindHost, outbindPort)`;
  return new SmppError(error.code, text, { cause: error.cause, retriable: true });
}
