import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Context } from 'mocha';
import type { SmppClientOptions } from '../../src/index';
import { ownPrefix, redisUrl } from '../support/brokers';
import { startChild } from '../support/child';
import { Peer } from '../support/peer';
import { rounds } from '../support/rounds';
import { needs } from '../support/skip';
import { pass, until } from '../support/until';
import { textsOf } from '../client/setup';

const ROUNDS = rounds(20, 5);
const KEYS = 300;
/** Milliseconds between a submit and its answer, so that kills find messages in every place. */
const ANSWER = 20;

interface Tally {
  /** Ids that messages of a key went out or were told with, by key. */
  readonly ids: Map<string, Set<string>>;
  /** Transmissions of a key that were not marked as redelivered. */
  readonly fresh: Map<string, number>;
}

function note({ ids, fresh }: Tally, line: string): void {
  const [kind, key = '', id = '', mark] = line.split(' ');
  if (kind !== 's' && kind !== 'o') return;
  ids.set(key, (ids.get(key) ?? new Set()).add(id));
  if (kind === 's' && mark === 'n') fresh.set(key, (fresh.get(key) ?? 0) + 1);
}

/** Kills a client again and again; each of its lives gives the same keys. */
async function killed(options: SmppClientOptions): Promise<Tally & { readonly texts: string[] }> {
  const tally: Tally = { ids: new Map(), fresh: new Map() };
  const peer = await Peer.start({
    submit_sm: (pdu, link) => {
      setTimeout(() => {
        if (!link.ended) link.answer(pdu, { message_id: `m${pdu.sequence_number}` });
      }, ANSWER);
      return undefined;
    },
  });
  const life = async (lasts: number | undefined): Promise<void> => {
    const given = { ...options, port: peer.port, systemId: 'a', password: 'b' };
    const child = startChild(join(__dirname, 'keys-child.ts'), [JSON.stringify(given), String(KEYS)]);
    let begun = false;
    let ended = false;
    createInterface(child.stdout).on('line', (line) => {
      begun = true;
      ended ||= line === 'e';
      note(tally, line);
    });
    const gone = once(child, 'exit');
    if (lasts === undefined) await until(() => ended, 'all outcomes', 60_000);
    else {
      await until(() => begun, 'the first message', 20_000);
      await pass(lasts);
      child.kill('SIGKILL');
    }
    await gone;
  };
  try {
    for (let round = 0; round < ROUNDS; round++) await life(((round * 37) % 11) * 15);
    await life(undefined);
    return { ...tally, texts: peer.links.flatMap((link) => textsOf(link.requests('submit_sm'))) };
  } finally {
    await peer.stop();
  }
}

function assertOnce({ ids, fresh, texts }: Awaited<ReturnType<typeof killed>>): void {
  assert.equal(new Set(texts).size, KEYS);
  assert.equal(ids.size, KEYS);
  for (const [key, some] of ids) assert.equal(some.size, 1, `key ${key} had ids ${[...some].join()}`);
  for (const [key, times] of fresh) assert.equal(times, 1, `key ${key} went out ${times} times as new`);
}

describe(`A client killed ${ROUNDS} times while it sends by idempotency keys, which are given again each time`, function () {
  this.timeout(240_000);

  it('sends each key as one message, on the disk queue', async () => {
    const queueDirectory = mkdtempSync(join(tmpdir(), 'keys-'));
    try {
      assertOnce(await killed({ queue: 'disk', queueDirectory }));
    } finally {
      rmSync(queueDirectory, { recursive: true, force: true });
    }
  });

  it('sends each key as one message, in Redis', async function (this: Context) {
    needs(this, 'redis');
    const queueUrl = await redisUrl(this);
    assertOnce(
      await killed({ queue: 'redis', queueUrl, keyPrefix: ownPrefix(), clientId: 'keys', leaseTime: 1 }),
    );
  });
});
