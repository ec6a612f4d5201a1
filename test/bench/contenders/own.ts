import { createRequire } from 'node:module';
import * as path from 'node:path';
import type * as Library from '../../../src';
import { DESTINATION, SOURCE, TEXT, type Contender } from './types';

/** As it is shipped: compiled. */
function library(): typeof Library {
  return createRequire(__filename)(path.resolve(__dirname, '../../../dist/src')) as typeof Library;
}

/** Enough messages that wait for the window never to run dry. */
const WAITING = 1000;

/** The whole road of this package: intake, memory queue, window, correlation, outcome. */
export const own: Contender = {
  title: 'this package (memory store)',
  async open(port, window) {
    const { SmppClient } = library();
    const client = new SmppClient({ port, windowSize: window, systemId: 'bench', logLevel: 'silent' });
    await client.start({ failFast: true });
    const message = { source_addr: SOURCE, destination_addr: DESTINATION, short_message: TEXT };
    return {
      send: async (count) => {
        let left = count;
        const one = async (): Promise<void> => {
          while (left-- > 0) await client.send(message);
        };
        await Promise.all(Array.from({ length: Math.max(WAITING, 2 * window) }, one));
      },
      close: () => client.stop(),
    };
  },
};
