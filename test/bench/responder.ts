/**
 * The other end of the bench: answers bind and submit_sm with as little work as
 * Node allows, one write per chunk read, so that the client is what is measured.
 * Tells its port by a message to the parent; ends when the parent goes.
 */
import * as net from 'node:net';

const HEADER = 16;
const SUBMIT_SM = 0x04;
const SUBMIT_SM_RESP = 0x80000004;
/** Eight digits and NUL: as short as ids are that never repeat. */
const ID_LENGTH = 9;
const RESPONSE_LENGTH = HEADER + ID_LENGTH;

let taken = 0;

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const octets = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const { answers, read } = answer(octets);
    rest = octets.subarray(read);
    if (answers.length > 0) socket.write(answers);
  });
  socket.on('error', () => socket.destroy());
});

function answer(octets: Buffer): { answers: Buffer; read: number } {
  // No response is longer than its request and the id together.
  const answers = Buffer.allocUnsafe(
    octets.length + RESPONSE_LENGTH * (1 + Math.floor(octets.length / HEADER)),
  );
  let read = 0;
  let written = 0;
  while (octets.length - read >= HEADER) {
    const length = octets.readUInt32BE(read);
    if (octets.length - read < length) break;
    written = respond(octets.readUInt32BE(read + 4), octets.readUInt32BE(read + 12), answers, written);
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
  let id = ++taken;
  for (let digit = at + HEADER + ID_LENGTH - 2; digit >= at + HEADER; digit--) {
    into[digit] = 0x30 + (id % 10);
    id = Math.floor(id / 10);
  }
  into[at + RESPONSE_LENGTH - 1] = 0;
  return at + RESPONSE_LENGTH;
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
process.on('disconnect', () => process.exit());
