import assert from 'node:assert/strict';
import { Metrics } from '../../../src/index';
import { numbered, Scenes } from '../setup';

/** Answers with the congestion_state that `state` gives for the nth response, from 1. */
function busy(state: (n: number) => number | undefined) {
  let n = 0;
  return {
    submit_sm: () => {
      const congestion_state = state(++n);
      return {
        message_id: String(n),
        ...(congestion_state === undefined ? {} : { tlvs: { congestion_state } }),
      };
    },
  };
}

describe('A congested SMSC', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is sent less, and status, metrics and an event tell so, until it is relieved', async () => {
    const metrics = new Metrics();
    const { client, told } = await scenes.bound(
      busy((n) => (n <= 8 ? 95 : 20)),
      {
        interfaceVersion: '5.0',
        windowSize: 4,
        metrics,
        clientId: 'busy',
      },
    );
    for (const message of numbered(8)) await client.send(message);
    const [session] = (await client.status()).sessions;
    assert.equal(session?.congestion_state, 95);
    assert.ok((session.window_size ?? 4) < 4);
    assert.match(await metrics.text(), /^smpp_congestion_state_percent\{[^}]*\} 95$/m);
    const events = () =>
      told('throttle').map(({ state, congestion_state, session: number }) => [
        state,
        congestion_state,
        number,
      ]);
    assert.deepEqual(events(), [['congested', 95, session.session]]);
    for (const message of numbered(40)) await client.send(message);
    assert.deepEqual(events().slice(1), [['relieved', 20, session.session]]);
    const after = (await client.status()).sessions[0];
    assert.deepEqual([after?.congestion_state, after?.window_size], [20, 4]);
  });

  it('at its optimum is sent as much as before', async () => {
    const { client, told } = await scenes.bound(
      busy(() => 85),
      { windowSize: 4 },
    );
    for (const message of numbered(10)) await client.send(message);
    const [session] = (await client.status()).sessions;
    assert.deepEqual([session?.congestion_state, session?.window_size], [85, 4]);
    assert.deepEqual(told('throttle'), []);
  });

  it('that never says how busy it is has no such state', async () => {
    const { client } = await scenes.bound();
    await client.send(numbered(1)[0] ?? {});
    assert.ok(!('congestion_state' in ((await client.status()).sessions[0] ?? {})));
  });
});
