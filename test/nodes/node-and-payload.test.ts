import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import { Inbox, helper, load, useHelper } from './support/helper';
import { Centre } from './support/smsc';

type Facts = Record<string, unknown>;

const NUMBER = '447700900123';
/** What a button speaks, by way of MQTT. */
const BUTTON = { action: 'single', battery: 97, linkquality: 120 };

describe('What is set in an smpp-out node', () => {
  useHelper();
  let centre: Centre;
  beforeEach(async () => (centre = await Centre.start()));
  afterEach(() => centre.smsc.stop());

  const catchAll = { id: 'catch', type: 'catch', wires: [['caught']] };
  const caught = { id: 'caught', type: 'helper' };
  const start = (out: Facts = {}): Promise<void> => load(centre.flow([centre.out(out), catchAll, caught]));
  const send = (msg: object): void => helper.getNode('out').receive(msg as NodeMessage);

  /** What the SMSC gets of one message of the flow. */
  async function sent(msg: object, count = 1): Promise<Facts[]> {
    const [result, failed] = [new Inbox('result'), new Inbox('caught')];
    const taken: Facts[] = [];
    const take = (submit: Facts): void => void taken.push(submit);
    centre.smsc.on('submit', take);
    send(msg);
    const end = await Promise.race([
      result.next(),
      failed.next().then(({ error }) => Promise.reject(error as Error)),
    ]);
    centre.smsc.off('submit', take);
    assert.equal(taken.length, count);
    assert.ok(end);
    return taken;
  }

  async function failure(msg: object): Promise<Facts> {
    const failed = new Inbox('caught');
    send(msg);
    return (await failed.next()).smpp as Facts;
  }

  const all = {
    message: 'Somebody is at the door',
    messageType: 'str',
    destination: NUMBER,
    destinationType: 'str',
    source: 'Doorbell',
    sourceType: 'str',
  };

  for (const [what, payload] of [
    ["another node's object", BUTTON],
    ['a list of such', [BUTTON, BUTTON]],
    ['fields of ours', { short_message: 'no', destination_addr: '1', source_addr: 'no', encoding: 'none' }],
    ['a Buffer', Buffer.from([1, 2])],
    ['nothing', undefined],
  ] as const)
    it(`goes out whatever the payload is: ${what}`, async () => {
      await start(all);
      const [submit] = await sent({ payload, topic: 'zigbee/button' });
      const { text, destination_addr, source_addr } = submit as Facts;
      assert.deepEqual([text, destination_addr, source_addr], [all.message, NUMBER, 'Doorbell']);
    });

  it('leaves to msg.smpp what else there is to say', async () => {
    await start(all);
    const [submit] = await sent({ payload: BUTTON, smpp: { service_type: 'CMT', tlvs: { source_port: 7 } } });
    assert.deepEqual([submit?.service_type, submit?.tlvs], ['CMT', { source_port: 7 }]);
  });

  it('is not Message: then the payload is read as fields, and a typing error refused', async () => {
    for (const left of [{}, { message: 'payload', messageType: 'msg' }, { message: '' }]) {
      await start({ ...all, message: undefined, messageType: undefined, ...left });
      const { code, field } = await failure({ payload: { short_message: 'x', shrt: 1 } });
      assert.deepEqual([code, field], ['UNKNOWN_FIELD', 'shrt']);
      assert.equal((await failure({ payload: BUTTON })).code, 'UNKNOWN_FIELD');
      const [submit] = await sent({ payload: { short_message: 'x', destination_addr: '1' } });
      assert.deepEqual([submit?.text, submit?.destination_addr], ['x', NUMBER]);
      await helper.unload();
    }
  });

  it('may be a place that has fields, or a list, which are read as such', async () => {
    const fields = { short_message: 'Hi', source_addr: 'Shop', destination_addr: NUMBER };
    process.env.SMS_OF_TEST = 'From outside';
    for (const [message, messageType, expected] of [
      ['sms', 'msg', ['Hi']],
      ['sms', 'flow', ['Hi']],
      ['sms', 'global', ['Hi']],
      [JSON.stringify(fields), 'json', ['Hi']],
      [JSON.stringify([fields, 'Bye']), 'json', ['Hi', 'Bye']],
      ['sms ~> |$|{"short_message": "Evaluated"}|', 'jsonata', ['Evaluated']],
      ['[sms, sms]', 'jsonata', ['Hi', 'Hi']],
      ['"battery: " & payload.battery', 'jsonata', ['battery: 97']],
      ['payload.battery > 50', 'jsonata', ['true']],
      ['SMS_OF_TEST', 'env', ['From outside']],
      ['7', 'num', ['7']],
      ['false', 'bool', ['false']],
    ] as const) {
      await start({ message, messageType });
      const { flow, global } = helper.getNode('out').context();
      for (const context of [flow, global]) context.set('sms', fields);
      const taken = await sent({ payload: BUTTON, topic: NUMBER, sms: fields }, expected.length);
      assert.deepEqual(
        taken.map(({ text }) => text),
        expected,
        `${messageType} ${message}`,
      );
      await helper.unload();
    }
    delete process.env.SMS_OF_TEST;
  });

  it('may be octets, which go as a binary message', async () => {
    await start({ message: '[1,2,3]', messageType: 'bin' });
    const [submit] = await sent({ payload: BUTTON, topic: NUMBER });
    assert.deepEqual([submit?.octets, submit?.data_coding], [Buffer.from([1, 2, 3]), 4]);
  });

  it('is named where it gives nothing, and msg.topic and msg.smpp are not looked at', async () => {
    await start({ destination: 'order.phone', destinationType: 'msg' });
    const failed = new Inbox('caught');
    send({
      payload: { short_message: 'x', destination_addr: NUMBER },
      topic: NUMBER,
      smpp: { destination_addr: NUMBER },
    });
    const { error, smpp } = await failed.next();
    assert.equal((smpp as Facts).code, 'MISSING_DESTINATION');
    assert.match((error as Error).message, /To is set to msg\.order\.phone/);
    await helper.unload();
    for (const messageType of ['flow', 'env']) {
      await start({ message: 'text_of_nobody', messageType });
      const { code, field } = await failure({ payload: 'x', topic: NUMBER });
      assert.deepEqual([code, field], ['MISSING_TEXT', 'short_message'], messageType);
      await helper.unload();
    }
  });

  it('has nothing to do with an action that is empty; one that is none of ours is refused', async () => {
    await start();
    for (const action of ['', null, undefined]) {
      const [submit] = await sent({ payload: 'x', topic: NUMBER, action });
      assert.equal(submit?.text, 'x');
    }
    for (const action of ['subscribe', ' ', false, 0, {}, []]) {
      const failed = new Inbox('caught');
      send({ payload: 'x', topic: NUMBER, action });
      const { error, smpp } = await failed.next();
      assert.equal((smpp as Facts).code, 'UNKNOWN_ACTION');
      assert.match((error as Error).message, /connect, disconnect, pause/);
    }
  });

  it('or left alone sends booleans as texts, also in fields, and never as an address', async () => {
    await start();
    for (const value of [true, false]) {
      const [submit] = await sent({ payload: value, topic: NUMBER });
      assert.equal(submit?.text, String(value));
      const [named] = await sent({ payload: { short_message: value }, topic: NUMBER });
      assert.equal(named?.text, String(value));
    }
    assert.equal((await failure({ payload: 'x', topic: true })).code, 'INVALID_ADDRESS');
    assert.equal(
      (await failure({ payload: { short_message: 'x', source_addr: true }, topic: NUMBER })).code,
      'INVALID_ADDRESS',
    );
    assert.equal((await failure({ payload: new Date(0), topic: NUMBER })).code, 'INVALID_FIELD');
  });
});
