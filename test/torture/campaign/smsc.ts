import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Random } from '../../fuzz/random';
import { BAD_NUMBER, type Habits } from './plan';
import { COMMAND, cString, deliverBody, frame, Frames, readSubmit, RESPONSE, type Frame } from './wire';

export const STATUS = { ok: 0, full: 0x14, throttled: 0x58, temporary: 8, refused: 0x0b, bindFailed: 0x0d };

/** One transmission of a segment, as it came. */
export interface Arrival {
  /** Milliseconds of one clock for all processes. */
  readonly at: number;
  readonly n: number;
  readonly segment: number;
  readonly link: number;
  readonly reference: number;
  readonly total: number;
  readonly text: string;
  /** What was written back, if anything, and when. */
  status?: number;
  id?: string;
  /** As receipts have it. */
  receiptId?: string;
  answeredAt?: number;
}

/** What it has to deliver until it is answered ESME_ROK. */
export interface Pending {
  readonly kind: 'receipt' | 'text' | 'part';
  /** Of a receipt its message_id; of a text its name. */
  readonly key: string;
  readonly n: number;
  readonly octets: Buffer;
  sent: number;
  /** When it was answered ESME_ROK. */
  takenAt?: number;
  /** On the wire, without answer yet. */
  flying: boolean;
}

export const now = (): number => performance.timeOrigin + performance.now();

/** An SMSC as bad as its habits, that remembers all it did. Once it is calm it is a good one. */
export class HostileSmsc {
  readonly arrivals: Arrival[] = [];
  readonly pending: Pending[] = [];
  /** What came that no client may send. */
  readonly offences: string[] = [];
  links = 0;
  readonly #habits: Habits;
  readonly #random: Random;
  readonly #server: Server;
  readonly #open = new Set<Link>();
  readonly #connected = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #ids = 0;
  #incoming = 0;
  #calm = false;

  constructor(habits: Habits, random: Random) {
    this.#habits = habits;
    this.#random = random;
    this.#server = createServer((socket) => {
      this.#connected.add(socket);
      socket.on('close', () => this.#connected.delete(socket));
      new Link(this, socket, ++this.links).begin();
    });
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#connected) socket.destroy();
    await closed;
  }

  /** From now on all is answered at once, and well. */
  calm(): void {
    this.#calm = true;
  }

  get habits(): Habits | undefined {
    return this.#calm ? undefined : this.#habits;
  }

  some(share: (habits: Habits) => number): boolean {
    return !this.#calm && this.#random.below(10_000) < share(this.#habits) * 10_000;
  }

  between([from, to]: readonly [number, number]): number {
    return from + this.#random.below(to - from + 1);
  }

  below(limit: number): number {
    return this.#random.below(limit);
  }

  after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  bound(link: Link): void {
    this.#open.add(link);
    for (const item of this.pending) this.#deliverBy(link, item);
  }

  gone(link: Link): void {
    this.#open.delete(link);
  }

  /** Whoever can take it; nobody: at the next bind. */
  deliver(item: Pending): void {
    const link = [...this.#open].find((each) => each.receives);
    if (link) this.#deliverBy(link, item);
  }

  #deliverBy(link: Link, item: Pending): void {
    if (item.takenAt === undefined && !item.flying) link.deliver(item);
  }

  nextId(): { inResponse: string; inReceipt: string } {
    const id = 1000 + ++this.#ids;
    const hex = id.toString(16).toUpperCase();
    const same = (text: string): { inResponse: string; inReceipt: string } => ({
      inResponse: text,
      inReceipt: text,
    });
    switch (this.#habits.ids) {
      case 'upper':
        return same(`A${(0xb00000 + id).toString(16).toUpperCase()}-Z`);
      case 'long':
        return same(`9${String(id).padStart(30, '0')}`);
      case 'padded':
        return { inResponse: String(id).padStart(10, '0'), inReceipt: String(id) };
      case 'hex':
        return { inResponse: hex.padStart(8, '0'), inReceipt: String(id) };
      case 'changing':
        return this.below(2) === 0 ? same(String(id)) : { inResponse: hex, inReceipt: String(id) };
      default:
        return same(String(id));
    }
  }

  receipt(n: number, id: string, to: string): void {
    const text = `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:`;
    const body = { from: to, to: '', esmClass: 4, text: Buffer.from(text) };
    this.#pend({ kind: 'receipt', key: id, n, octets: deliverBody(body), sent: 0, flying: false });
  }

  /** A message for the client: short, or in three parts. */
  incoming(): void {
    const number = ++this.#incoming;
    const name = `incoming ${number}`;
    const from = `4477008${String(number).padStart(5, '0')}`;
    const to = '12345';
    if (number % 3 > 0) {
      const octets = deliverBody({ from, to, esmClass: 0, text: Buffer.from(name) });
      this.#pend({ kind: 'text', key: name, n: -1, octets, sent: 0, flying: false });
      return;
    }
    const total = 3;
    for (let part = 1; part <= total; part++) {
      const header = Buffer.from([5, 0, 3, number % 256, total, part]);
      const text = Buffer.concat([header, Buffer.from(part === 1 ? name : ` part ${part}`)]);
      const octets = deliverBody({ from, to, esmClass: 0x40, text });
      this.#pend({ kind: 'part', key: name, n: part, octets, sent: 0, flying: false });
    }
  }

  #pend(item: Pending): void {
    this.pending.push(item);
    this.deliver(item);
  }
}

