import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import vm from 'node:vm';
import { compose, type FlowMessage, type OutSettings } from '../../nodes/compose';
import type { Message } from '../../src/index';
import { TlvTable, encodePdu, type PduInput, type VendorTlv } from '../../src/protocol';
import { Scenes } from '../client/setup';
import { needs } from '../support/skip';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'binary-messages.md'), 'utf8');
const OUT: OutSettings = {
  command: 'submit_sm',
  encoding: 'from message',
  longMessages: 'from message',
  registeredDelivery: 'from message',
  intermediateNotification: false,
  smeAcknowledgement: 'none',
};

interface Example {
  readonly title: string;
  readonly code: string;
  /** What it sends, where the page says so. */
  readonly hex: string | undefined;
}

/** Every function node of the page, under the heading above it, and the octets below it. */
const examples: readonly Example[] = page.split(/^### /m).flatMap((section) =>
  [...section.matchAll(/^```js\n([^]*?)^```$(?:\n\n```hex\n([^]*?)^```$)?/gm)].map(([, code, hex]) => ({
    title: section.slice(0, section.indexOf('\n')),
    code: code!,
    hex: hex?.replace(/\s/g, ''),
  })),
);

/** As a function node runs it. */
function run(code: string): FlowMessage {
  const msg = { _msgid: 'm', topic: '447700900123' };
  return vm.runInNewContext(`(function (msg) {${code}})(msg)`, { msg, Buffer }) as FlowMessage;
}

/** User data headers as Gammu's table in libgammu/service/sms/gsmsms.c has them, without what concatenates. */
const GAMMU: Readonly<Record<string, string>> = {
  'A link as WAP push (service indication)': '05040b8423f0',
  'A business card (vCard)': '050423f40000',
  'An operator logo or a ringtone (smart messaging)': '050415820000',
};

/** What tshark reads of each. */
const DISSECTED: Readonly<Record<string, readonly RegExp[]>> = {
  'A link as WAP push (service indication)': [
    /Destination port: .*\(2948\)/,
    /Content-Type: application\/vnd\.wap\.sic/,
    /href='http:\/\/'[^]*'www\.commzgate\.com\/kong\/kong\.gif'[^]*'kong'[^]*<\/si>/,
  ],
  'A page to load (service loading)': [
    /Content-Type: application\/vnd\.wap\.slc/,
    /href='http:\/\/'[^]*'www\.example\.com\/'/,
  ],
  'A business card (vCard)': [/Destination port: .*\(9204\)/, /Short Message body: 424547494e3a5643415244/],
  'A date (vCalendar)': [/Destination port: .*\(9205\)/],
  'An operator logo or a ringtone (smart messaging)': [
    /Concatenated short messages[^]*Message parts: 2[^]*Destination port: .*\(5506\)/,
  ],
  'A text for a program on the phone': [/Destination port: .*\(16000\)/],
  'Three voice messages wait': [
    /Discard message after updating indication[^]*Voice Message Waiting[^]*Message Count: 3/,
    /Data coding: .*0xc8/,
  ],
  'A message that nobody sees (type 0)': [/Protocol id\.: 0x40/],
  'A command for the SIM card': [/0x70[^]*Length: 0/, /Protocol id\.: 0x7f/],
};

describe('the page about binary messages', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  /** The PDUs of an example, as they are on the wire. */
  async function sent({ code }: Example): Promise<(PduInput & { short_message: Buffer })[]> {
    const { client, peer } = await scenes.bound();
    await client.send(compose(run(code), OUT) as Message);
    return peer.submits as never;
  }

  for (const example of examples)
    it(`sends what it says: ${example.title}`, async () => {
      const pdus = await sent(example);
      const octets = pdus.map(({ short_message }) => short_message.toString('hex'));
      if (example.hex !== undefined) assert.deepEqual(octets, [example.hex]);
      for (const one of octets) assert.ok(one.length <= 280);
      const header = GAMMU[example.title];
      if (header !== undefined) for (const one of octets) assert.ok(one.slice(2, 24).includes(header), one);
    });

  it('has octets below every example that is not too long or without any', () => {
    assert.ok(examples.length >= 10);
    assert.deepEqual(
      examples.filter(({ hex }) => hex === undefined).map(({ title }) => title),
      [
        'An operator logo or a ringtone (smart messaging)',
        'Three voice messages wait',
        'A message that nobody sees (type 0)',
      ],
    );
  });

  it('has the WAP push that others publish', () => {
    // https://www.commzgate.com/2007/06/20/how-to-format-a-wap-push-message-as-a-hexadecimal-string/
    const published =
      '0605040b8423f0DC0601AE02056A0045C60C037777772e636f6d6d7a676174652e636f6d2f6b6f6e672f6b6f6e672e6769660001036b6f6e67000101';
    assert.equal(examples[0]?.hex, published.toLowerCase());
  });

  it('defines TLVs of vendors that can be', () => {
    const [, vendors = ''] = /^### What carriers ask for$([^]*?)^### /m.exec(page) ?? [];
    const lists = [...vendors.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, json]) => json!);
    assert.equal(lists.length, 3);
    for (const json of lists) assert.ok(new TlvTable(JSON.parse(json) as VendorTlv[]));
  });

  it('is read by tshark as it is meant', async function () {
    needs(this, 'tshark');
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'smpp-binary-'));
    try {
      const titles: string[] = [];
      const dumps: string[] = [];
      for (const example of examples)
        for (const pdu of await sent(example)) {
          titles.push(example.title);
          dumps.push(`000000 ${encodePdu(pdu).toString('hex').match(/../g)!.join(' ')}\n`);
        }
      const [dump, capture] = [join(folder, 'pdus.txt'), join(folder, 'pdus.pcap')];
      writeFileSync(dump, dumps.join('\n'));
      execFileSync('text2pcap', ['-q', '-T', '2775,2775', dump, capture], { stdio: 'ignore' });
      const told = execFileSync('tshark', ['-r', capture, '-d', 'tcp.port==2775,smpp', '-V'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const frames = told.split(/^Frame \d+: /m).slice(1);
      assert.equal(frames.length, titles.length);
      assert.doesNotMatch(told, /Malformed/);
      for (const [title, patterns] of Object.entries(DISSECTED)) {
        const own = frames.filter((_, at) => titles[at] === title).join('\n');
        for (const pattern of patterns) assert.match(own, pattern, title);
      }
      assert.deepEqual(Object.keys(DISSECTED).sort(), [...new Set(titles)].sort());
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
