import assert from 'node:assert/strict';
import { createLog, silentLog } from '../../src/observability';
import { PduFramer, decodePdu, encodeBody, encodePdu, statusName, type Pdu } from '../../src/protocol';
import { Session, type Answer, type Transport } from '../../src/session';
import { FakeClock } from '../support/clock';
import { pass } from '../support/until';
import { Benches } from './setup';

describe('Answering the peer', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('waits for a handler that takes its time, and serves others meanwhile', async () => {
    const waiting: ((answer: Answer) => void)[] = [];
    const { link } = await benches.bound({
      handlers: { request: () => new Promise<Answer>((resolve) => waiting.push(resolve)) },
    });
    const first = link.send({ command: 'deliver_sm' });
    const second = link.send({ command: 'deliver_sm' });
    assert.equal((await link.ask({ command: 'enquire_link' })).command_status, 0);
    assert.equal(link.requests('deliver_sm_resp').length, 0);
    waiting[1]?.({ command_status: 'ESME_RX_T_APPN' });
    assert.equal(statusName((await link.response(second)).command_status), 'ESME_RX_T_APPN');
    waiting[0]?.({ command_status: 0, fields: { message_id: 'x' } });
    assert.equal((await link.response(first)).command_status, 0);
  });

  for (const [how, request] of [
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['answers what cannot be encoded', () => ({ command_status: 0, fields: { nonsense: 1 } })],
  ] as const) {
    it(`a handler that ${how} is logged and answered ESME_RSYSERR`, async () => {
      const lines: Record<string, unknown>[] = [];
      const log = createLog({ sink: (line) => lines.push(line) });
      const { link, session } = await benches.bound({ log, handlers: { request } });
      const response = await link.ask({ command: 'deliver_sm' });
      assert.deepEqual(
        [response.command, statusName(response.command_status)],
        ['deliver_sm_resp', 'ESME_RSYSERR'],
      );
      assert.deepEqual(
        lines.map(({ level, event, command }) => [level, event, command]),
        [['error', 'receive', 'deliver_sm']],
      );
      assert.equal(session.state, 'bound_trx');
    });
  }

  it('of all requests of one chunk is one write, in their order', () => {
    const written: Buffer[] = [];
    let heard: (chunk: Buffer) => void = () => undefined;
    const transport: Transport = {
      peer: 'peer',
      backlog: 0,
      write: (octets) => written.push(octets) > 0,
      pause() {},
      resume() {},
      end() {},
      destroy() {},
      start: ({ data }) => (heard = data),
    };
    const request = ({ command }: Pdu): Answer =>
      command === 'submit_sm' ? { command_status: 0, fields: { message_id: '7' } } : { command_status: 0 };
    const session = new Session({
      role: 'smsc',
      transport,
      handlers: { request },
      clock: new FakeClock(),
      log: silentLog,
      windowSize: 1,
      responseTimeout: 1000,
      enquireLinkInterval: 0,
      maxPduLength: 65_536,
    });
    const commands = [
      'bind_transceiver',
      'submit_sm',
      'enquire_link',
      'data_sm',
      'deliver_sm',
      'unbind',
    ] as const;
    heard(Buffer.concat(commands.map((command, n) => encodePdu({ command, sequence_number: n + 1 }))));
    assert.equal(written.length, 1);
    const answers = [...new PduFramer({ maxPduLength: 65_536 }).push(written[0] as Buffer)].map((octets) =>
      decodePdu(octets),
    );
    assert.deepEqual(
      answers.map((pdu) => [pdu.command, pdu.command_status, pdu.sequence_number]),
      [
        ['bind_transceiver_resp', 0, 1],
        ['submit_sm_resp', 0, 2],
        ['enquire_link_resp', 0, 3],
        ['data_sm_resp', 0, 4],
        ['deliver_sm_resp', 4, 5],
        ['unbind_resp', 0, 6],
      ],
    );
    session.destroy();
  });

  it('with nothing says ESME_RINVCMDID by generic_nack or its own response', async () => {
    const { link } = await benches.bound();
    const { command, command_status } = await link.ask({ command: 'deliver_sm' });
    assert.deepEqual([command, statusName(command_status)], ['deliver_sm_resp', 'ESME_RINVCMDID']);
  });

  it('alert_notification gets no response', async () => {
    const { link } = await benches.bound({ handlers: { request: () => ({ command_status: 0 }) } });
    link.send({ command: 'alert_notification' });
    await link.ask({ command: 'enquire_link' });
    assert.deepEqual(
      link.received.slice(1).map(({ command }) => command),
      ['enquire_link_resp'],
    );
  });

  it('too late, when the link is gone, harms nobody', async () => {
    let late: (answer: Answer) => void = () => undefined;
    const { link, session } = await benches.bound({
      handlers: { request: () => new Promise<Answer>((resolve) => (late = resolve)) },
    });
    link.send({ command: 'deliver_sm' });
    await pass(10);
    session.destroy();
    late({ command_status: 0 });
    await pass(5);
    assert.equal(link.requests('deliver_sm_resp').length, 0);
  });

  it('shows every PDU that comes or goes, whole, to whoever traces', async () => {
    const seen: string[] = [];
    const { link, session } = await benches.bound({
      handlers: {
        request: () => ({ command_status: 0 }),
        trace: (direction, octets) =>
          void seen.push(
            `${direction} ${octets.readUInt32BE(0) === octets.length} ${octets.readUInt32BE(4).toString(16)}`,
          ),
      },
    });
    const handler = { onResponse: () => undefined, onLost: () => undefined };
    const body = encodeBody({ command: 'submit_sm' });
    session.submit([1, 2].map(() => ({ commandId: 4, body, handler })));
    await link.until('submit_sm', 2);
    await link.ask({ command: 'deliver_sm' });
    assert.deepEqual(seen.slice(0, 2), ['out true 9', 'in true 80000009']);
    for (const line of ['out true 4', 'in true 5', 'out true 80000005']) assert.ok(seen.includes(line), line);
  });
});