const SUBMITTING = ['transceiver', 'transmitter'];

class Link {
  readonly #smsc: HostileSmsc;
  readonly #socket: Socket;
  readonly #number: number;
  readonly #frames = new Frames();
  readonly #waiting = new Map<number, Pending | 'other'>();
  #type = '';
  #sequence = 0;
  #cut = false;

  constructor(smsc: HostileSmsc, socket: Socket, number: number) {
    this.#smsc = smsc;
    this.#socket = socket;
    this.#number = number;
  }

  begin(): void {
    this.#socket.setNoDelay(true);
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => this.#gone());
    this.#socket.on('data', (chunk) => this.#read(chunk));
  }

  get receives(): boolean {
    return this.#type === 'transceiver' || this.#type === 'receiver';
  }

  deliver(item: Pending): void {
    if (!this.receives || this.#cut) return;
    item.sent++;
    item.flying = true;
    this.#request(COMMAND.deliver, item.octets, item);
  }

  #read(chunk: Buffer): void {
    if (this.#cut) return;
    try {
      for (const each of this.#frames.push(chunk)) {
        if (this.#cut) return;
        this.#take(each);
        if (!this.#cut && this.#type !== '' && this.#smsc.some(({ cut }) => cut)) this.#end();
      }
    } catch (error) {
      this.#smsc.offences.push(String(error));
      this.#cut = true;
      this.#socket.destroy();
    }
  }

  #take(pdu: Frame): void {
    const { command, sequence } = pdu;
    if (command >= RESPONSE) return this.#answered(pdu);
    switch (command) {
      case COMMAND.bindReceiver:
        return this.#bind(pdu, 'receiver');
      case COMMAND.bindTransmitter:
        return this.#bind(pdu, 'transmitter');
      case COMMAND.bindTransceiver:
        return this.#bind(pdu, 'transceiver');
      case COMMAND.submit:
        return this.#submit(pdu);
      case COMMAND.enquireLink:
        return this.#write(frame(command + RESPONSE, 0, sequence));
      case COMMAND.unbind:
        this.#write(frame(command + RESPONSE, 0, sequence));
        this.#cut = true;
        this.#gone();
        return void this.#socket.end();
      default:
        this.#smsc.offences.push(`command 0x${command.toString(16)}`);
    }
  }

  #bind({ command, sequence }: Frame, type: string): void {
    if (this.#type !== '') this.#smsc.offences.push('a second bind on one link');
    if (this.#smsc.some(({ bindRefused }) => bindRefused)) {
      return this.#write(frame(command + RESPONSE, STATUS.bindFailed, sequence));
    }
    this.#type = type;
    this.#write(frame(command + RESPONSE, 0, sequence, cString('hostile')));
    this.#smsc.bound(this);
  }

  #submit({ body, sequence }: Frame): void {
    const smsc = this.#smsc;
    if (!SUBMITTING.includes(this.#type))
      smsc.offences.push(`submit_sm on a ${this.#type || 'closed'} session`);
    const { destination, wantsReceipt, text, part } = readSubmit(body);
    const n = Number(/<(\d+)>/.exec(text)?.[1] ?? -1);
    const arrival: Arrival = {
      at: now(),
      n,
      segment: part?.index ?? 0,
      total: part?.total ?? 1,
      reference: part?.reference ?? -1,
      link: this.#number,
      text,
    };
    smsc.arrivals.push(arrival);
    if (smsc.some(({ unbind }) => unbind)) this.#request(COMMAND.unbind, Buffer.alloc(0), 'other');
    if (smsc.some(({ enquire }) => enquire)) this.#request(COMMAND.enquireLink, Buffer.alloc(0), 'other');
    if (smsc.some(({ junk }) => junk)) this.#junk();
    if (smsc.some(({ silent }) => silent)) return;

    const status = this.#statusFor(destination);
    const isLate = smsc.some(({ late }) => late);
    const latency = smsc.habits?.latency ?? [0, 0];
    const delay = isLate ? 300 + smsc.below(900) : smsc.between(latency);
    const answer = (): void => this.#answer(arrival, sequence, status, destination, wantsReceipt);
    if (delay === 0) answer();
    else smsc.after(delay, answer);
  }

  #statusFor(destination: string): number {
    const smsc = this.#smsc;
    if (destination === BAD_NUMBER) return STATUS.refused;
    if (smsc.some(({ throttled }) => throttled)) return STATUS.throttled;
    if (smsc.some(({ full }) => full)) return STATUS.full;
    return smsc.some(({ temporary }) => temporary) ? STATUS.temporary : STATUS.ok;
  }

  #answer(arrival: Arrival, sequence: number, status: number, to: string, wantsReceipt: boolean): void {
    const smsc = this.#smsc;
    const isAccepted = status === STATUS.ok;
    const id = isAccepted ? smsc.nextId() : undefined;
    if (id && wantsReceipt) {
      const isEarly = smsc.some(({ receiptEarly }) => receiptEarly);
      const delay = isEarly ? 0 : smsc.between(smsc.habits?.receiptAfter ?? [0, 5]);
      const tell = (): void => smsc.receipt(arrival.n, id.inReceipt, to);
      if (isEarly) tell();
      else smsc.after(delay, tell);
      if (smsc.some(({ receiptTwice }) => receiptTwice)) smsc.after(delay + smsc.below(200), tell);
    }
    // A link that is gone takes its answer along: to the SMSC the message is sent all the same.
    arrival.status = status;
    if (id) [arrival.id, arrival.receiptId] = [id.inResponse, id.inReceipt];
    if (this.#cut || this.#socket.destroyed) return;
    arrival.answeredAt = now();
    if (!isAccepted && smsc.some(({ nack }) => nack))
      return this.#write(frame(COMMAND.nack, status, sequence));
    const octets = frame(
      COMMAND.submit + RESPONSE,
      status,
      sequence,
      id ? cString(id.inResponse) : undefined,
    );
    if (smsc.some(({ wrongSequence }) => wrongSequence)) {
      this.#write(frame(COMMAND.submit + RESPONSE, 0, 0x7000_0000 + smsc.below(1000), cString('of-nobody')));
    }
    this.#write(octets);
    if (smsc.some(({ duplicate }) => duplicate)) this.#write(octets);
  }

  #answered({ command, status, sequence }: Frame): void {
    const item = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    if (command === COMMAND.nack || item === 'other') return;
    if (!item) return void this.#smsc.offences.push(`a response 0x${command.toString(16)} to nothing`);
    item.flying = false;
    if (status === 0) item.takenAt = now();
    else this.#smsc.after(30, () => this.#smsc.deliver(item));
  }

  #request(command: number, body: Buffer, item: Pending | 'other'): void {
    const sequence = ++this.#sequence;
    this.#waiting.set(sequence, item);
    this.#write(frame(command, 0, sequence, body));
  }

