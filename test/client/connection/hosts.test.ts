import assert from 'node:assert/strict';
import { HostSelector, BoundCounts, endpointsOf } from '../../../src/client/connection/hosts';
import { normalise } from '../../../src/client/plugins/normalise';
import { BindError } from '../../../src/session';
import { FakeClock } from '../../support/clock';

const RALYBND = new BindError(0x05, 'host');
const RINVPASWD = new BindError(0x0e, 'host');

function hostSelector(hosts: number, boundCounts = new BoundCounts()) {
  const clock = new FakeClock();
  const settings = { reconnectMin: 1000, reconnectMax: 60_000 };
  return {
    clock,
    boundCounts,
    hostSelector: new HostSelector({ hosts, boundCounts, settings, clock, random: () => 1 }),
  };
}

describe('The hosts of a link', () => {
  const options = { host: 'a', port: 1, failover: [{ host: 'b', port: 2 }, { host: 'c' }] };

  it('are the main one and then the others in their order, at the port of the main one if they have none', () => {
    assert.deepEqual(endpointsOf(normalise(options), 'transceiver'), [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
      { host: 'c', port: 1 },
    ]);
  });

  it('are its own for the receiver of a pair, as far as they are given', () => {
    const failover = [
      { host: 'b', port: 2, receiverHost: 'rb' },
      { host: 'c', receiverPort: 7 },
    ];
    const pair = normalise({ ...options, bindType: 'pair', receiverHost: 'ra', failover });
    assert.deepEqual(endpointsOf(pair, 'receiver'), [
      { host: 'ra', port: 1 },
      { host: 'rb', port: 2 },
      { host: 'c', port: 7 },
    ]);
    assert.deepEqual(endpointsOf(pair, 'transmitter'), [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
      { host: 'c', port: 1 },
    ]);
  });
});

describe('The order in which hosts are tried', () => {
  it('is the first one whose time has come, else the one whose time comes first', async () => {
    const { hostSelector: it, clock } = hostSelector(3);
    assert.deepEqual(it.next(), { at: 0, wait: 0 });
    it.failed(0);
    assert.deepEqual(it.next(), { at: 1, wait: 0 });
    it.failed(1, RINVPASWD);
    it.failed(2, RALYBND);
    assert.deepEqual(it.next(), { at: 0, wait: 1000 });
    await clock.advance(1000);
    it.failed(0);
    assert.deepEqual(it.next(), { at: 2, wait: 0 });
    it.failed(2, RALYBND);
    assert.deepEqual(it.next(), { at: 0, wait: 2000 });
  });

  it('waits longer after each failure at a host, whatever happens at others, until a bind there has held', async () => {
    const { hostSelector: it, clock } = hostSelector(2);
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      it.failed(1, RINVPASWD);
      it.failed(0);
      const { at, wait } = it.before(1);
      assert.equal(at, 0);
      waits.push(wait);
      await clock.advance(wait);
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    it.held(0);
    assert.deepEqual(it.next(), { at: 0, wait: 0 });
    it.failed(0);
    it.failed(1);
    assert.deepEqual(it.next(), { at: 0, wait: 1000 });
  });

  it('does not go past a host where another session is bound', () => {
    const { hostSelector: it, boundCounts } = hostSelector(3);
    boundCounts.enter(1);
    it.failed(0);
    it.failed(1);
    assert.deepEqual(it.next(), { at: 0, wait: 1000 });
    boundCounts.enter(0);
    boundCounts.leave(1);
    assert.deepEqual(it.next(), { at: 0, wait: 1000 });
    boundCounts.leave(0);
    assert.deepEqual(it.next(), { at: 2, wait: 0 });
  });

  it('waits longer for a host that says it knows no session, however late, until it takes something', async () => {
    const { hostSelector: it, clock } = hostSelector(1);
    const unknown = { code: 'session-unknown' } as const;
    const waits: number[] = [];
    const ends = [
      [60_000, 'none'],
      [60_000, 'none'],
      [100, 'alive'],
      [100, 'served'],
      [60_000, 'none'],
      [60_000, 'alive'],
      [60_000, 'none'],
      [60_000, 'served'],
    ] as const;
    for (const [held, evidence] of ends) {
      it.left(0, held, unknown, evidence);
      waits.push(it.next().wait);
      await clock.advance(it.next().wait);
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 1000, 2000, 0, 1000, 0]);
  });

  it('begins with short waits where the bind failed for whatever reason, and goes up to the longest', async () => {
    for (const status of [0x05, 0x08, 0x0d, 0x14, 0x58]) {
      const { hostSelector: it, clock } = hostSelector(1);
      const waits: number[] = [];
      for (let n = 0; n < 3; n++) {
        it.failed(0, new BindError(status, 'host'));
        waits.push(it.next().wait);
        await clock.advance(it.next().wait);
      }
      assert.deepEqual(waits, [1000, 2000, 4000], String(status));
    }
  });

  it('begins anew when somebody asks to connect', () => {
    const { hostSelector: it } = hostSelector(2);
    it.failed(0, RINVPASWD);
    it.failed(1, RINVPASWD);
    it.reset();
    assert.deepEqual(it.next(), { at: 0, wait: 0 });
  });
});
