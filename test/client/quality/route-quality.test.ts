import assert from 'node:assert/strict';
import { Metrics, SmppClient, type ClientEvents } from '../../../src/index';
import { FakeClock } from '../../support/clock';
import type { Script } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes, advanceUntil } from '../setup';

const [UK, DE] = ['447700900123', '491511234567'];
const options = { qualityPrefixLengths: [2, 4], qualityWindow: 60, qualityInterval: 10 };

function counting(): Script {
  let n = 0;
  return { submit_sm: () => ({ message_id: `m${++n}` }) };
}

describe('The event quality', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const send = (destination_addr: string) => ({ ...HELLO, destination_addr, registered_delivery: 'final' });
  const rows = (events: ClientEvents['quality'][]): unknown[] =>
    events.map(({ topic, accepted, states, delivered_share }) => [topic, accepted, states, delivered_share]);

  it('tells receipts by state for each prefix, every interval with traffic, and when the window is empty', async () => {
    const { client, peer, clock, told } = await scenes.bound(counting(), options);
    await client.sendBatch([send(UK), send(UK), send(DE)]);
    await clock.advance(4000);
    const link = await peer.link();
    link.receipt('m1', 'DELIVRD', { source_addr: UK });
    link.receipt('m2', 'UNDELIV', { source_addr: UK });
    link.receipt('m3', 'DELIVRD', { source_addr: DE });
    link.receipt('m3', 'DELIVRD', { source_addr: DE });
    await until(() => told('receipt').length === 4);
    await advanceUntil(clock, () => told('quality').length === 4);
    assert.deepEqual(rows(told('quality')), [
      ['44', 2, { DELIVRD: 1, UNDELIV: 1 }, 0.5],
      ['49', 1, { DELIVRD: 1 }, 1],
      ['4477', 2, { DELIVRD: 1, UNDELIV: 1 }, 0.5],
      ['4915', 1, { DELIVRD: 1 }, 1],
    ]);
    const [first] = told('quality');
    const { receipt_seconds_median: median = 0, window, payload } = first as ClientEvents['quality'];
    assert.ok(median > 2.8 && median < 5.7, String(median));
    assert.equal(window, 60);
    assert.equal((payload as { prefix: string }).prefix, '44');
    await clock.advance(20_000);
    assert.equal(told('quality').length, 4, 'nothing new');
    await advanceUntil(clock, () => told('quality').length === 8, 1000);
    assert.deepEqual(
      rows(told('quality').slice(4)).map((row) => (row as unknown[]).slice(1)),
      [
        [0, {}, undefined],
        [0, {}, undefined],
        [0, {}, undefined],
        [0, {}, undefined],
      ],
    );
    assert.doesNotMatch(JSON.stringify(told('quality')), /447700900123|491511234567/);
  });

  it('is not there where no lengths are given', async () => {
    const { client, clock, told } = await scenes.bound(counting(), { ...options, qualityPrefixLengths: [] });
    await client.send(send(UK));
    await clock.advance(30_000);
    assert.deepEqual(told('quality'), []);
  });

  it('counts nothing while nobody listens, and from then on what comes', async () => {
    const peer = await scenes.peer(counting());
    const clock = new FakeClock();
    const client = new SmppClient({
      ...options,
      port: peer.port,
      systemId: 'a',
      clock,
      log: () => undefined,
    });
    const heard: ClientEvents['quality'][] = [];
    try {
      await client.start();
      await client.send(send(UK));
      await clock.advance(30_000);
      client.on('quality', (event) => heard.push(event));
      await client.send(send(UK));
      await advanceUntil(clock, () => heard.length === 2);
      assert.deepEqual(
        heard.map(({ topic, accepted }) => [topic, accepted]),
        [
          ['44', 1],
          ['4477', 1],
        ],
      );
    } finally {
      const stopped = client.stop();
      await advanceUntil(clock, () => client.state === 'disconnected');
      await stopped;
    }
  });

  it('is in the metrics as well', async () => {
    const metrics = new Metrics();
    const { client, peer, told } = await scenes.bound(counting(), { ...options, metrics, name: 'c' });
    await client.sendBatch([send(UK), send(DE)]);
    (await peer.link()).receipt('m1', 'DELIVRD', { source_addr: UK });
    await until(() => told('receipt').length === 1);
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('smpp_route_'));
    for (const line of [
      'smpp_route_accepted_segments{connection="c",prefix="44",prefix_length="2"} 1',
      'smpp_route_accepted_segments{connection="c",prefix="4915",prefix_length="4"} 1',
      'smpp_route_receipts{connection="c",prefix="44",prefix_length="2",state="DELIVRD"} 1',
      'smpp_route_delivered_ratio{connection="c",prefix="4477",prefix_length="4"} 1',
    ])
      assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`);
    assert.ok(lines.some((line) => /quantile_seconds\{.*q="0.95"\} /.test(line)));
    assert.doesNotMatch(lines.join('\n'), /447700900123/);
  });
});
