/**
 * An SMSC that only delivers: when its parent asks for so many, it sends receipts with ids that count up, so many
 * unanswered as its window has, and tells when the last is answered. Does as little work as Node allows.
 */
import * as net from 'node:net';

const HEADER = 16;
const DELIVER_SM = 0x05;
const DELIVER_SM_RESP = 0x80000005;
/** Digits of a message_id. */
export const ID_DIGITS = 10;
export const RECIPIENT = '491700000000';

const window = Number(process.argv[2] ?? 100);

/** One receipt, and where its id stands in it. */
function template(): { pdu: Buffer; at: number } {
  const id = `7${'0'.repeat(ID_DIGITS - 1)}`;
  const text =
    `id:${id} sub:001 dlvrd:001 submit date:2401011200 done date:2401011201 ` +
    'stat:DELIVRD err:000 text:Your code is 123456';
  const body = Buffer.concat([
    Buffer.from(`\0\x01\x01${RECIPIENT}\0\x05\0Bench\0\x04\0\0\0\0\0\0\0\0`, 'latin1'),
    Buffer.from([text.length]),
    Buffer.from(text),
  ]);
  const pdu = Buffer.concat([Buffer.alloc(HEADER), body]);
  pdu.writeUInt32BE(pdu.length, 0);
  pdu.writeUInt32BE(DELIVER_SM, 4);
  return { pdu, at: pdu.indexOf('id:') + 3 };
}

const { pdu: one, at: idAt } = template();
let socket: net.Socket | undefined;
let sent = 0;
let answered = 0;
let wanted = 0;

/** As many as the window has room for, in one write. */
function deliver(): void {
  const count = Math.min(window - (sent - answered), wanted - sent);
  if (count <= 0) return;
  const octets = Buffer.allocUnsafe(count * one.length);
  for (let nth = 0; nth < count; nth++) {
    const at = nth * one.length;
    one.copy(octets, at);
    octets.writeUInt32BE(++sent, at + 12);
    for (let id = sent, digit = ID_DIGITS - 1; id > 0; id = Math.floor(id / 10), digit--)
      octets[at + idAt + digit] = 0x30 + (id % 10);
  }
  socket?.write(octets);
}

function answer(octets: Buffer): number {
  let read = 0;
  for (; octets.length - read >= HEADER;) {
    const length = octets.readUInt32BE(read);
    if (octets.length - read < length) break;
    const command = octets.readUInt32BE(read + 4);
    if (command !== DELIVER_SM_RESP) respond(command, octets.readUInt32BE(read + 12));
    else if (octets.readUInt32BE(read + 8) !== 0) throw new Error('a receipt was refused');
    else answered++;
    read += length;
  }
  return read;
}

function respond(command: number, sequenceNumber: number): void {
  const isBind = command === 0x01 || command === 0x02 || command === 0x09;
  const octets = Buffer.alloc(HEADER + (isBind ? 1 : 0));
  octets.writeUInt32BE(octets.length, 0);
  octets.writeUInt32BE((command | 0x80000000) >>> 0, 4);
  octets.writeUInt32BE(sequenceNumber, 12);
  socket?.write(octets);
}

if (process.send) {
  const server = net.createServer({ noDelay: true }, (given) => {
    socket = given;
    let rest: Buffer = Buffer.alloc(0);
    given.on('data', (chunk: Buffer) => {
      const octets = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      rest = octets.subarray(answer(octets));
      deliver();
      if (wanted > 0 && answered === wanted) process.send?.({ delivered: answered });
    });
    given.on('error', () => given.destroy());
  });
  process.on('message', ({ count }: { count: number }) => {
    wanted += count;
    deliver();
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as net.AddressInfo).port }));
  process.on('disconnect', () => process.exit());
}
