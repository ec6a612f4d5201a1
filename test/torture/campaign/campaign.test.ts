import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { rounds } from '../../support/rounds';
import { campaign, type CampaignReport } from './campaign';
import { judge } from './judge';
import { planOf, unitOf, type Life, type Planned } from './plan';
import type { History, Told } from './run';
import { STATUS, type Arrival, type Pending } from './smsc';

const SEEDS = rounds(200, 20);

describe(`${SEEDS} seeds of a hostile SMSC, and of clients that are stopped and killed`, function () {
  this.timeout(600_000);
  const faults: string[] = [];
  let report: CampaignReport;
  before(async () => {
    report = await campaign({ from: 1, count: SEEDS, jobs: 2 * availableParallelism() }, (each) => {
      for (const fault of each.faults) faults.push(`npm run torture -- --seed ${each.seed}: ${fault}`);
    });
  });

  it('find nothing lost, nothing told twice, no repeat unmarked, no receipt misled, order, rate and window held', () =>
    assert.deepEqual(faults, []));
  it('have seen kills and restarts enough to say so', () => {
    assert.ok(report.messages > 20 * SEEDS, `${report.messages} messages`);
    assert.ok(report.kills > SEEDS / 4, `${report.kills} kills`);
    assert.ok(report.restarts > SEEDS / 2, `${report.restarts} restarts`);
  });
});

const MESSAGES: readonly Planned[] = [0, 1, 2].map((n) => ({
  n,
  text: unitOf(n),
  to: `44770090000${n}`,
  priority: 2,
  receipt: true,
}));

/** A life in which all went well: three messages, window 1. */
function well(change: Partial<History['plan']> = {}): History {
  const life: Life = { deeds: [{ at: 0, do: 'enqueue', messages: MESSAGES }], end: 'drain', after: 0 };
  const told: Told[] = [];
  const arrivals: Arrival[] = [];
  const pending: Pending[] = [];
  let at = 1000;
  const tell = (kind: string, ...words: unknown[]): void =>
    void told.push({ life: 0, at: at++, kind, words });
  tell('started');
  tell('given', [0, 1, 2]);
  tell('acknowledged', [0, 1, 2]);
  for (const { n, text } of MESSAGES) {
    at += 100;
    const id = `id-${n}`;
    tell('request', n, 0, false);
    arrivals.push({
      ...{ at: at++, n, segment: 0, link: 1, reference: -1, total: 1, text },
      ...{ status: STATUS.ok, id, receiptId: id, answeredAt: at++ },
    });
    tell('response', n, 0, 'ESME_ROK', id, false);
    tell('receipt', id, n, true);
    pending.push({
      kind: 'receipt',
      key: id,
      n,
      octets: Buffer.alloc(0),
      sent: 1,
      takenAt: at++,
      flying: false,
    });
  }
  tell('stopping');
  tell('stopped');
  tell('ended');
  const plan = {
    ...planOf(1),
    queue: 'disk',
    delivery: 'at-least-once',
    windowSize: 1,
    sessions: 1,
    sendRate: 0,
  };
  return {
    plan: { ...plan, responseTimeout: 1, lives: [life], ...change } as History['plan'],
    told,
    smsc: { arrivals, pending, offences: [] },
    stall: 0,
  };
}

