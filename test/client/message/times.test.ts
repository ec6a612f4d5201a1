import assert from 'node:assert/strict';
import { findProblems, type Message } from '../../../src/index';
import { parseSmppTime } from '../../../src/text';
import { HELLO, Scenes, type Scene } from '../setup';

const TIMED = { ...HELLO, long_messages: 'udh8' } satisfies Message;

describe('Times of a message', () => {
  const scenes = new Scenes();
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
    return scenes.end();
  });

  /** How the three fields go out, or into the queue, as epoch milliseconds. */
  async function instants({ client, peer }: Scene, text: string): Promise<(number | undefined)[]> {
    const message = { ...TIMED, schedule_delivery_time: text, validity_period: text, expires: text };
    await client.send({ ...message, expires: '2099-01-01T00:00Z' });
    const expired = await client.send(message).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    const pdu = peer.submits.at(-1) as unknown as Record<string, string>;
    const at = (time: string): number | undefined => {
      const parsed = parseSmppTime(time);
      return parsed && 'absolute' in parsed ? parsed.absolute.getTime() : undefined;
    };
    return [
      at(pdu['schedule_delivery_time'] ?? ''),
      at(pdu['validity_period'] ?? ''),
      Date.parse(/expired at (\S+)/.exec(expired)?.[1] ?? ''),
    ];
  }

  for (const [timeZone, TZ, hours] of [
    ['', 'America/New_York', 5],
    ['', 'UTC', 0],
    ['Europe/Berlin', 'UTC', -1],
    ['+05:30', 'America/New_York', -5.5],
  ] as const) {
    it(`without an offset are one instant in every field, with timeZone "${timeZone}" in ${TZ}`, async () => {
      process.env['TZ'] = TZ;
      const scene = await scenes.bound({}, { timeZone });
      for (const text of [
        '2001-01-15T12:00',
        '2001-01-15 12:00:00',
        '2001-01-15',
        'Mon, 15 Jan 2001 12:00:00',
      ]) {
        const reading = Date.parse(`2001-01-15T${text.includes('12') ? '12:00' : '00:00'}Z`);
        const expected = reading + hours * 3_600_000;
        assert.deepEqual(await instants(scene, text), [expected, expected, expected], text);
      }
      for (const text of ['2001-01-15T12:00Z', '010115120000000+', '2001-01-15T14:00+02:00']) {
        const expected = Date.parse('2001-01-15T12:00Z');
        assert.deepEqual(await instants(scene, text), [expected, expected, expected], text);
      }
    });
  }

  it('that are periods carry over, for every command, and as defaults of the connection', async () => {
    const { client, peer } = await scenes.bound({}, { defaults: { validity_period: 'PT24H' } });
    const link = await peer.link();
    await client.send({ ...HELLO, schedule_delivery_time: 'P13M' });
    await client.send({ ...HELLO, command: 'submit_multi', schedule_delivery_time: 90 * 60 });
    await client.send({
      command: 'replace_sm',
      message_id: 'm',
      source_addr: '1',
      short_message: 'x',
      schedule_delivery_time: '000000250000000R',
    });
    const times = ['submit_sm', 'submit_multi', 'replace_sm'].map((name) => {
      const { schedule_delivery_time, validity_period } = link.requests(name)[0] ?? {};
      return [schedule_delivery_time, validity_period];
    });
    const day = '000001000000000R';
    assert.deepEqual(times, [
      ['010100000000000R', day],
      ['000000013000000R', day],
      ['000001010000000R', day],
    ]);
  });

  it('that are periods of more than 31 days end on a date', async () => {
    const { client, peer, clock } = await scenes.bound();
    const end = new Date(clock.now() + 45 * 86_400_000);
    await client.send({ ...HELLO, validity_period: 'P45D', schedule_delivery_time: 45 * 86_400 });
    const { validity_period, schedule_delivery_time } = peer.submits[0] as unknown as Record<string, string>;
    const tenths = new Date(Math.floor(end.getTime() / 100) * 100);
    assert.deepEqual(parseSmppTime(validity_period ?? ''), { absolute: tenths });
    assert.equal(schedule_delivery_time, validity_period);
  });

  it('that say when to stop may be periods too', async () => {
    const { client, clock } = await scenes.idle();
    const sent = client.send({ ...HELLO, expires: 'PT10S' });
    sent.catch(() => undefined);
    const other = client.send({ ...HELLO, expires: 'P1M' });
    await clock.advance(11_000);
    await client.start();
    await other;
    await assert.rejects(sent, { code: 'EXPIRED' });
  });

  it('that are none are refused with the field and the remedy', async () => {
    const { client } = await scenes.idle();
    for (const field of ['schedule_delivery_time', 'validity_period', 'expires']) {
      for (const text of ['tomorrow', '5', '2026-02-30', 'P', 'message 5']) {
        await assert.rejects(client.enqueue({ ...HELLO, [field]: text }), { field, message: /ISO 8601/ });
      }
    }
    await assert.rejects(client.enqueue({ ...HELLO, validity_period: 'P100Y' }), {
      code: 'INVALID_TIME',
      message: /99 years/,
    });
  });

  it('are of a zone that there is', () => {
    const [problem] = findProblems({ timeZone: 'Europe/Atlantis' });
    assert.equal(problem?.field, 'timeZone');
    assert.match(problem.remedy, /Europe\/Berlin.*\+02:00/);
    for (const timeZone of ['', 'Europe/Berlin', '-03:00', 'UTC'])
      assert.deepEqual(findProblems({ timeZone }), []);
  });
});
