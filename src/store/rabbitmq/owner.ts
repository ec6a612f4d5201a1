import type { Clock } from '../../clock';
import {
  holdsAnything,
  isSameAccount,
  readAccount,
  type Claimable,
  type Foreign,
  type StoreAccount,
} from '../account';
import type { Store } from '../types';
import type { Broker } from './broker';
import { KEYS, type Names } from './names';
import type { Publisher } from './publisher';
import { sleep } from '../../waiting';

const CONTENT_TYPE = 'application/json';
/** Another instance that looks at the same moment has it for so long. */
const TRIES = 5;
const BETWEEN = 30;

export interface OwnerParts {
  readonly clock: Clock;
  readonly names: Names;
  readonly broker: Broker;
  readonly publisher: Publisher;
}

/** Whose messages the queues hold: the one message of a queue of its own. */
export function claimable(store: Store, { clock, names, broker, publisher }: OwnerParts): Store & Claimable {
  const read = async (): Promise<StoreAccount | undefined> => {
    const link = await broker.up();
    for (let tries = 0; tries < TRIES; tries++) {
      if (tries > 0) await sleep(clock, BETWEEN);
      const channel = await link.openChannel();
      try {
        const message = await channel.get(names.account);
        if (message) return readAccount(message.content);
      } finally {
        // Hands it back.
        await channel.close().catch(() => undefined);
      }
    }
    return undefined;
  };
  return {
    ...store,
    foreign: async (account): Promise<Foreign | undefined> => {
      const owner = await read();
      if (!owner || isSameAccount(owner, account)) return undefined;
      const { queued, leased } = await store.queue.stats();
      const deadLetters = (await store.deadLetters?.list({ limit: 0 }))?.total ?? 0;
      const holdings = { messages: queued + leased, deadLetters, awaitedReceipts: 0 };
      return holdsAnything(holdings) ? { owner, holdings } : undefined;
    },
    own: async (account) => {
      const owner = await read();
      const isSame = owner !== undefined && isSameAccount(owner, account);
      if (owner && isSame && JSON.stringify(owner) === JSON.stringify(account)) return undefined;
      const content = Buffer.from(JSON.stringify(account));
      const { exchange } = names;
      await publisher.publish([
        { exchange, key: KEYS.account, id: 'account', content, contentType: CONTENT_TYPE },
      ]);
      return isSame ? undefined : owner;
    },
    // The correlation has an owner itself.
    forgetAwaited: () => Promise.resolve(),
  };
}
