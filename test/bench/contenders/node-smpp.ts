import { ask, connectPeer } from '../../support/node-smpp';
import { DESTINATION, SOURCE, TEXT, type Contender } from './types';

/** npm `smpp`, which has no window: the next submit goes out when a response comes. */
export const nodeSmpp: Contender = {
  title: 'npm smpp 0.5.1',
  async open({ port, window }) {
    const session = await connectPeer(port);
    session.socket.setNoDelay(true);
    await ask(session, 'bind_transceiver', { system_id: 'bench', password: '' });
    let told = (): void => undefined;
    session.on('deliver_sm', (pdu) => {
      session.send(pdu.response());
      told();
    });
    const fields = {
      source_addr: SOURCE,
      destination_addr: DESTINATION,
      registered_delivery: 1,
      data_coding: 0,
      short_message: TEXT,
    };
    return {
      send: (count) =>
        new Promise((resolve) => {
          let toSend = count;
          let toCome = count;
          const next = (): void => {
            if (toSend-- > 0) session.submit_sm(fields, answered);
          };
          const answered = (): void => {
            if (--toCome === 0) resolve();
            else next();
          };
          for (let n = 0; n < window; n++) next();
        }),
      receive: (count) =>
        new Promise((resolve) => {
          let toCome = count;
          told = () => {
            if (--toCome === 0) resolve();
          };
          session.query_sm({ message_id: String(count) }, () => undefined);
        }),
      close: () => new Promise((resolve) => session.close(resolve)),
    };
  },
};
