import assert from 'node:assert/strict';
import { Smsc, SmscConfigError, type Rule, type SmscOptions } from '../../src/simulator';
import { FakeClock } from '../support/clock';
import type { Esme } from '../support/esme';
import { until } from '../support/until';
import { Scene, collect } from './setup';

describe('the simulator fails on demand', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  const withRules = async (rules: Rule[], options: SmscOptions = {}) => {
    const smsc = await scene.smsc({ rules, ...options });
    const clock = new FakeClock();
    return { smsc, clock, esme: await scene.esme(smsc, { clock }) };
  };
  const statuses = async (esme: Esme, count: number, destination_addr = '491510001'): Promise<number[]> => {
    const responses = await Promise.all(
      Array.from({ length: count }, () => esme.submit({ destination_addr })),
    );
    return responses.map((response) => response.command_status);
  };

  it('status: every nth submit', async () => {
    const { smsc, esme } = await withRules([{ type: 'status', status: 'ESME_RSYSERR', every: 3 }]);
    const refused = collect(smsc, 'refused');
    assert.deepEqual(await statuses(esme, 6), [0, 0, 8, 0, 0, 8]);
    assert.deepEqual(
      refused.map((event) => event.command_status),
      ['ESME_RSYSERR', 'ESME_RSYSERR'],
    );
  });

  it('status: to some recipients, so many times, with a status that no specification names', async () => {
    const { esme } = await withRules([
      { type: 'status', status: '0x00000401', destination: '+49151', times: 2 },
    ]);
    assert.deepEqual(await statuses(esme, 2, '49160'), [0, 0]);
    assert.deepEqual(await statuses(esme, 3, '49151'), [0x401, 0x401, 0]);
  });

  it('require-tlv: what has not the TLV, by its tag or its name', async () => {
    const { smsc, esme } = await withRules([
      { type: 'require-tlv', tlv: '0x1401', destination: '91' },
      { type: 'require-tlv', tlv: 'user_message_reference', destination: '92', status: '0x00000401' },
    ]);
    const refused = collect(smsc, 'refused');
    const to = async (destination_addr: string, tlvs = {}): Promise<number> =>
      (await esme.submit({ destination_addr, tlvs })).command_status;
    assert.deepEqual(
      [await to('911'), await to('911', { '0x1401': Buffer.from('1') }), await to('44')],
      [0xc3, 0, 0],
    );
    assert.deepEqual([await to('92'), await to('92', { user_message_reference: 0 })], [0x401, 0]);
    assert.equal(refused[0]?.command_status, 'ESME_RMISSINGOPTPARAM');
    assert.throws(() => smsc.setRules([{ type: 'require-tlv', tlv: 'template_id' }]), {
      code: 'INVALID_CONFIG',
      message: /rules\[0\]\.tlv.*a tag such as "0x1401"/,
    });
  });

  it('throttle: what is above a rate, by account', async () => {
    const clock = new FakeClock();
    const { smsc, esme } = await withRules([{ type: 'throttle', above: 4 }], { clock });
    const other = await scene.esme(smsc, { fields: { system_id: 'other' } });
    assert.deepEqual(await statuses(esme, 6), [0, 0, 0, 0, 0x58, 0x58]);
    assert.deepEqual(await statuses(other, 1), [0]);
    await clock.advance(500);
    assert.deepEqual(await statuses(esme, 3), [0, 0, 0x58]);
  });

  it('throttle: with a bucket and a status of its own', async () => {
    const { esme } = await withRules([{ type: 'throttle', above: 0.01, burst: 2, status: 'ESME_RMSGQFUL' }]);
    assert.deepEqual(await statuses(esme, 3), [0, 0, 0x14]);
  });

  it('slow: answers late, and out of order with every', async () => {
    const { esme } = await withRules([{ type: 'slow', seconds: 0.03, every: 2 }]);
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((n) => esme.submit().then(() => order.push(n))));
    assert.deepEqual(order, [1, 3, 2]);
  });

  it('slow: no receipt comes before the late response', async () => {
    const { smsc, esme } = await withRules([{ type: 'slow', seconds: 0.03 }]);
    const ids: number[] = [];
    smsc.on('pdu', ({ direction, octets }) => direction === 'out' && ids.push(octets.readUInt32BE(4)));
    await esme.submit();
    await esme.until(1);
    assert.deepEqual(ids, [0x80000004, 5]);
  });

  it('silent: never answers, but lives', async () => {
    const { smsc, esme, clock } = await withRules([{ type: 'silent', every: 2 }]);
    const taken = collect(smsc, 'submit');
    const refused = collect(smsc, 'refused');
    const first = esme.submit();
    const second = assert.rejects(esme.submit(), { code: 'RESPONSE_TIMEOUT' });
    assert.equal((await first).command_status, 0);
    await until(() => refused.length === 1, 'the second');
    await clock.advance(60_000);
    await second;
    assert.equal((await esme.ask({ command: 'enquire_link' })).command_status, 0);
    assert.equal(taken.length, 1);
    assert.deepEqual([refused.length, refused[0]?.command_status], [1, undefined]);
  });

  it('silent: may have taken the message all the same', async () => {
    const { smsc, esme, clock } = await withRules([{ type: 'silent', taken: true }]);
    const taken = collect(smsc, 'submit');
    const asked = assert.rejects(esme.submit(), { code: 'RESPONSE_TIMEOUT' });
    await until(() => taken.length === 1, 'the message');
    await clock.advance(60_000);
    await asked;
    const [receipt] = await esme.until(1);
    assert.equal(receipt?.tlvs.receipted_message_id, taken[0]?.message_id);
  });

  it('drop: each link at its nth submit, so many times', async () => {
    const { smsc, esme } = await withRules([{ type: 'drop', after: 3, times: 2 }]);
    const taken = collect(smsc, 'submit');
    const results = await Promise.allSettled([1, 2, 3].map(() => esme.submit()));
    assert.equal(results[2]?.status, 'rejected');
    await esme.session.closed;
    assert.equal(taken.length, 2);
    const second = await scene.esme(smsc);
    await Promise.allSettled([1, 2, 3].map(() => second.submit()));
    await second.session.closed;
    const third = await scene.esme(smsc);
    assert.deepEqual(await statuses(third, 4), [0, 0, 0, 0]);
  });

  it('refuse: the first binds', async () => {
    const smsc = await scene.smsc({ rules: [{ type: 'refuse', status: 'ESME_RALYBND', times: 2 }] });
    for (let n = 0; n < 2; n++) await assert.rejects(scene.esme(smsc), { command_status: 'ESME_RALYBND' });
    await scene.esme(smsc);
  });

  it('refuse: with ESME_RBINDFAIL where no status is given', async () => {
    const smsc = await scene.smsc({ rules: [{ type: 'refuse' }] });
    await assert.rejects(scene.esme(smsc), { command_status: 'ESME_RBINDFAIL' });
  });

  it('several rules at once: the first refusal holds, delays add up', async () => {
    const clock = new FakeClock();
    const rules: Rule[] = [
      { type: 'slow', seconds: 0.02 },
      { type: 'status', status: 'ESME_RSYSERR', every: 2 },
      { type: 'status', status: 'ESME_RMSGQFUL', every: 2 },
      { type: 'slow', seconds: 0.02 },
    ];
    const { smsc, esme } = await withRules(rules, { clock });
    const seen = collect(smsc, 'pdu');
    const answers = statuses(esme, 2);
    await until(() => seen.length === 2, 'both submits');
    await clock.advance(39);
    assert.ok(seen.every(({ direction }) => direction === 'in'));
    await clock.advance(6);
    assert.deepEqual(await answers, [0, 8]);
  });

  it('rules that make no sense are refused, all at once', () => {
    const rules = [
      { type: 'sulk' },
      { type: 'status', status: 'ESME_RNONSENSE', every: 0 },
      { type: 'status' },
      { type: 'slow', seconds: -1, second: 2 },
      { type: 'throttle', above: '5' },
      { type: 'status', status: 'ESME_ROK', destination: 'Anna' },
      7,
    ] as unknown as Rule[];
    assert.throws(
      () => new Smsc({ rules }),
      (error: unknown) => {
        assert.ok(error instanceof SmscConfigError);
        assert.equal(error.code, 'INVALID_CONFIG');
        assert.deepEqual(
          error.problems.map(({ field, value }) => [field, value]),
          [
            ['rules[0].type', 'sulk'],
            ['rules[1].status', 'ESME_RNONSENSE'],
            ['rules[1].every', 0],
            ['rules[2].status', undefined],
            ['rules[3].seconds', -1],
            ['rules[3].second', 2],
            ['rules[4].above', '5'],
            ['rules[5].status', 'ESME_ROK'],
            ['rules[5].destination', 'Anna'],
            ['rules[6].type', undefined],
          ],
        );
        assert.match(
          error.message,
          /rules\[0\]\.type \("sulk"\): give one of status, refuse-destination, require-tlv, throttle, slow, silent, drop, refuse/,
        );
        return true;
      },
    );
  });

  it('options that make no sense are refused, all at once, and secrets are not shown', () => {
    const options = {
      port: 70_000,
      receiptDelay: -1,
      receiptState: 'GONE',
      password: 'p'.repeat(70),
      colour: 'red',
    };
    assert.throws(
      () => new Smsc({ ...(options as SmscOptions), rules: 'none' as unknown as Rule[] }),
      (error: unknown) => {
        assert.ok(error instanceof SmscConfigError);
        assert.deepEqual(
          error.problems.map(({ field }) => field),
          ['port', 'password', 'receiptDelay', 'receiptState', 'colour', 'rules'],
        );
        assert.doesNotMatch(error.message, /ppp/);
        return true;
      },
    );
  });

  it('takes numbers as text, and an emptied field as its default', async () => {
    const options = { port: '0', receiptDelay: '0.25', systemId: '', receiptState: '', windowSize: '' };
    const smsc = new Smsc(options as unknown as SmscOptions);
    await smsc.start();
    assert.ok(smsc.port > 0);
    await smsc.stop();
  });
});
