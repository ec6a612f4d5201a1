import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../../src/clock';
import { Reassembly } from '../../../../src/client/inbound/reassembly/reassembly';
import { silentLog } from '../../../../src/observability';
import { openDiskStore, openMemoryStore, type Store } from '../../../../src/index';
import { Reassembler, type MessagePart } from '../../../../src/text';
import { usedOctets } from '../../../support/memory';

const MIB = 1024 * 1024;
/** What is promised of all that waits. */
const PROMISED = 16 * MIB;

const FIELDS = JSON.stringify({
  command: 'deliver_sm',
  command_status: 'ESME_ROK',
  service_type: '',
  source_addr: '447700900123',
  esm_class: 64,
  data_coding: 0,
});

function part(n: number, fields: Partial<MessagePart> = {}): MessagePart {
  return {
    ...{ source: `4477${n}`, destination: '1234', method: 'udh8', reference: n & 0xff },
    ...{ total: 255, part: 1, data_coding: 0 },
    octets: Buffer.from('x'),
    header: Buffer.from([5, 0, 3, n & 0xff, 255, 1]),
    ...fields,
  };
}

/** What a peer throws, part by part. */
const ATTACKS: Readonly<Record<string, { count: number; part: (n: number) => MessagePart }>> = {
  'one octet each, of messages that never end': {
    count: 160_000,
    part: (n) => part(Math.floor(n / 254), { part: (n % 254) + 1, context: `${FIELDS}${n}` }),
  },
  'one octet each, of as many messages': {
    count: 160_000,
    part: (n) => part(n, { context: `${FIELDS}${n}` }),
  },
  'one octet each, without anything beside it': {
    count: 170_000,
    part: (n) => part(Math.floor(n / 254), { part: (n % 254) + 1 }),
  },
  'with addresses that say a lot': {
    count: 60_000,
    part: (n) => part(n, { source: `${n}`.padStart(64, '/'), destination: '%'.repeat(64) }),
  },
  'with 60 kB each': { count: 3000, part: (n) => part(n, { octets: Buffer.alloc(60_000) }) },
  'with a header of 250 octets each': { count: 80_000, part: (n) => part(n, { header: Buffer.alloc(250) }) },
  'with what the caller needs of 4 kB, as an object': {
    count: 20_000,
    part: (n) => part(n, { context: { n, tlvs: {}, text: `${n}`.padEnd(2000, 'ж') } }),
  },
  'of one message, always another first one': {
    count: 60_000,
    part: (n) => part(1, { octets: Buffer.from(`${n}`) }),
  },
  'of messages of 255 parts that all come': {
    count: 255 * 600,
    part: (n) => part(Math.floor(n / 255), { part: (n % 255) + 1 }),
  },
  'of messages of one part': { count: 60_000, part: (n) => part(n, { total: 1 }) },
};

describe('Parts of long messages', function () {
  this.timeout(120_000);

  for (const [what, attack] of Object.entries(ATTACKS)) {
    it(`${what}, take no more memory than is promised, of the reassembler's own`, async () => {
      const before = await usedOctets();
      const reassembler = new Reassembler();
      for (let n = 0; n < attack.count; n++) reassembler.add(attack.part(n), n);
      const more = (await usedOctets()) - before;
      assert.ok(reassembler.octets <= PROMISED);
      assert.ok(more <= PROMISED, `${Math.round(more / 1024)} KiB more`);
    });
  }

  it('stay what they are while they wait', () => {
    const reassembler = new Reassembler();
    const parts = [3, 1, 2].map((number) =>
      part(1, {
        total: 3,
        part: number,
        data_coding: 240 + number,
        octets: Buffer.from(Array.from({ length: 256 }, (_, octet) => octet)),
        header: number === 2 ? undefined : Buffer.alloc(256, 0xff - number),
        context: number === 3 ? undefined : { number, deep: { octets: 'ж' } },
      }),
    );
    const joined = parts.map((one) => reassembler.add(one, 0).message).at(-1);
    assert.equal(joined?.complete, true);
    const expected = [1, 2, 3].map((number) => {
      const { header, context, ...others } = parts.find((one) => one.part === number) as MessagePart;
      return { ...others, ...(header && { header }), ...(context !== undefined && { context }) };
    });
    assert.deepEqual(joined.parts, expected);
  });

  describe('with a store', () => {
    let directory: string;
    let store: Store;
    const limits = { capacity: 0, whenFull: 'reject', clock: systemClock } as const;
    beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'smpp-parts-'))));
    afterEach(async () => {
      await store.close();
      await rm(directory, { recursive: true });
    });

    async function open(kind: string): Promise<Store> {
      const account = { host: 'h', systemId: 's' };
      store =
        kind === 'disk' ? await openDiskStore({ directory, account, ...limits }) : openMemoryStore(limits);
      return store;
    }

    function reassembly(timeout = 300_000): Reassembly {
      return new Reassembly({ clock: systemClock, log: silentLog, store, timeout });
    }

    for (const kind of ['memory', 'disk']) {
      it(`take no more memory than is promised with the store ${kind}, after a restart neither`, async () => {
        await open(kind);
        const before = await usedOctets();
        let one = reassembly();
        for (const life of [1, 2]) {
          for (let n = 0; n < 21_000; n += 100) {
            const some = Array.from({ length: 100 }, (_, at) =>
              part(life * 100_000 + Math.floor((n + at) / 3), {
                part: ((n + at) % 3) + 1,
                context: FIELDS.repeat(4),
              }),
            );
            await Promise.all(some.map((given) => one.add(given)));
          }
          const more = (await usedOctets()) - before;
          assert.ok(more <= PROMISED + 4 * MIB, `${Math.round(more / 1024)} KiB more in life ${life}`);
          await one.stop();
          one = reassembly();
        }
        const kept = await store.state.list('reassembly:');
        const octets = kept.reduce((sum, [, value]) => sum + value.length, 0);
        assert.ok(octets <= 1.5 * PROMISED, `${octets} octets in the store`);
        await one.stop();
      });
    }

    it('are not answered faster than a flow takes what is given up for them', async () => {
      await open('memory');
      const one = reassembly();
      const release: (() => void)[] = [];
      one.onIncomplete(() => new Promise((resolve) => release.push(() => resolve(true))));
      let answered = 0;
      const parts = Array.from({ length: 11_000 }, (_, n) => one.add(part(n)).then(() => answered++));
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(release.length, 1000);
      assert.ok(answered <= 10_100, `${answered} answered`);
      for (const done of release.splice(0)) done();
      await Promise.all(parts);
      await one.stop();
    });
  });
});