describe('The judgement of both histories', () => {
  const line = (kind: string, at: number, ...words: unknown[]): Told => ({ life: 0, at, kind, words });
  const without = (history: History, gone: (told: Told) => boolean): History => ({
    ...history,
    told: history.told.filter((told) => !gone(told)),
  });
  const and = (history: History, ...more: Told[]): History => ({
    ...history,
    told: [...history.told, ...more].sort((a, b) => a.at - b.at),
  });
  const arriving = (
    history: History,
    change: (arrivals: readonly Arrival[]) => readonly Arrival[],
  ): History => ({
    ...history,
    smsc: { ...history.smsc, arrivals: [...change(history.smsc.arrivals)] },
  });
  const again = (arrivals: readonly Arrival[]): Arrival => ({
    ...(arrivals[0] as Arrival),
    at: 1400,
    answeredAt: 1401,
  });

  const wrong: Record<string, [History, RegExp]> = {
    'a message that was lost': [
      arriving(well(), (all) => all.slice(1)),
      /message 0: was acknowledged, and neither arrived nor failed/,
    ],
    'two ends of one message': [
      and(
        well(),
        line('accepted', 1395, 0, ['id-0']),
        line('failure', 1396, 0, 'OUTCOME_UNKNOWN', ['id-0'], true, true),
      ),
      /was accepted and failed/,
    ],
    'one end that is told twice': [
      and(
        well(),
        ...[1396, 1397].map((at) => line('failure', at, 0, 'OUTCOME_UNKNOWN', ['id-0'], true, true)),
      ),
      /failed 2 times/,
    ],
    'a failure that hides what was accepted': [
      and(well(), line('failure', 1396, 0, 'OUTCOME_UNKNOWN', [], false, true)),
      /says nothing of the 1 transmissions/,
    ],
    'a failure without cause': [
      and(well(), line('failure', 1396, 0, 'EXPIRED', ['id-0'], true, true)),
      /EXPIRED has no cause/,
    ],
    'a foreign message_id': [
      and(well(), line('failure', 1396, 0, 'OUTCOME_UNKNOWN', ['id-1'], true, true)),
      /names id-1, which is not its id/,
    ],
    'a repeat that is not marked': [arriving(well(), (all) => [...all, again(all)]), /1 repeats, 0 marked/],
    'a repeat where none may be': [
      arriving(well({ delivery: 'at-most-once' }), (all) => [...all, again(all)]),
      /came 2 times/,
    ],
    'a repeat of what is known to be accepted': [
      and(
        arriving(well(), (all) => [...all, again(all)]),
        line('request', 1399, 0, 0, true),
      ),
      /went out again after its ESME_ROK had been told/,
    ],
    'what is sent after its end': [
      and(
        well(),
        line('failure', 1300, 0, 'OUTCOME_UNKNOWN', ['id-0'], true, true),
        line('request', 1399, 0, 0, true),
      ),
      /went out again after it had ended/,
    ],
    'what is overtaken': [
      (() => {
        const history = well();
        const first = history.told.filter(({ kind, words }) => kind === 'request' && words[0] === 0);
        return and(
          without(history, (told) => first.includes(told)),
          line('request', 1399, 0, 0, false),
        );
      })(),
      /message 0 went out after 2/,
    ],
    'a rate that is broken': [well({ sendRate: 1 }), /before the rate allows it/],
    'a window that is too full': [
      arriving(well(), (all) => all.flatMap((each) => [each, { ...each, at: each.at + 0.5 }])),
      /2 requests in flight on link 1/,
    ],
    'a receipt that goes to another': [
      and(
        without(well(), ({ kind, words }) => kind === 'receipt' && words[0] === 'id-1'),
        line('receipt', 1395, 'id-1', 2, true),
      ),
      /the receipt for id-1 went to 2, not to 1/,
    ],
    'a receipt that is lost': [
      without(well(), ({ kind, words }) => kind === 'receipt' && words[0] === 'id-1'),
      /the receipt for id-1 was taken, and never told/,
    ],
    'a receipt for a known message that is told unmatched': [
      and(
        without(well(), ({ kind, words }) => kind === 'receipt' && words[0] === 'id-1'),
        line('receipt', 1395, 'id-1', -1, false),
      ),
      /which is known as message 1, was told unmatched/,
    ],
    'a text that changes': [
      arriving(well(), ([first, ...all]) => [{ ...(first as Arrival), text: `${unitOf(0)}!` }, ...all]),
      /arrived with another text/,
    ],
    'two reference numbers': [
      and(
        arriving(well(), (all) => [...all, { ...again(all), reference: 7 }]),
        line('request', 1112, 0, 0, true),
      ),
      /came under 2 reference numbers/,
    ],
    'what is told after the stop': [
      and(well(), line('receipt', 1500, 'id-1', 1, true), line('ended', 1501)),
      /told a receipt after/,
    ],
    'a warning': [and(well(), line('warning', 1200, 'MaxListenersExceededWarning')), /MaxListeners/],
    'what is on loan at the end': [and(well(), line('on loan', 1399, 1)), /on loan 1/],
    'a message that comes in and is never told': [
      {
        ...well(),
        smsc: {
          ...well().smsc,
          pending: [
            ...well().smsc.pending,
            {
              kind: 'text',
              key: 'incoming 1',
              n: -1,
              octets: Buffer.alloc(0),
              sent: 1,
              takenAt: 1200,
              flying: false,
            },
          ],
        },
      },
      /"incoming 1" was taken, and never told/,
    ],
  };

  it('finds nothing where all went well', () => assert.deepEqual(judge(well()), []));
  for (const [name, [history, expected]] of Object.entries(wrong)) {
    it(`finds ${name}`, () => assert.match(judge(history).join('\n'), expected));
  }
});
