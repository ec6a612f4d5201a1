import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CALM, RATE_CHANGED } from '../../../../src/store/redis/connection/keys';
import {
  dispatchEvents,
  latestEvent,
  readCalm,
  readEntries,
  readStreams,
  writeCalm,
} from '../../../../src/store/redis/sharing/events';
import { connect, disconnect } from '../connected';

const octets = (text: string): Buffer => Buffer.from(text);

describe('events in Redis', () => {
  afterEach(disconnect);

  it('say who was throttled and for how long', () => {
    const seconds = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(seconds, fc.string(), (given, by) =>
        assert.deepEqual(readCalm(octets(writeCalm(given, by))), {
          seconds: given === 0 ? 0 : given,
          by: octets(by).toString(),
        }),
      ),
    );
  });

  it('that say nothing which can be understood are passed over', () => {
    for (const text of ['', ' ', 'x', '3', ' me', '-1 me', 'NaN me', 'Infinity me', 'x me'])
      assert.equal(readCalm(octets(text)), undefined, text);
    const value = fc.oneof(
      fc.anything(),
      fc.uint8Array().map((some) => Buffer.from(some)),
    );
    fc.assert(
      fc.property(fc.array(fc.array(value)), (reply) => {
        const handlers = { calm: () => undefined, rateChanged: () => undefined };
        dispatchEvents(readEntries(reply), 'me', handlers);
        for (const entries of readStreams(reply).values()) dispatchEvents(entries, 'me', handlers);
      }),
    );
    for (const reply of [null, undefined, 7, 'x', {}]) assert.deepEqual(readEntries(reply), []);
  });

  it('are told to all but the one who made them', () => {
    const calms: number[] = [];
    let rateChanges = 0;
    const told = (name: string, value: string) => ({ id: '1-1', fields: new Map([[name, octets(value)]]) });
    const entries = [
      ...[told(CALM, '3 other'), told(CALM, '4 me'), told(RATE_CHANGED, 'me'), told('wake', '1')],
      ...[told(RATE_CHANGED, 'other'), told(CALM, 'nonsense')],
    ];
    dispatchEvents(entries, 'me', {
      calm: (seconds) => calms.push(seconds),
      rateChanged: () => rateChanges++,
    });
    assert.deepEqual([calms, rateChanges], [[3], 1]);
  });

  it('begin behind the latest', async function () {
    const calls = await connect(this);
    assert.equal(await latestEvent(calls), '0-0');
    const id = await calls.command(['XADD', calls.keys.of('events'), '*', 'wake', '1']);
    assert.equal(await latestEvent(calls), String(id));
  });
});
