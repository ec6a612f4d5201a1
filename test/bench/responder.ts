/**
 * The other end of the bench: answers bind and submit_sm with as little work as Node allows, one write per chunk read,
 * so that the client is what is measured. A query_sm asks for receipts: its message_id is the number of them. Every
 * client is sent an enquire_link each so often. Tells its port by a message to the parent, and asked by one, how long
 * the answers to enquire_link took; ends when the parent goes.
 */
import * as net from 'node:net';

const HEADER = 16;
const SUBMIT_SM = 0x04;
const SUBMIT_SM_RESP = 0x80000004;
const QUERY_SM = 0x03;
const QUERY_SM_RESP = 0x80000003;
const DELIVER_SM = 0x05;
const DELIVER_SM_RESP = 0x80000005;
const ENQUIRE_LINK = 0x15;
const ENQUIRE_LINK_RESP = 0x80000015;
const GENERIC_NACK = 0x80000000;
/** Eight digits and NUL: as short as ids are that never repeat. */
const ID_LENGTH = 9;
const RESPONSE_LENGTH = HEADER + ID_LENGTH;
/** Of the longest answer: that to a query. */
const LONGEST = HEADER + ID_LENGTH + 3;
/** deliver_sm outstanding at most. */
const WINDOW = 100;
const ENQUIRE_EVERY = 25;

let taken = 0;
const latencies: number[] = [];

/** As an SMSC has it: from the recipient to the sender, with the id and the state in the text. */
const receipt = ((): Buffer => {
  const text =
    'id:00000000 sub:001 dlvrd:001 submit date:2611301200 done date:2611301201 stat:DELIVRD err:000 text:Your parcel';
  const body = Buffer.concat([
    Buffer.from('\0\x01\x014917187654321\0\x01\x014915112345678\0', 'latin1'),
    Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 0, text.length]),
    Buffer.from(text),
  ]);
  const pdu = Buffer.alloc(HEADER + body.length);
  writeHeader(pdu, 0, pdu.length, DELIVER_SM, 0);
  body.copy(pdu, HEADER);
  return pdu;
})();
const ID_AT = receipt.indexOf('00000000');

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0);
  const feed = { toGo: 0, free: WINDOW, next: 0 };
  const enquiries = setInterval(() => enquire(socket), ENQUIRE_EVERY);
  socket.on('data', (chunk: Buffer) => {
    const octets = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const { answers, read } = answer(octets, feed);
    rest = octets.subarray(read);
    if (answers.length > 0) socket.write(answers);
    const count = Math.min(feed.free, feed.toGo);
    if (count > 0) socket.write(receipts(count, feed));
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearInterval(enquiries));
});

function enquire(socket: net.Socket): void {
  const octets = Buffer.alloc(HEADER);
  // The number is the time at which it was sent.
  writeHeader(octets, 0, HEADER, ENQUIRE_LINK, Math.round(performance.now()));
  socket.write(octets);
}

interface Feed {
  toGo: number;
  free: number;
  next: number;
}

function receipts(count: number, feed: Feed): Buffer {
  const octets = Buffer.allocUnsafe(count * receipt.length);
  for (let at = 0; at < octets.length; at += receipt.length) {
    receipt.copy(octets, at);
    octets.writeUInt32BE(feed.next, at + 12);
    writeId(octets, at + ID_AT, feed.next++);
  }
  feed.toGo -= count;
  feed.free -= count;
  return octets;
}

function answer(octets: Buffer, feed: Feed): { answers: Buffer; read: number } {
  const answers = Buffer.allocUnsafe(LONGEST * (1 + Math.floor(octets.length / HEADER)));
  let read = 0;
  let written = 0;
  while (octets.length - read >= HEADER) {
    const length = octets.readUInt32BE(read);
    if (octets.length - read < length) break;
    const command = octets.readUInt32BE(read + 4);
    const sequenceNumber = octets.readUInt32BE(read + 12);
    if (command === DELIVER_SM_RESP) feed.free++;
    else if (command === ENQUIRE_LINK_RESP) latencies.push(performance.now() - sequenceNumber);
    else if (command === QUERY_SM) {
      feed.toGo = Number.parseInt(octets.toString('latin1', read + HEADER, read + length), 10);
      feed.next = taken - feed.toGo + 1;
      written = respondToQuery(sequenceNumber, answers, written);
    } else if (command < GENERIC_NACK) written = respond(command, sequenceNumber, answers, written);
    read += length;
  }
  return { answers: answers.subarray(0, written), read };
}

function respond(command: number, sequenceNumber: number, into: Buffer, at: number): number {
  if (command !== SUBMIT_SM) {
    // A bind response wants an empty system_id, all others nothing: both are short.
    const isBind = command === 0x01 || command === 0x02 || command === 0x09;
    const length = HEADER + (isBind ? 1 : 0);
    writeHeader(into, at, length, (command | 0x80000000) >>> 0, sequenceNumber);
    if (isBind) into[at + HEADER] = 0;
    return at + length;
  }
  writeHeader(into, at, RESPONSE_LENGTH, SUBMIT_SM_RESP, sequenceNumber);
  writeId(into, at + HEADER, ++taken);
  into[at + RESPONSE_LENGTH - 1] = 0;
  return at + RESPONSE_LENGTH;
}

/** message_id, final_date, message_state, error_code. */
function respondToQuery(sequenceNumber: number, into: Buffer, at: number): number {
  writeHeader(into, at, HEADER + 5, QUERY_SM_RESP, sequenceNumber);
  into.set([0x31, 0, 0, 2, 0], at + HEADER);
  return at + HEADER + 5;
}

function writeId(into: Buffer, at: number, number: number): void {
  let id = number;
  for (let digit = at + ID_LENGTH - 2; digit >= at; digit--) {
    into[digit] = 0x30 + (id % 10);
    id = Math.floor(id / 10);
  }
}

function writeHeader(
  into: Buffer,
  at: number,
  length: number,
  command: number,
  sequenceNumber: number,
): void {
  into.writeUInt32BE(length, at);
  into.writeUInt32BE(command, at + 4);
  into.writeUInt32BE(0, at + 8);
  into.writeUInt32BE(sequenceNumber, at + 12);
}

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as net.AddressInfo).port }));
process.on('message', () => process.send?.({ latencies: latencies.splice(0) }));
process.on('disconnect', () => process.exit());
