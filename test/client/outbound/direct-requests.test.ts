import assert from 'node:assert/strict';
import type { DeliveryError, SmppError } from '../../../src/index';
import { settle } from '../../support/clock';
import { silence } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes } from '../setup';

const QUERY = { command: 'query_sm', message_id: '1', source_addr: '1' } as const;
const CANCEL = { command: 'cancel_sm', message_id: '1', source_addr: '1' } as const;

describe('Requests past the queue', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('take their permits of the rate like messages', async () => {
    const { client, peer, clock } = await scenes.bound({}, { sendRate: 1 });
    await client.send(HELLO);
    const asked = client.send(QUERY);
    const link = await peer.link();
    await settle();
    assert.equal(link.requests('query_sm').length, 0);
    await clock.advance(1000);
    await link.until('query_sm');
    await asked;
    const next = client.send(HELLO);
    await settle();
    assert.equal(peer.submits.length, 1);
    await clock.advance(1000);
    await next;
  });

  it('fail with NOT_BOUND when the session goes while they wait for a permit, and give up with their signal', async () => {
    const { client, peer } = await scenes.bound({}, { sendRate: 0.001 });
    await client.send(HELLO);
    const link = await peer.link();
    const giving = new AbortController();
    const aborted = assert.rejects(client.send(QUERY, { signal: giving.signal }), { message: 'enough' });
    giving.abort(new Error('enough'));
    await aborted;
    const waiting = assert.rejects(client.send(QUERY), { code: 'NOT_BOUND', retriable: true });
    link.socket.destroy();
    await waiting;
    assert.equal(link.requests('query_sm').length, 0);
  });

  it('fail with NOT_BOUND when the link is lost while they wait for the window, for they were not sent', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: silence }, { windowSize: 1 });
    void client.send(HELLO).catch(() => undefined);
    await peer.untilSubmits(1);
    const waiting = assert.rejects(client.send(CANCEL), { code: 'NOT_BOUND' });
    await settle();
    (await peer.link()).socket.destroy();
    await waiting;
  });

  it('are never sent twice, and say where they may have been carried out', async () => {
    const { client, peer, clock } = await scenes.bound(
      { query_sm: silence, cancel_sm: silence, replace_sm: silence },
      { responseTimeout: 5, enquireLinkInterval: 0, reconnectMin: 0.01 },
    );
    const refused = (sent: Promise<unknown>, code: string, maybe: true | undefined): Promise<void> =>
      assert.rejects(sent, (error: SmppError & Partial<DeliveryError>) => {
        assert.equal(error.code, code);
        assert.equal(error.outcome?.maybe_carried_out, maybe);
        assert.equal(/whether the SMSC carried it out is not known/.test(error.message), maybe === true);
        return true;
      });
    const cancel = refused(client.send(CANCEL), 'RESPONSE_TIMEOUT', true);
    const query = refused(client.send(QUERY), 'RESPONSE_TIMEOUT', undefined);
    const link = await peer.link();
    await link.until('query_sm');
    await clock.advance(5000);
    await Promise.all([cancel, query]);
    const replace = refused(
      client.send({ command: 'replace_sm', message_id: '1', source_addr: '1', short_message: 'x' }),
      'SESSION_CLOSED',
      true,
    );
    await link.until('replace_sm');
    link.socket.destroy();
    await replace;
    await clock.advance(100);
    const again = await peer.link(1);
    await until(() => client.state === 'bound');
    await client.send(HELLO);
    const sent = [...link.received, ...again.received].map(({ command }) => command);
    for (const command of ['query_sm', 'cancel_sm', 'replace_sm'])
      assert.equal(sent.filter((one) => one === command).length, 1, command);
  });

  it('hear that the SMSC asks for less: sending pauses, as after a message', async () => {
    const { client, told } = await scenes.bound({ query_sm: () => ({ command_status: 'ESME_RTHROTTLED' }) });
    await assert.rejects(client.send(QUERY), { code: 'REFUSED', message: /ESME_RTHROTTLED/ });
    assert.equal(client.state, 'throttled');
    assert.equal(told('throttle')[0]?.command_status, 'ESME_RTHROTTLED');
  });

  it('wait in bounded numbers', async () => {
    const { client } = await scenes.bound({ query_sm: silence }, { maxWaiting: 2 });
    const waiting = [client.send(QUERY), client.send(QUERY)];
    for (const one of waiting) one.catch(() => undefined);
    await assert.rejects(client.send(QUERY), { code: 'WAITING_FULL' });
    await assert.rejects(client.send({ command: 'query_sm', id: 'x' }), { code: 'WAITING_FULL' });
  });
});
