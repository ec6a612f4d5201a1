import assert from 'node:assert/strict';
import { SmppClient } from '../../src/index';
import { Smsc } from '../../src/simulator';
import { FakeNetwork } from '../simulation/wire';
import { FakeClock } from '../support/clock';
import { checkLines } from '../support/log-lines';
import { numbered } from './setup';

type Line = Record<string, unknown>;

/** A line, and the seconds since the start. */
interface Told {
  readonly at: number;
  readonly line: Line;
}

/** What an operator reads: when, how bad, what. */
const story = (told: readonly Told[]): string[] =>
  told.map(({ at, line }) => `${at.toFixed(1)} ${String(line['level'])} ${String(line['msg'])}`);

/**
 * A night: a backlog at 20/s, an SMSC that takes next to nothing for two minutes, a link that breaks while the SMSC is
 * away for three quarters of a minute, and the end of it.
 */
async function incident(logLevel: string, messages: number): Promise<Told[]> {
  const clock = new FakeClock();
  const smsc = new Smsc({ clock, receiptDelay: 2 });
  const network = new FakeNetwork({ clock, random: () => 0.5, written: () => undefined }, (transport) =>
    smsc.serve(transport),
  );
  const told: Told[] = [];
  const client = new SmppClient({
    name: 'Carrier',
    // Of a private network, where nobody needs TLS.
    host: '10.0.0.7',
    systemId: 'shop',
    network,
    sendRate: 20,
    clock,
    random: () => 0.5,
    queue: 'memory',
    logLevel,
    logMetadata: { team: 'messaging' },
    log: (line) => told.push({ at: Math.round(clock.monotonic() / 100) / 10, line }),
  });
  client.on('receipt', () => undefined);
  void client.start();
  await clock.advance(1000);
  await client.enqueue(numbered(messages));
  await clock.advance(30_000);
  smsc.setRules([{ type: 'throttle', above: 0.4 }]);
  await clock.advance(130_000);
  smsc.setRules([]);
  await clock.advance(60_000);
  network.refuses = true;
  network.cut();
  await clock.advance(45_000);
  network.refuses = false;
  await clock.advance(200_000);
  const stopped = client.stop();
  await clock.advance(10_000);
  await stopped;
  return told;
}

describe('The log of an incident', function () {
  this.timeout(120_000);

  it('reads as a story at info: what happened, since when, what is done about it, and when it was over', async () => {
    const told = await incident('info', 4000);
    checkLines(
      told.map(({ line }) => line),
      ['team'],
    );
    assert.deepEqual(story(told), [
      '0.0 info bound to 10.0.0.7:2775 as transceiver',
      '11.0 info the rate limiter holds sending to 20/s: more is to go',
      '31.1 warn the SMSC asks for less; sending pauses',
      '41.0 info the throttle handler lets go less than the rate limiter now',
      '98.6 warn the SMSC still asks for less: in 17 of 33 answers',
      '159.0 warn the SMSC still asks for less: in 29 of 57 answers',
      '169.0 info sending goes on at 0.5/s: the SMSC has not asked for less for 10 s (before that, for 29 of 62 answers)',
      '221.0 warn the connection broke: read ECONNRESET; trying again at once',
      '221.0 warn connect ECONNREFUSED memory:2775; next try in 0.5 s',
      '221.5 warn connect ECONNREFUSED memory:2775; next try in 1.0 s',
      '222.5 warn connect ECONNREFUSED memory:2775; next try in 2.0 s',
      '224.5 warn connect ECONNREFUSED memory:2775; next try in 4.0 s',
      '228.5 warn connect ECONNREFUSED memory:2775; next try in 8.0 s',
      '236.5 warn connect ECONNREFUSED memory:2775; next try in 16.0 s',
      '252.5 warn connect ECONNREFUSED memory:2775; next try in 30.0 s',
      '282.5 info bound to 10.0.0.7:2775 as transceiver, after 61.5 s without',
      '412.5 info the rate limiter holds sending to 19.87/s: more is to go',
      '466.1 info disconnected from 10.0.0.7:2775: unbound by us',
    ]);
    const facts = (event: string, stage: string, at: number): Line => {
      const found = told.find(
        (one) => one.line['event'] === event && one.line['stage'] === stage && one.at >= at,
      );
      const { time: _time, msg: _msg, ...line } = found?.line ?? {};
      return line;
    };
    const common = { connection: 'Carrier', host: '10.0.0.7:2775', system_id: 'shop', team: 'messaging' };
    assert.deepEqual(facts('throttle', 'start', 0), {
      ...common,
      ...{ level: 'warn', event: 'throttle', stage: 'start', command_status: 'ESME_RTHROTTLED', wait: 3 },
      ...{ throttle_responses: 1, non_throttle_responses: 601, percent_throttles: 0.17 },
      ...{ state: 'deny_request', rate: 19 },
    });
    assert.deepEqual(facts('throttle', 'end', 0), {
      ...common,
      ...{
        level: 'info',
        event: 'throttle',
        stage: 'end',
        duration: 127.935,
        state: 'allow_request',
        rate: 0.5,
      },
      ...{ throttle_responses: 29, non_throttle_responses: 33, percent_throttles: 46.77 },
    });
    assert.deepEqual(facts('session', 'connecting', 252), {
      ...common,
      ...{ level: 'warn', event: 'session', stage: 'connecting', bind_type: 'transceiver', retry_in: 30 },
      ...{ code: 'CONNECT_FAILED', reason: 'connect ECONNREFUSED memory:2775' },
    });
    assert.deepEqual(facts('session', 'bound', 1), {
      ...common,
      ...{
        level: 'info',
        event: 'session',
        stage: 'bound',
        session: 9,
        bind_type: 'transceiver',
        duration: 61.53,
      },
    });
    assert.deepEqual(facts('rate_limiter', 'start', 0), {
      ...common,
      ...{ level: 'info', event: 'rate_limiter', stage: 'start', duration: 10 },
      ...{ send_rate: 20, effective_send_rate: 20, delay: 0.05 },
    });
  });

  it('has at debug the end of whatever has a start, with a duration and what it came to', async () => {
    const lines = (await incident('debug', 900)).map(({ line }) => line);
    checkLines(lines, ['team']);
    for (const event of ['connect', 'bind', 'submit', 'receive', 'enquire_link', 'unbind']) {
      const of = (stage: string): string[] =>
        lines
          .filter((line) => line['event'] === event && line['stage'] === stage)
          .map(({ session, id, segment, sequence_number }) =>
            JSON.stringify([
              session,
              id,
              segment,
              event === 'submit' || event === 'bind' ? 0 : sequence_number,
            ]),
          )
          .sort();
      assert.ok(of('start').length > 0, event);
      assert.deepEqual(of('end'), of('start'), event);
    }
    for (const line of lines.filter(({ stage }) => stage === 'end')) {
      if (!['connect', 'bind', 'submit', 'receive', 'enquire_link', 'unbind'].includes(String(line['event'])))
        continue;
      assert.equal(typeof line['duration'], 'number', JSON.stringify(line));
      assert.equal(typeof line['session'], 'number', JSON.stringify(line));
      const isConnected = line['event'] === 'connect' && line['code'] === undefined;
      assert.ok(
        isConnected || line['command_status'] !== undefined || line['code'] !== undefined,
        JSON.stringify(line),
      );
    }
  });
});
