import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { encodePdu } from '../../../src/protocol';
import { DESTINATION, SOURCE, TEXT, type Contender } from './types';

const SUBMIT_SM_RESP = 0x80000004;
const DELIVER_SM = 5;
const HEADER = 16;
const QUERY_SM = 3;

const submit = encodePdu({
  command: 'submit_sm',
  sequence_number: 1,
  source_addr: SOURCE,
  destination_addr: DESTINATION,
  registered_delivery: 1,
  short_message: Buffer.from(TEXT),
});

/** The floor: the same octets over a socket of Node's, counted and nothing else. */
export const bareSocket: Contender = {
  title: 'bare socket',
  async open({ port, window }) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    socket.write(encodePdu({ command: 'bind_transceiver', sequence_number: 1, system_id: 'bench' }));
    await once(socket, 'data');
    let heard: (id: number) => void = () => undefined;
    read(socket, (id) => heard(id));
    return {
      send: (count) =>
        new Promise((resolve) => {
          let toSend = count;
          let toCome = count;
          let next = 0;
          const write = (): void => {
            const now = Math.min(next, toSend);
            next = 0;
            toSend -= now;
            if (now > 0) socket.write(Buffer.concat(Array<Buffer>(now).fill(submit)));
          };
          heard = (id) => {
            if (id === 0) return write();
            if (id !== SUBMIT_SM_RESP) return;
            next++;
            if (--toCome === 0) resolve();
          };
          next = window;
          write();
        }),
      receive: (count) =>
        new Promise((resolve) => {
          let toCome = count;
          let next = 0;
          const answer = encodePdu({ command: 'deliver_sm_resp', sequence_number: 1 });
          heard = (id) => {
            if (id === DELIVER_SM) next++;
            if (id !== 0 || next === 0) return;
            socket.write(Buffer.concat(Array<Buffer>(next).fill(answer)));
            toCome -= next;
            next = 0;
            if (toCome <= 0) resolve();
          };
          socket.write(
            encodePdu({ command: 'query_sm', sequence_number: QUERY_SM, message_id: String(count) }),
          );
        }),
      close: async () => void socket.destroy(),
    };
  },
};

/** Tells the command of each PDU, and 0 at the end of a chunk. */
function read(socket: Socket, tell: (id: number) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const octets = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (octets.length - at >= HEADER) {
      const length = octets.readUInt32BE(at);
      if (octets.length - at < length) break;
      tell(octets.readUInt32BE(at + 4));
      at += length;
    }
    rest = octets.subarray(at);
    tell(0);
  });
}
