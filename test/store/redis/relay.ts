import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server on which what it answers can be lost: the calls arrive, the replies do not. */
export class Relay {
  readonly #target: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #server: Server | undefined;
  port = 0;
  /** From now on nothing that the server says comes back. */
  swallows = false;

  constructor(target: number) {
    this.#target = target;
  }

  async listen(): Promise<void> {
    const server = createServer((near) => {
      const far = connect(this.#target, '127.0.0.1');
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      near.on('data', (data) => far.write(data));
      far.on('data', (data) => this.swallows || near.write(data));
      for (const one of pair)
        one
          .on('error', () => undefined)
          .on('close', () => {
            for (const other of pair) other.destroy();
            this.#pairs.delete(pair);
          });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Breaks all connections; new ones hear the server again. */
  cut(): void {
    this.swallows = false;
    for (const [near] of this.#pairs) near.destroy();
  }

  close(): void {
    this.#server?.close();
    this.cut();
  }
}
