/** Just as much of SMPP as a hostile SMSC needs, written apart from what it is to put to the test. */
export const COMMAND = {
  nack: 0x80000000,
  bindReceiver: 1,
  bindTransmitter: 2,
  submit: 4,
  deliver: 5,
  unbind: 6,
  bindTransceiver: 9,
  outbind: 0x0b,
  enquireLink: 0x15,
  alert: 0x102,
} as const;
export const RESPONSE = 0x80000000;

export interface Frame {
  readonly command: number;
  readonly status: number;
  readonly sequence: number;
  readonly body: Buffer;
}

export interface Submit {
  readonly destination: string;
  readonly wantsReceipt: boolean;
  readonly text: string;
  /** Of a long message: reference, how many parts, which (from 0). */
  readonly part?: { readonly reference: number; readonly total: number; readonly index: number };
}

const HEADER = 16;

export function frame(
  command: number,
  status: number,
  sequence: number,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  const octets = Buffer.alloc(HEADER + body.length);
  octets.writeUInt32BE(octets.length, 0);
  octets.writeUInt32BE(command >>> 0, 4);
  octets.writeUInt32BE(status, 8);
  octets.writeUInt32BE(sequence, 12);
  body.copy(octets, HEADER);
  return octets;
}

export const cString = (text: string): Buffer => Buffer.from(`${text}\0`, 'latin1');

export function deliverBody(fields: { from: string; to: string; esmClass: number; text: Buffer }): Buffer {
  const { from, to, esmClass, text } = fields;
  return Buffer.concat([
    cString(''),
    Buffer.from([1, 1]),
    cString(from),
    Buffer.from([1, 1]),
    cString(to),
    Buffer.from([esmClass, 0, 0]),
    cString(''),
    cString(''),
    Buffer.from([0, 0, 0, 0, text.length]),
    text,
  ]);
}

/** Cuts a stream into frames. */
export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Frame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const found: Frame[] = [];
    while (this.#rest.length >= HEADER) {
      const length = this.#rest.readUInt32BE(0);
      if (length < HEADER || length > 70_000) throw new Error(`a PDU of ${length} octets came`);
      if (this.#rest.length < length) break;
      found.push({
        command: this.#rest.readUInt32BE(4),
        status: this.#rest.readUInt32BE(8),
        sequence: this.#rest.readUInt32BE(12),
        body: Buffer.from(this.#rest.subarray(HEADER, length)),
      });
      this.#rest = this.#rest.subarray(length);
    }
    return found;
  }
}

export function readSubmit(body: Buffer): Submit {
  let at = 0;
  const text = (): string => {
    const end = body.indexOf(0, at);
    const value = body.toString('latin1', at, end);
    at = end + 1;
    return value;
  };
  const octet = (): number => body[at++] as number;
  text();
  at += 2;
  text();
  at += 2;
  const destination = text();
  const esmClass = octet();
  at += 2;
  text();
  text();
  const registered = octet();
  at += 3;
  const length = octet();
  const message = body.subarray(at, at + length);
  if (message.length !== length) throw new Error('short_message is shorter than sm_length says');
  const wantsReceipt = (registered & 3) !== 0;
  if ((esmClass & 0x40) === 0) return { destination, wantsReceipt, text: message.toString('latin1') };
  const header = 1 + (message[0] as number);
  const [, , , reference = -1, total = 0, number = 0] = message;
  return {
    destination,
    wantsReceipt,
    text: message.toString('latin1', header),
    part: { reference, total, index: number - 1 },
  };
}
