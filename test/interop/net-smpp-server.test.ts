import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SmppClient, type ClientEvents, type EventName, type SmppClientOptions } from '../../src';
import { needs } from '../support/skip';
import { until } from '../support/until';

type Told = Record<string, string | number>;

describe('Net::SMPP, as a server of the client', () => {
  let perl: string;
  let server: ChildProcess;
  let told: Told[];
  let client: SmppClient | undefined;

  before(function () {
    perl = needs(this, 'net-smpp');
  });
  beforeEach(async () => {
    told = [];
    server = spawn(perl, [join(__dirname, 'net-smpp-server.pl')], { stdio: ['ignore', 'pipe', 'ignore'] });
    createInterface(server.stdout!).on('line', (line) => told.push(JSON.parse(line) as Told));
    await until(() => told.length > 0, 'its port');
  });
  afterEach(async () => {
    await client?.stop();
    client = undefined;
    if (server.exitCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  });

  async function start(options: SmppClientOptions = {}): Promise<SmppClient> {
    client = new SmppClient({
      port: Number(told[0]?.port),
      systemId: 'us',
      password: 'secret',
      reconnectMin: 0.01,
      reconnectMax: 0.05,
      logLevel: 'silent',
      ...options,
    });
    await client.start({ failFast: true });
    return client;
  }

  const heard = (name: string): Told[] => told.filter((line) => name in line);
  const nextEvent = <E extends EventName>(name: E): Promise<ClientEvents[E]> =>
    new Promise((resolve) => client?.on(name, resolve));

  it('takes our bind and our message, and its receipt is matched', async () => {
    const bound = await start();
    const receipt = nextEvent('receipt');
    const outcome = await bound.send(
      {
        source_addr: 'Shop',
        destination_addr: '491510001',
        short_message: 'Hi @',
        correlation_id: 'order 7',
      },
      { completeWhen: 'delivered', deliveredTimeout: 20 },
    );
    assert.deepEqual([outcome.event, outcome.message_id], ['delivered', 'perl-1']);
    const { state, matched, correlation_id } = await receipt;
    assert.deepEqual([state, matched, correlation_id], ['DELIVRD', true, 'order 7']);
    await until(() => heard('deliver_sm_resp').length === 1);
    assert.deepEqual(heard('bind')[0], { bind: 'us', password: 'secret' });
    await until(() => heard('submit').length > 0);
    assert.equal(heard('submit')[0]?.text, '48692000'); // "@" is 0x00 in GSM 03.38
    assert.equal(heard('deliver_sm_resp')[0]?.deliver_sm_resp, 0);
  });

  it('refuses our bind with a wrong password', async () => {
    await assert.rejects(start({ password: 'wrong' }), {
      code: 'BIND_REFUSED',
      command_status: 'ESME_RINVPASWD',
    });
  });

  it('takes a long message in parts, in order, and all receipts make one outcome', async () => {
    const bound = await start({ windowSize: 1 });
    const text = 'A text that takes more than one part. '.repeat(10);
    const outcome = await bound.send(
      { destination_addr: '491510001', short_message: text },
      { completeWhen: 'delivered', deliveredTimeout: 20 },
    );
    assert.deepEqual(outcome.message_ids, ['perl-1', 'perl-2', 'perl-3']);
    const parts = heard('submit').map((line) => Buffer.from(String(line.text), 'hex'));
    assert.ok(heard('submit').every((line) => line.esm_class === 0x40));
    assert.deepEqual(
      parts.map((part) => [...part.subarray(0, 3), ...part.subarray(4, 6)]),
      [1, 2, 3].map((part) => [5, 0, 3, 3, part]),
    );
    assert.equal(Buffer.concat(parts.map((part) => part.subarray(6))).toString('latin1'), text);
  });

  it('reads our submit_multi, and we what it refuses', async () => {
    const bound = await start();
    const outcome = await bound.send({
      ...{ command: 'submit_multi', source_addr: 'Shop', short_message: 'Hi' },
      dest_address: ['447700900123', '447700900124', { dl_name: 'staff' }],
    });
    const [{ multi, flags } = assert.fail()] = heard('multi');
    assert.deepEqual([multi, flags], ['447700900123,447700900124,staff', '1,1,2']);
    assert.deepEqual(
      [outcome.message_id, outcome.unsuccess_sme?.map((one) => [one.destination_addr, one.error_status])],
      ['perl-multi', [['447700900124', 'ESME_RINVDSTADR']]],
    );
  });

  it('reads our data_sm', async () => {
    const bound = await start();
    const outcome = await bound.send({
      command: 'data_sm',
      destination_addr: '491510001',
      short_message: 'Hi @',
    });
    const [{ data, destination_addr } = assert.fail()] = heard('data');
    assert.deepEqual([outcome.message_id, data, destination_addr], ['perl-data', '48692000', '491510001']);
  });

  it('is asked about a message, replaces its text and cancels it, by our id', async () => {
    const bound = await start({ defaults: { source_addr: 'Other' } });
    const sent = await bound.send({
      ...{ source_addr: '12345', source_addr_ton: 3, source_addr_npi: 8 },
      ...{ destination_addr: '491510001', short_message: 'Hi', registered_delivery: 'none' },
    });
    const { id } = sent;
    const query = async (): Promise<(string | undefined)[]> => {
      const { state, done_date, message_id } = await bound.send({ command: 'query_sm', id });
      return [state, done_date, message_id];
    };
    assert.deepEqual(await query(), ['ENROUTE', undefined, 'perl-1']);
    await bound.send({ command: 'replace_sm', id, short_message: 'Bye @' });
    await until(() => heard('replace').length === 1);
    assert.deepEqual(heard('replace'), [{ replace: 'perl-1', text: '4279652000' }]);
    await bound.send({ command: 'cancel_sm', id });
    assert.deepEqual(await query(), ['DELETED', '2026-11-27T02:03:00.000Z', 'perl-1']);
    await assert.rejects(bound.send({ command: 'cancel_sm', id }), {
      code: 'REFUSED',
      message: /ESME_RCANCELFAIL/,
    });
    const replace = { command: 'replace_sm', id, short_message: 'x' } as const;
    await assert.rejects(bound.send(replace), { code: 'REFUSED', message: /ESME_RREPLACEFAIL/ });
    const stranger = { command: 'query_sm', message_id: 'perl-1', source_addr: '9' } as const;
    await assert.rejects(bound.send(stranger), { code: 'REFUSED', message: /ESME_RQUERYFAIL/ });
  });

  it('sees the TLVs of a vendor and our user data header, and its own come by name', async () => {
    const vendorTlvs = [
      { tag: '0x1400', name: 'pe_id', type: 'string', min: 19, max: 19 },
      { tag: '0x1401', name: 'template_id', type: 'cstring' },
      { tag: '0x1402', name: 'tariff', type: 'int16' },
      { tag: '0x1503', name: 'destination_mcc', type: 'int16' },
    ] as const;
    const bound = await start({ vendorTlvs, defaults: { pe_id: '1101234567890123456' } });
    const receipt = nextEvent('receipt');
    await bound.send({
      destination_addr: '491510001',
      short_message: Buffer.from('card'),
      udh: { ports: { destination: 9204 } },
      template_id: '1107',
      tariff: 258,
    });
    // What it prints may come after what it answers.
    await until(() => heard('submit').length === 1);
    const [submit] = heard('submit');
    const pe = Buffer.from('1101234567890123456').toString('hex');
    assert.equal(submit?.tlvs, `0x1400=${pe} 0x1401=3131303700 0x1402=0102`);
    assert.deepEqual([submit.esm_class, submit.text], [0x40, '06050423f4000063617264']);
    const { tlvs } = await receipt;
    assert.equal(tlvs.destination_mcc, 404);
  });

  it('unbinds us; we answer, come back and go on', async () => {
    const bound = await start();
    await bound.send({ destination_addr: '4915', short_message: 'unbind' });
    await until(() => heard('unbind_resp').length === 1);
    const outcome = await bound.send({ destination_addr: '4915', short_message: 'back' });
    assert.equal(outcome.message_id, 'perl-2');
    assert.equal(heard('bind').length, 2);
  });

  it('says that it is congested, and is sent less', async () => {
    const bound = await start({ windowSize: 4 });
    await bound.send({ destination_addr: '4915', short_message: 'busy' });
    const [session] = (await bound.status()).sessions;
    assert.deepEqual([session?.congestion_state, session?.window_size], [95, 3]);
  });

  it('hears our unbind when we stop', async () => {
    const bound = await start();
    await bound.stop();
    await until(() => heard('unbind').length === 1);
  });
});
