import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of the octets, and of connections that come. */
export type Mode =
  /** Both ways, as they come. */
  | 'pass'
  /** Nothing listens: ECONNREFUSED. */
  | 'refuse'
  /** RST, also for those who connect. */
  | 'reset'
  /** FIN, also for those who connect. */
  | 'end'
  /** The connection stays up and nothing goes through it: half-open. */
  | 'silence'
  /** Octet by octet. */
  | 'slow';

const SLOW_OCTETS = 4;
const SLOW_MS = 1;

/** The way between a client and a centre, where accidents happen. */
export class Proxy {
  readonly #target: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #server: Server | undefined;
  #mode: Mode = 'pass';
  port = 0;
  /** Connections that came so far. */
  connections = 0;

  constructor(target: number) {
    this.#target = target;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#pairs.size;
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** For what is open and what comes. */
  async set(mode: Mode): Promise<void> {
    this.#mode = mode;
    if (mode === 'refuse') {
      this.#server?.close();
      this.#server = undefined;
    } else if (!this.#server) await this.listen();
    if (mode !== 'pass' && mode !== 'slow' && mode !== 'silence') this.cut(mode);
  }

  /** Ends what is open. */
  cut(how: 'reset' | 'end' | 'refuse' = 'reset'): void {
    for (const [client, centre] of this.#pairs) {
      if (how === 'end') client.end();
      else client.resetAndDestroy();
      centre.destroy();
    }
  }

  async stop(): Promise<void> {
    this.cut();
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  #accept(client: Socket): void {
    this.connections++;
    client.on('error', () => undefined);
    if (this.#mode === 'reset') return void client.resetAndDestroy();
    if (this.#mode === 'end') return void client.resume().end();
    const centre = connect(this.#target, '127.0.0.1');
    centre.on('error', () => client.destroy());
    const pair = [client, centre] as const;
    this.#pairs.add(pair);
    for (const socket of pair) socket.setNoDelay(true);
    this.#pump(client, centre);
    this.#pump(centre, client);
    client.on('close', () => this.#pairs.delete(pair));
  }

  /** One way. What comes in silence is gone, as on a dead link. */
  #pump(from: Socket, to: Socket): void {
    let waiting: Buffer = Buffer.alloc(0);
    let timer: NodeJS.Timeout | undefined;
    const drip = (): void => {
      timer = undefined;
      const count = this.#mode === 'slow' ? SLOW_OCTETS : waiting.length;
      to.write(waiting.subarray(0, count));
      waiting = waiting.subarray(count);
      if (waiting.length > 0) timer = setTimeout(drip, SLOW_MS);
    };
    from.on('data', (chunk: Buffer) => {
      if (this.#mode === 'silence') return;
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
      if (timer === undefined) drip();
    });
    from.on('end', () => this.#mode !== 'silence' && to.end());
    from.on('close', () => {
      clearTimeout(timer);
      if (this.#mode !== 'silence' || from.destroyed) to.destroy();
    });
  }
}

/** The same URL, by way of a port of this machine. */
export function through(url: string, { port }: { readonly port: number }): string {
  return Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href;
}
