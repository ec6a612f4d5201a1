import { startPeerServer, type PeerPdu, type PeerServer, type PeerSession } from '../support/node-smpp';

/** One segment as it arrived. */
export interface Arrival {
  readonly number: number;
  readonly segment: number;
  readonly reference: number;
}

const RECEIPT_AFTER = 15;

/** A centre of other make (npm smpp) that remembers what it got and sends a receipt for each segment. */
export class Centre {
  readonly arrivals: Arrival[] = [];
  /** By message_id. */
  readonly numbers = new Map<string, number>();
  binds = 0;
  #session: PeerSession | undefined;
  #server: PeerServer | undefined;

  get port(): number {
    return this.#server?.port ?? 0;
  }

  async start(): Promise<void> {
    this.#server = await startPeerServer((session) => this.#serve(session));
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  #serve(session: PeerSession): void {
    session.on('error', () => undefined);
    session.on('bind_transceiver', (pdu) => {
      this.#session = session;
      this.binds++;
      session.send(pdu.response());
    });
    session.on('enquire_link', (pdu) => session.send(pdu.response()));
    session.on('unbind', (pdu) => {
      session.send(pdu.response());
      session.close();
    });
    session.on('deliver_sm_resp', () => undefined);
    session.on('submit_sm', (pdu) => this.#take(session, pdu));
  }

  #take(session: PeerSession, pdu: PeerPdu): void {
    const header = pdu.short_message?.udh?.[0];
    const text = String(pdu.short_message?.message ?? '');
    const reference = header?.[2] ?? -1;
    const segment = (header?.[4] ?? 1) - 1;
    // The first number of a part may be cut in two, the second is whole.
    const [one, two] = text.split(' ').filter((word) => word !== '');
    const number = Number(header ? two : one);
    const messageId = String(this.numbers.size + 1);
    this.numbers.set(messageId, number);
    this.arrivals.push({ number, segment, reference });
    session.send(pdu.response({ message_id: messageId }));
    setTimeout(() => this.#receipt(messageId), RECEIPT_AFTER);
  }

  #receipt(messageId: string): void {
    if (!this.#session || this.#session.socket.destroyed) return;
    this.#session.deliver_sm({
      esm_class: 4,
      source_addr: '447700900123',
      destination_addr: '',
      short_message: `id:${messageId} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:`,
    });
  }
}
