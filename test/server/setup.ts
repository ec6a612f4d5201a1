import { connect as connectSocket, type Socket } from 'node:net';
import {
  SmppServer,
  type ServerEventName,
  type ServerEvents,
  type SmppServerOptions,
} from '../../src/server';
import { Esme, type EsmeOptions } from '../support/esme';
import { PeerLink, type Script } from '../support/peer';

export type Line = Record<string, unknown>;

/** Servers and clients of one test; `close` ends them all. */
export class Scene {
  readonly lines: Line[] = [];
  readonly #servers: SmppServer[] = [];
  readonly #esmes: Esme[] = [];
  readonly #sockets: Socket[] = [];
  #messageId = 0;

  /** A server on a free port that lets everybody in and takes everything, unless told otherwise. */
  async server(options: Partial<SmppServerOptions> = {}): Promise<SmppServer> {
    const server = new SmppServer({
      port: 0,
      authenticate: () => true,
      submit: () => ({ message_id: `m${++this.#messageId}` }),
      log: (line) => this.lines.push(line),
      ...options,
    });
    this.#servers.push(server);
    await server.start();
    return server;
  }

  /** A client, bound. */
  async esme(server: SmppServer, options: Partial<EsmeOptions> = {}): Promise<Esme> {
    const esme = await Esme.bound({ port: server.port, ...options });
    this.#esmes.push(esme);
    return esme;
  }

  /** A client that only connected, and speaks raw PDUs. */
  async link(server: { readonly port: number }, script: Script = {}): Promise<PeerLink> {
    const socket = connectSocket(server.port, '127.0.0.1');
    this.#sockets.push(socket);
    const link = new PeerLink(socket, script);
    await new Promise((resolve) => socket.once('connect', resolve));
    return link;
  }

  async close(): Promise<void> {
    await Promise.all(this.#esmes.map((esme) => esme.close()));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => server.stop({ drainTimeout: 0 })));
  }
}

/** All events of a name from now on. */
export function collect<E extends ServerEventName>(server: SmppServer, name: E): ServerEvents[E][] {
  const events: ServerEvents[E][] = [];
  server.on(name, (event) => events.push(event));
  return events;
}

/** The next event of a name. */
export function next<E extends ServerEventName>(server: SmppServer, name: E): Promise<ServerEvents[E]> {
  return new Promise((resolve) => {
    const handler = (event: ServerEvents[E]): void => {
      server.off(name, handler);
      resolve(event);
    };
    server.on(name, handler);
  });
}

export const BIND = {
  command: 'bind_transceiver',
  system_id: 'esme',
  password: 'secret',
  interface_version: 0x34,
};
