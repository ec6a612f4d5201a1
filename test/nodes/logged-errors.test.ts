import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import { Inbox, helper, load, until, useHelper } from './support/helper';
import { Centre } from './support/smsc';

const SECRET = 'The code is 483920 ☎ for Ada';
const NUMBER = '+4915112345678';

/** Messages that cannot be sent, and whose error quotes from them. */
const WRONG: Record<string, NodeMessage> = {
  'a number that is none': { payload: SECRET, topic: `${NUMBER} or ${NUMBER.slice(0, -1)}9` },
  'a number that is too long for one': {
    payload: { short_message: SECRET, destination_addr: Number(`${NUMBER}${NUMBER.slice(1)}`) },
  },
  'a text beside a message_payload': {
    payload: { short_message: SECRET, destination_addr: NUMBER, tlvs: { message_payload: SECRET } },
  },
  'a text that is no text': { payload: { short_message: { text: SECRET }, destination_addr: NUMBER } },
  'a TLV with a text': { payload: SECRET, topic: NUMBER, smpp: { tlvs: { user_message_reference: SECRET } } },
  'an alphabet that has not all of it': { payload: SECRET, topic: NUMBER, smpp: { encoding: 'ascii' } },
  'a priority that is a text': { payload: SECRET, topic: NUMBER, smpp: { priority: SECRET } },
  'one of a batch': { payload: [{ short_message: SECRET, destination_addr: `${NUMBER}${NUMBER}` }] },
};

describe('An error of smpp-out', () => {
  useHelper();
  let centre: Centre;
  beforeEach(async () => {
    centre = await Centre.start();
  });
  afterEach(() => centre.smsc.stop());

  const errors = (): { msg: unknown }[] =>
    helper
      .log()
      .args.map(([line]) => line)
      .filter(({ level, id }) => level === helper._log.ERROR && id === 'out');

  /** Whatever a log handler may take of a line. */
  const looks = (msg: unknown): string => {
    const { message, stack, cause } = msg as Error;
    return [msg as string, message, stack, JSON.stringify(msg), String(cause)].join('\n');
  };

  for (const [name, msg] of Object.entries(WRONG)) {
    it(`for ${name} has no text and no whole number in Node-RED's log`, async () => {
      await load(centre.flow([centre.out({})]));
      helper.getNode('out').receive(structuredClone(msg));
      await until(() => errors().length > 0);
      for (const line of errors()) {
        assert.doesNotMatch(looks(line.msg), /483920|The code|Ada|5112345678|51123456/);
      }
    });
  }

  it('comes whole to a Catch node', async () => {
    const caught = [
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    ];
    await load(centre.flow([centre.out({}), ...caught]));
    const inbox = new Inbox('caught');
    helper.getNode('out').receive({ payload: SECRET, topic: NUMBER, smpp: { priority: SECRET } });
    const { error } = (await inbox.next()) as unknown as {
      error: { message: string; code: string; stack: string };
    };
    assert.ok(error.message.includes(SECRET), error.message);
    assert.equal(error.code, 'INVALID_FIELD');
    assert.match(error.stack, /\n {4}at /);
  });

  it('is whole in the log where texts are wanted there', async () => {
    await load(centre.flow([centre.out({})], { logMessageText: true }));
    helper.getNode('out').receive({ payload: SECRET, topic: NUMBER, smpp: { priority: SECRET } });
    await until(() => errors().length > 0);
    assert.ok(looks(errors()[0]?.msg).includes(SECRET));
  });
});