  #junk(): void {
    const below = (limit: number): number => this.#smsc.below(limit);
    const kinds = [
      // An unknown command, a deliver_sm that is cut short, an alert, an answer to nothing.
      () => frame(0x7777, 0, ++this.#sequence, Buffer.alloc(below(40), 0x41)),
      () => frame(COMMAND.deliver, 0, ++this.#sequence, Buffer.alloc(below(12), 0x31)),
      () => frame(COMMAND.alert, 0, ++this.#sequence, Buffer.from([1, 1, 0x31, 0, 1, 1, 0x32, 0])),
      () => frame(COMMAND.nack, 3, 0x6000_0000 + below(99)),
      () => frame(COMMAND.enquireLink + RESPONSE, 0, 0x6000_0000 + below(99)),
    ];
    const octets = (kinds[below(kinds.length)] as () => Buffer)();
    this.#waiting.set(octets.readUInt32BE(12), 'other');
    this.#write(octets);
  }

  #gone(): void {
    this.#smsc.gone(this);
    const items = [...this.#waiting.values()].filter((item) => item !== 'other');
    this.#waiting.clear();
    for (const item of items) {
      item.flying = false;
      this.#smsc.deliver(item);
    }
  }

  /** The link ends in the middle of whatever was going on. */
  #end(): void {
    this.#cut = true;
    this.#gone();
    const how = this.#smsc.below(3);
    if (how === 0) this.#socket.resetAndDestroy();
    else if (how === 1) this.#socket.end();
    else {
      this.#socket.write(frame(COMMAND.deliver, 0, 9, Buffer.alloc(50)).subarray(0, 30));
      this.#socket.resetAndDestroy();
    }
  }

  #write(octets: Buffer): void {
    if (this.#socket.destroyed) return;
    if (!this.#smsc.habits?.split) return void this.#socket.write(octets);
    const at = this.#smsc.below(octets.length);
    this.#socket.write(octets.subarray(0, at));
    this.#socket.write(octets.subarray(at));
  }
}
