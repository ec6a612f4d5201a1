import assert from 'node:assert/strict';
import { SmppClient, type ClientEvents, type SmppClientOptions } from '../../../src/index';
import { Smsc, type SmscOptions } from '../../../src/simulator';
import { Scenes } from '../setup';
import { until } from '../../support/until';

type Alert = ClientEvents['alert'];

const PHONE = '447700900123';

describe('An alert_notification', () => {
  const scenes = new Scenes();
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await scenes.end();
  });

  async function connected(smscOptions: SmscOptions = {}, options: SmppClientOptions = {}) {
    const smsc = new Smsc(smscOptions);
    ends.push(() => smsc.stop());
    const { port } = await smsc.start();
    const lines: Record<string, unknown>[] = [];
    const client = new SmppClient({ port, systemId: 'a', log: (line) => void lines.push(line), ...options });
    ends.push(() => client.stop());
    const alerts: Alert[] = [];
    const links: string[] = [];
    client
      .on('alert', (event) => void alerts.push(event))
      .on('link', ({ command }) => void links.push(command));
    await client.start();
    return { smsc, client, lines, alerts, links };
  }

  it('is told as event alert: whose phone, who is told, and how it is, as number and word', async () => {
    const { smsc, alerts } = await connected();
    smsc.alert({ source_addr: `+${PHONE}`, esme_addr: '7', ms_availability_status: 1 });
    await until(() => alerts.length === 1);
    const [{ event, payload, topic, command, source_addr_ton, tlvs, pdu }] = alerts as [Alert];
    assert.deepEqual(
      { event, payload, topic, command, source_addr_ton },
      {
        event: 'alert',
        payload: {
          source_addr: PHONE,
          esme_addr: '7',
          ms_availability_status: 1,
          availability: 'denied',
        },
        topic: PHONE,
        command: 'alert_notification',
        source_addr_ton: 1,
      },
    );
    assert.deepEqual({ ...tlvs }, { ms_availability_status: 1 });
    assert.equal((pdu as Buffer).readUInt32BE(4), 0x102);
  });

  it('without ms_availability_status says that the phone is available; a value of no meaning is reserved', async () => {
    const { smsc, alerts } = await connected();
    for (const ms_availability_status of [undefined, 0, 2, 77])
      smsc.alert({ source_addr: PHONE, ms_availability_status });
    await until(() => alerts.length === 4);
    assert.deepEqual(
      alerts.map(({ payload }) => [payload.ms_availability_status, payload.availability]),
      [
        [0, 'available'],
        [0, 'available'],
        [2, 'unavailable'],
        [77, 'reserved'],
      ],
    );
  });

  it('is not told as other PDU too, is logged without the number, and is not answered', async () => {
    const { smsc, alerts, links, lines } = await connected();
    const answers: number[] = [];
    smsc.on('pdu', ({ direction, octets }) => direction === 'in' && answers.push(octets.readUInt32BE(4)));
    smsc.alert({ source_addr: PHONE });
    await until(() => alerts.length === 1);
    assert.ok(!links.includes('alert_notification'));
    const line = lines.find(({ event }) => event === 'alert_notification');
    assert.match(String(line?.['msg']), /the SMSC says that the phone is available/);
    assert.doesNotMatch(JSON.stringify(lines), new RegExp(PHONE));
    assert.deepEqual(answers, []);
  });

  it('over a session that only sends is refused, and told as other PDU alone', async () => {
    const { client, peer, told } = await scenes.bound(undefined, { bindType: 'transmitter' });
    client.on('link', () => undefined);
    const link = await peer.link();
    link.send({ command: 'alert_notification', source_addr: PHONE });
    await until(() => told('link').some(({ command }) => command === 'generic_nack'));
    assert.equal(told('link').filter(({ command }) => command === 'alert_notification').length, 1);
    assert.deepEqual(told('alert'), []);
  });

  it('comes for a message with set_dpf that was not delivered, when the phone is there again', async () => {
    const { client, alerts } = await connected({ receiptState: 'UNDELIV', receiptDelay: 0.02 });
    const results: unknown[] = [];
    client.on('response', ({ tlvs }) => void results.push(tlvs['dpf_result']));
    const command = 'data_sm' as const;
    const message = { command, destination_addr: PHONE, source_addr: '7', short_message: 'x' };
    await client.send({ ...message, tlvs: { set_dpf: 1 } });
    await client.send({ ...message, tlvs: { set_dpf: 0 } });
    await until(() => alerts.length === 1);
    assert.deepEqual(alerts[0]?.payload, {
      source_addr: PHONE,
      esme_addr: '7',
      ms_availability_status: 0,
      availability: 'available',
    });
    assert.deepEqual(results, [1, undefined]);
  });
});
