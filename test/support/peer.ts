import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  PduFramer,
  decodePdu,
  encodePdu,
  isResponse,
  responseOf,
  type Pdu,
  type PduInput,
  type PduOf,
} from '../../src/protocol';
import { until } from './until';

type Fields = Record<string, unknown>;

/** What a peer does about a request: fields of its response, or undefined for no answer. */
export type Answering = (pdu: Pdu & Fields, link: PeerLink) => Fields | undefined;

/** What a peer does about each command; what is not named is answered as an ordinary centre would. */
export type Script = Partial<Record<string, Answering>>;

export const silence: Answering = () => undefined;

/** One end of a connection that speaks raw PDUs: says what it is told to, also what nobody should. */
export class PeerLink {
  /** All that came, in order. */
  readonly received: (Pdu & Fields)[] = [];
  readonly socket: Socket;
  readonly #framer = new PduFramer();
  readonly #script: Script;
  #sequence = 1000;
  #messageId = 0;
  #ended = false;

  constructor(socket: Socket, script: Script = {}) {
    this.socket = socket;
    this.#script = script;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('end', () => (this.#ended = true));
    socket.on('data', (chunk: Buffer) => {
      for (const octets of this.#framer.push(chunk)) this.#take(decodePdu(octets) as Pdu & Fields);
    });
  }

  /** Whether the other side has closed, at least its half. */
  get ended(): boolean {
    return this.#ended || this.socket.destroyed;
  }

  /** Requests that came, of one command. */
  requests(command: string): (Pdu & Fields)[] {
    return this.received.filter((pdu) => pdu.command === command);
  }

  /** Waits until `count` PDUs of the command have come, and returns the last of them. */
  async until(command: string, count = 1): Promise<Pdu & Fields> {
    await until(() => this.requests(command).length >= count, `${count} ${command}`);
    return this.requests(command)[count - 1] as Pdu & Fields;
  }

  async untilEnded(): Promise<void> {
    await until(() => this.ended, 'the end of the link');
  }

  /** Sends any PDU; returns its sequence number. */
  send(pdu: Fields & { command: string }): number {
    const sequence_number = (pdu.sequence_number as number | undefined) ?? ++this.#sequence;
    this.socket.write(encodePdu({ ...pdu, sequence_number } as unknown as PduInput));
    return sequence_number;
  }

  /** Answers a request; `fields` may say anything else, its command too. */
  answer(request: Pdu, fields: Fields = {}): void {
    const command = responseOf(request.command) ?? 'generic_nack';
    this.send({ command, sequence_number: request.sequence_number, ...fields });
  }

  /** Sends a request and waits for what has its number. */
  async ask(pdu: Fields & { command: string }): Promise<Pdu & Fields> {
    const number = this.send(pdu);
    return this.response(number);
  }

  async response(number: number): Promise<Pdu & Fields> {
    const find = (): (Pdu & Fields) | undefined =>
      this.received.find((pdu) => isResponse(pdu.command_id) && pdu.sequence_number === number);
    await until(() => find() !== undefined, `a response to ${number}`);
    return find() as Pdu & Fields;
  }

  write(octets: Buffer): void {
    this.socket.write(octets);
  }

  /** A deliver_sm with a standard receipt. */
  receipt(messageId: string, state = 'DELIVRD', fields: Fields = {}): number {
    const text =
      `id:${messageId} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 ` +
      `stat:${state} err:000 text:Hello`;
    return this.send({
      command: 'deliver_sm',
      esm_class: 4,
      source_addr: '491511234567',
      destination_addr: 'Shop',
      short_message: Buffer.from(text),
      ...fields,
    });
  }

  #take(pdu: Pdu & Fields): void {
    this.received.push(pdu);
    if (isResponse(pdu.command_id)) return;
    const scripted = this.#script[pdu.command];
    const fields = scripted ? scripted(pdu, this) : this.#ordinary(pdu);
    if (fields) this.answer(pdu, fields);
    if (pdu.command === 'unbind' && fields) this.socket.end();
  }

  #ordinary(pdu: Pdu): Fields | undefined {
    if (pdu.command.startsWith('bind_')) {
      const { interface_version: version = 0x34 } = pdu as Partial<PduOf<'bind_receiver'>>;
      return { system_id: 'peer', tlvs: { sc_interface_version: version } };
    }
    if (pdu.command === 'submit_sm' || pdu.command === 'data_sm')
      return { message_id: String(++this.#messageId) };
    return {};
  }
}

/** A centre made of {@link PeerLink}s, on a free port. */
export class Peer {
  readonly port: number;
  readonly links: PeerLink[];
  readonly #server: Server;

  private constructor(server: Server, links: PeerLink[]) {
    this.#server = server;
    this.links = links;
    this.port = (server.address() as AddressInfo).port;
  }

  /** `script`: one for all links, or what each gets, from 0. */
  static async start(script: Script | ((link: number) => Script) = {}, port = 0): Promise<Peer> {
    const links: PeerLink[] = [];
    const server = createServer((socket) => {
      links.push(new PeerLink(socket, typeof script === 'function' ? script(links.length) : script));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new Peer(server, links);
  }

  /** The nth connection, from 0. */
  async link(n = 0): Promise<PeerLink> {
    await until(() => this.links.length > n, `link ${n}`);
    return this.links[n] as PeerLink;
  }

  /** All submit_sm of all links, in the order of their coming within each. */
  get submits(): (Pdu & Fields)[] {
    return this.links.flatMap((link) => link.requests('submit_sm'));
  }

  async untilSubmits(count: number): Promise<(Pdu & Fields)[]> {
    await until(() => this.submits.length >= count, `${count} submit_sm`);
    return this.submits;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const { socket } of this.links) socket.destroy();
    await closed;
  }
}
