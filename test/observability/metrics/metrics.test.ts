import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Counts, Histogram, Metrics, type Collector } from '../../../src/observability/metrics';
import { scraped } from '../../support/exposition';

const up = (value: number): Collector => ({ collect: (sink) => sink.value('smpp_connection_up', value) });

describe('Metrics', () => {
  it('tell nothing where nobody is, and all families all the same', async () => {
    const metrics = new Metrics();
    assert.equal((await scraped(metrics)).size, 0);
    assert.match(await metrics.text(), /^# HELP smpp_pdus_total /m);
  });

  it('take the series of who leaves away, and go on counting for the next of that name', async () => {
    const metrics = new Metrics();
    let made = 0;
    const counter = (): { count: number } & Collector => {
      const one = metrics.counters('a', 'test', () => {
        made++;
        const counted = {
          count: 0,
          collect: (sink: Parameters<Collector['collect']>[0]) =>
            sink.value('smpp_reconnects_total', counted.count),
        };
        return counted;
      });
      return one;
    };
    const detach = metrics.attach('a', up(1));
    counter().count = 5;
    assert.equal((await scraped(metrics)).get('smpp_reconnects_total{connection="a"}'), 5);
    detach();
    assert.equal((await scraped(metrics)).size, 0);
    metrics.attach('a', up(1));
    counter().count++;
    assert.equal((await scraped(metrics)).get('smpp_reconnects_total{connection="a"}'), 6);
    assert.equal(made, 1);
  });

  it('make one series of what several of one name have', async () => {
    const metrics = new Metrics();
    metrics.attach('a', up(1));
    metrics.attach('a', up(0));
    for (const used of [3, 4])
      metrics.attach('a', { collect: (sink) => sink.value('smpp_window_used', used) });
    const found = await scraped(metrics);
    assert.equal(found.get('smpp_connection_up{connection="a"}'), 0);
    assert.equal(found.get('smpp_window_used{connection="a"}'), 7);
  });

  it('tell of the others where one cannot tell', async () => {
    const metrics = new Metrics();
    metrics.attach('a', {
      collect: () => {
        throw new Error('not now');
      },
    });
    metrics.attach('b', { collect: () => Promise.reject(new Error('not now')) });
    metrics.attach('c', up(1));
    assert.deepEqual([...(await scraped(metrics))], [['smpp_connection_up{connection="c"}', 1]]);
  });

  it('are asked once by scrapes that come together, and by each that comes alone', async () => {
    const metrics = new Metrics();
    let asked = 0;
    metrics.attach('a', {
      collect: () => {
        asked++;
      },
    });
    await Promise.all([metrics.text(), metrics.text()]);
    assert.equal(asked, 1);
    await metrics.text();
    assert.equal(asked, 2);
  });

  it('write any name of a connection as one label', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 20 }), async (name) => {
        const metrics = new Metrics();
        metrics.attach(name, up(1));
        const lines = (await metrics.text())
          .split('\n')
          .filter((line) => line.startsWith('smpp_connection_up{'));
        const [, label = ''] = /^smpp_connection_up\{connection="(.*)"\} 1$/s.exec(lines.join('\n')) ?? [];
        const read = label.replace(/\\(.)/gs, (_, one: string) => (one === 'n' ? '\n' : one));
        assert.equal(read, name);
      }),
    );
  });

  it('remember a thousand names that are gone, and not more', () => {
    const metrics = new Metrics();
    let made = 0;
    const use = (name: string): void => {
      metrics.counters(name, 'test', () => (made++, up(1)));
      metrics.attach(name, up(1))();
    };
    for (let at = 0; at < 2000; at++) use(`connection ${at}`);
    assert.equal(made, 2000);
    use('connection 1999');
    assert.equal(made, 2000);
    use('connection 0');
    assert.equal(made, 2001);
  });
});

describe('a histogram', () => {
  it('has each observation in the first bucket that it fits, and their sum', () => {
    const durations = fc.array(fc.double({ min: 0, max: 100, noNaN: true }));
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = new Histogram([0.1, 1, 10]);
        for (const value of values) histogram.observe(value);
        const wanted = [
          values.filter((value) => value <= 0.1).length,
          values.filter((value) => value > 0.1 && value <= 1).length,
          values.filter((value) => value > 1 && value <= 10).length,
          values.filter((value) => value > 10).length,
        ];
        assert.deepEqual([...histogram.counts], wanted);
        assert.ok(Math.abs(histogram.sum - values.reduce((sum, value) => sum + value, 0)) < 1e-6);
      }),
    );
  });
});

describe('counts by a value that a peer chooses', () => {
  it('lose none, and are of bounded size', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500 })), (values) => {
        const counts = new Counts<number>({ known: (value) => value < 5, others: 3 });
        for (const value of values) counts.add(value);
        const all = [...counts];
        assert.ok(all.length <= 8);
        assert.equal(
          all.reduce((sum, [, count]) => sum + count, counts.rest),
          values.length,
        );
        for (const [value, count] of all)
          if (value < 5) assert.equal(count, values.filter((one) => one === value).length);
      }),
    );
  });
});
