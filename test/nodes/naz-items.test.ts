import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import { Inbox, helper, load, useHelper } from './support/helper';
import { Centre } from './support/smsc';

type Facts = Record<string, unknown>;

const NUMBER = '447700900123';
const ITEM = {
  smpp_event: 'submit_sm',
  short_message: 'Hello',
  source_addr: '254722111111',
  destination_addr: NUMBER,
  log_id: 'naz-7',
};
const TEXT = JSON.stringify(ITEM);

describe('A queue item of naz that comes to smpp-out', () => {
  useHelper();
  let centre: Centre;
  beforeEach(async () => (centre = await Centre.start()));
  afterEach(() => centre.smsc.stop());

  async function start(config: Facts = {}, out: Facts = {}): Promise<void> {
    const catchAll = { id: 'catch', type: 'catch', wires: [['caught']] };
    await load(centre.flow([centre.out(out), catchAll, { id: 'caught', type: 'helper' }], config));
  }
  const send = (msg: NodeMessage): void => helper.getNode('out').receive(msg);

  async function sent(msg: NodeMessage): Promise<{ smpp: Facts; texts: unknown[] }> {
    const result = new Inbox('result');
    const texts: unknown[] = [];
    const take = ({ text }: { text: string | undefined }): void => void texts.push(text);
    centre.smsc.on('submit', take);
    send(msg);
    const { smpp } = await result.next();
    centre.smsc.off('submit', take);
    return { smpp: smpp as Facts, texts };
  }

  async function failed(msg: NodeMessage): Promise<Facts> {
    const caught = new Inbox('caught');
    send(msg);
    return (await caught.next()).smpp as Facts;
  }

  it('as an object is a message, by the old name of the command too', async () => {
    await start();
    const { smpp, texts } = await sent({ payload: ITEM });
    assert.deepEqual([smpp.event, texts], ['accepted', ['Hello']]);
  });

  it('as JSON text is the text that it is', async () => {
    await start();
    assert.deepEqual((await sent({ payload: TEXT, topic: NUMBER })).texts, [TEXT]);
    assert.equal((await failed({ payload: TEXT })).code, 'MISSING_DESTINATION');
  });

  it('as JSON text is the message in it with payloadFormat naz, wherever a message may stand', async () => {
    await start({ payloadFormat: 'naz' });
    for (const payload of [TEXT, ` ${TEXT}\n`, `\ufeff${TEXT}`])
      assert.deepEqual((await sent({ payload, topic: '1' })).texts, ['Hello']);
    const { smpp, texts } = await sent({ payload: [TEXT, 'Bye', ITEM], topic: NUMBER });
    assert.equal((smpp.results as Facts[]).length, 3);
    assert.deepEqual(texts, ['Hello', 'Bye', 'Hello']);
    await helper.unload();
    await start({ payloadFormat: 'naz' }, { message: 'item', messageType: 'msg' });
    assert.deepEqual((await sent({ item: TEXT, payload: { action: 'single' } })).texts, ['Hello']);
  });

  it('is told of by its label where it fails, and never goes out as text', async () => {
    await start({ payloadFormat: 'naz' });
    const wrong = await failed({ payload: JSON.stringify({ ...ITEM, shrt: 1 }), topic: NUMBER });
    assert.deepEqual([wrong.code, wrong.field, wrong.correlation_id], ['UNKNOWN_FIELD', 'shrt', 'naz-7']);
    const answer = {
      version: 1,
      smpp_command: 'enquire_link_resp',
      log_id: 'x',
      sequence_number: 1,
      hook_metadata: '',
    };
    for (const payload of [answer, JSON.stringify(answer)])
      assert.equal((await failed({ payload, topic: NUMBER })).code, 'UNKNOWN_COMMAND');
  });

  it('leaves other texts and octets alone', async () => {
    await start({ payloadFormat: 'naz' });
    for (const text of ['Hello', '{"a": 1}', '{"smpp_command"', JSON.stringify([ITEM]), 'smpp_command'])
      assert.deepEqual((await sent({ payload: text, topic: NUMBER })).texts, [text]);
    const { smpp } = await sent({ payload: Buffer.from('{"smpp_command": "submit_sm"}'), topic: NUMBER });
    assert.equal(smpp.event, 'accepted');
  });
});
