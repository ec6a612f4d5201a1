import assert from 'node:assert/strict';
import type { Context } from 'mocha';
import { amqpUrl, ownPrefix, redisUrl, startRabbit, startRedis } from '../support/brokers';
import { Proxy, through } from '../support/proxy';
import { rounds } from '../support/rounds';
import { hitsOn, rabbitPlace, redisPlace } from './places';
import { REPEATS_PER_KILL, torture, type Place, type TortureReport } from './torture';

const KINDS = {
  Redis: {
    shared: redisUrl,
    own: (context: Context) => startRedis(context, { appendonly: true }),
    placeAt: redisPlace,
  },
  RabbitMQ: { shared: amqpUrl, own: (context: Context) => startRabbit(context), placeAt: rabbitPlace },
};

const KILLS = rounds(20, 2);
const HITS = rounds(10, 5);

/** What holds of either. `least`: messages that are enough to say so; how many more come is the machine's affair. */
function holds(report: () => TortureReport, least: number): void {
  it('loses nothing that was acknowledged', () => {
    assert.ok(report().acknowledged > least, `${report().acknowledged} acknowledged`);
    assert.deepEqual(report().lost, []);
  });
  it('repeats no more than its bound allows, and marks every repeat', () => {
    assert.ok(report().repeatedPerKill <= REPEATS_PER_KILL, `${report().repeatedPerKill} each time`);
    assert.equal(report().unmarked, 0);
  });
  it('never sends a long message under two reference numbers', () =>
    assert.deepEqual(report().doubleReferences, []));
  it('matches the receipts', () => {
    assert.ok(report().receipts > 0);
    assert.equal(report().mismatched, 0);
  });
}

for (const [name, { shared, own, placeAt }] of Object.entries(KINDS)) {
  describe(`A client whose queue is in ${name}, killed ${KILLS} times while it sends`, function () {
    this.timeout(300_000);
    let report: TortureReport;
    before(async function () {
      const place: Place = placeAt(await shared(this), ownPrefix());
      report = await torture({ rounds: KILLS, place });
    });
    holds(() => report, 5 * KILLS);
  });

  describe(`A client that sends while its ${name} is stopped, killed and cut off, ${HITS} times`, function () {
    this.timeout(300_000);
    let report: TortureReport;
    let proxy: Proxy | undefined;
    let broker: Awaited<ReturnType<typeof own>> | undefined;
    before(async function () {
      broker = await own(this);
      proxy = new Proxy(broker.port);
      await proxy.listen();
      const place = placeAt(through(broker.url, proxy), ownPrefix());
      report = await torture({ rounds: HITS, place, hits: hitsOn(broker, proxy) });
    });
    after(async () => {
      await proxy?.stop();
      await broker?.kill();
    });
    holds(() => report, 5 * HITS);
    it('stays bound to the SMSC all the time', () => assert.equal(report.binds, 1));
  });
}
