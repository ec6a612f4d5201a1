import assert from 'node:assert/strict';
import { SmppClient, type Recorder, type SmppClientOptions } from '../../src/index';
import { explain, type ExplainedField } from '../../src/protocol';
import { Smsc, type SmscOptions } from '../../src/simulator';
import { needs } from '../support/skip';
import { identity, pem } from '../support/tls';
import { Tshark } from '../support/tshark';
import { until } from '../support/until';

const PASSWORD = 'geheim77';
const NUMBER = '4915112345678';
const TEXT = 'A text that nobody else is to read';
/** All fields, and what they consist of. */
const partsOf = (fields: readonly ExplainedField[]): ExplainedField[] =>
  fields.flatMap((field) => [field, ...partsOf(field.fields ?? [])]);
const ALL = { numbers: true, texts: true } as const;

describe('A recorded capture, dissected by tshark with its own settings', function () {
  this.timeout(60_000);
  let tshark: string;
  const ends: (() => unknown)[] = [];

  before(function () {
    tshark = needs(this, 'tshark');
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function scene(
    options: SmppClientOptions = {},
    smscOptions: SmscOptions = {},
  ): Promise<{ client: SmppClient; smsc: Smsc }> {
    const smsc = new Smsc({ port: 0, receiptDelay: 0.05, log: () => undefined, ...smscOptions });
    await smsc.start();
    ends.push(() => smsc.stop());
    const client = new SmppClient({
      ...{ port: smsc.port, systemId: 'me', password: PASSWORD, recorderSize: 1024, log: () => undefined },
      ...options,
    });
    ends.push(() => client.stop());
    await client.start();
    return { client, smsc };
  }

  async function captured(recorder: Recorder, shown: object): Promise<Tshark> {
    recorder.stop();
    const { content } = await recorder.export({ format: 'pcap', ...shown });
    assert.ok(!content.includes(PASSWORD));
    const read = new Tshark(tshark, content);
    ends.push(() => read.remove());
    return read;
  }

  /** All that it read lies where our explanation has it, and says the same; nothing is left out, nothing is wrong. */
  async function agrees(recorder: Recorder, shown: object): Promise<Tshark> {
    const read = await captured(recorder, shown);
    assert.deepEqual(read.complaints(), []);
    const { content: pdus } = await recorder.export({ ...shown, last: 10_000 });
    const dissected = read.pdus();
    assert.equal(dissected.length, pdus.length);
    pdus.forEach(({ octets }, nth) => {
      const ours = partsOf(explain(Buffer.from(octets, 'hex'), { showPassword: true }).fields);
      const fields = dissected[nth] ?? [];
      const start = fields.find(({ name }) => name === 'command_length')?.pos ?? 0;
      const end = fields.findIndex(({ name }) => name === 'opt_params');
      for (const { name, pos, size, octets: seen } of fields.slice(0, end < 0 ? undefined : end)) {
        if (size === 0 || /^(esm|regdel|dcs)\.|^message_text$|^dlist/.test(name)) continue;
        const here = ours.filter(({ offset }) => offset === pos - start);
        assert.ok(here.map((field) => field.octets.toString('hex')).includes(seen), name);
      }
    });
    return read;
  }

  const exchange = async (client: SmppClient): Promise<void> => {
    const message = { source_addr: 'Shop', destination_addr: NUMBER };
    await client.send({ ...message, short_message: TEXT }, { completeWhen: 'delivered' });
    await client.send({ ...message, short_message: 'ž'.repeat(200) }, { completeWhen: 'delivered' });
  };

  it('has the same fields as explain, whole and masked, and never a password', async () => {
    const { client } = await scene();
    await exchange(client);
    for (const shown of [ALL, {}, { numbers: true }, { texts: true }]) {
      const read = await agrees(client.recorder, shown);
      const [bind] = read.rows('smpp.command_id == 9', 'smpp.system_id', 'smpp.password');
      assert.deepEqual(bind, ['me', '*'.repeat(PASSWORD.length)]);
      const [submit] = read.rows('smpp.command_id == 4', 'smpp.destination_addr');
      assert.deepEqual(submit, ['numbers' in shown ? NUMBER : '*'.repeat(NUMBER.length)]);
      assert.equal(read.capture.includes(TEXT), 'texts' in shown);
      assert.equal(read.capture.includes(NUMBER), 'numbers' in shown);
    }
  });

  it('has the addresses and ports of the link, one stream, and microseconds', async () => {
    const { client, smsc } = await scene();
    await exchange(client);
    const read = await captured(client.recorder, {});
    const [first] = read.rows('tcp', 'ip.src', 'ip.dst', 'tcp.dstport', '_ws.col.Info');
    assert.deepEqual(first?.slice(0, 3), ['127.0.0.1', '127.0.0.1', String(smsc.port)]);
    assert.match(first?.[3] ?? '', /\[SYN\]/);
    const streams = new Set(read.rows('tcp', 'tcp.stream').flat());
    assert.equal(streams.size, 1);
    const times = read.rows('smpp', 'frame.time_epoch').map(([time]) => Number(time));
    assert.ok(times.every((time, at) => at === 0 || time >= (times[at - 1] ?? 0)));
    assert.ok(Math.abs((times[0] ?? 0) - Date.now() / 1000) < 60);
    assert.ok(times.some((time) => Math.round(time * 1e6) % 1000 !== 0));
  });

  it('has plain PDUs where the link is TLS', async () => {
    const { client } = await scene(
      { useTls: true, tls: { ca: pem('ca.cert'), servername: 'localhost' } },
      { tls: identity() },
    );
    await exchange(client);
    const read = await agrees(client.recorder, {});
    assert.ok(read.rows('smpp.command_id == 4', 'frame.number').length > 1);
  });

  it('has PDUs of 64 KiB over several segments, whole and masked', async () => {
    const { client } = await scene({}, { receiptDelay: 0 });
    const message_payload = Buffer.alloc(65_000, 'payload ');
    await client.send({ source_addr: 'Shop', destination_addr: NUMBER, tlvs: { message_payload } });
    for (const shown of [ALL, {}]) {
      const read = await agrees(client.recorder, shown);
      const [length] = read.rows('smpp.command_id == 4', 'smpp.command_length', 'tcp.segment.count');
      assert.ok(Number(length?.[0]) > 65_000 && Number(length?.[1]) > 40, String(length));
    }
  });

  it('has a stream for each session, also after a reconnect', async () => {
    const { client, smsc } = await scene({ sessions: 2, reconnectMin: 0.01 });
    await exchange(client);
    for (const session of smsc.sessions) session.drop();
    await until(() => client.state === 'bound' && smsc.sessions.length === 2, 'two new sessions');
    await exchange(client);
    const read = await agrees(client.recorder, {});
    const binds = read.rows('smpp.command_id == 9', 'tcp.stream').flat();
    assert.equal(new Set(binds).size, 4);
    const syns = read.rows('tcp.flags.syn == 1 && tcp.flags.ack == 0', 'tcp.stream').flat();
    assert.deepEqual(syns.sort(), binds.sort());
  });

  it('is read where the beginning made room for newer PDUs', async () => {
    const { client } = await scene({ recorderSize: 4 });
    for (let round = 0; round < 10; round++) await exchange(client);
    assert.ok(client.recorder.status().overwritten > 50);
    await agrees(client.recorder, {});
  });
});
