import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAPI, NodeMessage } from 'node-red';
import type { DeadLetterList } from '../../src/index';
import { EditorNode } from './support/editor';
import { Inbox, freePort, helper, load, logged, until, useHelper, type FlowNode } from './support/helper';

const FOLDER = join(__dirname, '..', '..', 'examples');
const OURS = ['smpp-config', 'smpp-out', 'smpp-in', 'smpp-simulator'];
const editors = new Map(OURS.map((type) => [type, new EditorNode(type)]));
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const read = (file: string): FlowNode[] => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as FlowNode[];
const required = createRequire(__filename);
const core = (path: string): ((RED: NodeAPI) => void) => required(`@node-red/nodes/core/${path}.js`) as never;

describe('the examples', () => {
  it('show every node', () => {
    const used = new Set(files.flatMap(read).map(({ type }) => type));
    assert.deepEqual(
      OURS.filter((type) => !used.has(type)),
      [],
    );
  });

  it("do not get into each other's way", () => {
    const ports = files.flatMap(read).flatMap(({ type, port }) => (type === 'smpp-simulator' ? [port] : []));
    assert.equal(new Set(ports).size, ports.length);
    const ids = files.flatMap(read).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  for (const file of files) {
    const nodes = read(file);
    const ids = new Set(nodes.map(({ id }) => id));

    it(`have nothing wrong in ${file}`, () => {
      for (const node of nodes) {
        const wires = ((node.wires ?? []) as string[][]).flat();
        const links = [
          ...wires,
          ...((node.scope ?? []) as string[]),
          node.connection ?? node.id,
          node.z ?? node.id,
        ];
        for (const id of links as string[]) assert.ok(ids.has(id), `${node.id}: ${id}`);
        const editor = editors.get(node.type);
        if (!editor) continue;
        for (const property of Object.keys(editor.definition.defaults)) {
          assert.ok(property in node, `${node.id} lacks ${property}`);
          assert.equal(editor.validate(property, node[property], node), true, `${node.id} ${property}`);
        }
      }
    });

    it(`say in ${file} what they are about`, () => {
      const [tab] = nodes;
      assert.ok(tab?.type === 'tab' && String(tab.info).length > 40);
      assert.ok(nodes.some(({ type }) => type === 'comment'));
    });
  }
});

describe('an example, imported as it is', () => {
  useHelper();
  let directory = '';
  before(() => (directory = mkdtempSync(join(tmpdir(), 'smpp-examples-'))));
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** With the buttons, the sidebar and the web left out. */
  async function run(file: string): Promise<void> {
    const outside = ['inject', 'debug', 'comment', 'http in', 'http response'];
    // A demo may be running on the ports that the example has.
    const ports = new Map<unknown, number>();
    for (const { port } of read(file))
      if (port !== undefined && !ports.has(port)) ports.set(port, await freePort());
    const flow = read(file).map((node) => ({
      ...node,
      ...(outside.includes(node.type) ? { type: 'helper' } : {}),
      ...('port' in node ? { port: ports.get(node.port) } : {}),
      // There is no user directory here.
      ...('queueDirectory' in node ? { queueDirectory: directory } : {}),
    }));
    const used = ['10-function', '10-switch', '15-change', '89-delay'].map((name) =>
      core(`function/${name}`),
    );
    await load(flow, {}, used);
  }
  const start = (id: string, msg: NodeMessage): void => helper.getNode(id).send(msg);

  it('sends a first message and gets its receipt', async () => {
    await run('01-first-message.json');
    const accepted = new Inbox('smpp-first-message-accepted');
    const received = new Inbox('smpp-first-message-received');
    start('smpp-first-message-hello', { payload: 'Hello', topic: '447700900123' });
    assert.equal(((await accepted.next()).smpp as { event: string }).event, 'accepted');
    assert.equal(((await received.next()).payload as { state: string }).state, 'DELIVRD');
    assert.deepEqual(
      logged('WARN').filter((line) => line.includes('smpp')),
      [],
    );
  });

  it('answers a message that comes in', async () => {
    await run('02-reply.json');
    const phone = new Inbox('smpp-reply-at-phone');
    await until(() => logged('INFO').some((line) => line.startsWith('bound to')), 'the session');
    start('smpp-reply-text', { payload: 'What time is it?', topic: '70123' });
    const { payload, topic, smpp } = await phone.next();
    assert.match(String(payload), /^You asked "What time is it\?": it is /);
    assert.deepEqual([topic, (smpp as { source_addr: string }).source_addr], ['447700900123', '70123']);
  });

  it('leads a phone through a menu by USSD', async () => {
    await run('20-ussd-menu.json');
    const [phone, ended] = [new Inbox('smpp-ussd-at-phone'), new Inbox('smpp-ussd-ended')];
    await until(() => logged('INFO').some((line) => line.startsWith('bound to')), 'the session');
    const dial = (number: string) => ({
      payload: '*100#',
      smpp: { session: 'new', source_addr: number },
    });
    start('smpp-ussd-dial', dial('447700900123'));
    const screens = [await phone.next(), await phone.next(), await phone.next()];
    assert.deepEqual(
      screens.map(({ payload, smpp }) => [
        String(payload).split('\n')[0],
        (smpp as { session: string }).session,
      ]),
      [
        ['Welcome', 'continue'],
        ['Data bundles', 'continue'],
        ['You have bought 1 GB. Thank you', 'close'],
      ],
    );
    start('smpp-ussd-dial-and-hang-up', dial('447700900124'));
    await phone.next();
    const { payload, topic, smpp } = await ended.next();
    assert.deepEqual([payload, topic], ['abort', '447700900124']);
    assert.equal((smpp as { event: string }).event, 'ussd');
    assert.deepEqual(
      logged('ERROR').filter((line) => line.includes('smpp')),
      [],
    );
  });

  it('tells what was not sent, and why', async () => {
    await run('03-errors.json');
    const failed = new Inbox('smpp-errors-failed');
    start('smpp-errors-nowhere', { payload: 'Hello', topic: '' });
    const { code, field } = (await failed.next()).payload as Record<string, unknown>;
    assert.deepEqual([code, field], ['MISSING_DESTINATION', 'destination_addr']);
    const done = new Inbox('smpp-errors-done');
    start('smpp-errors-good', { payload: 'Hello', topic: '447700900123' });
    start('smpp-errors-good', { payload: 'Hello', topic: '447700900123' });
    assert.equal((await done.next()).payload, 'Hello');
    assert.equal(
      ((await failed.next()).payload as Record<string, unknown>).command_status,
      'ESME_RINVDSTADR',
    );
  });

  it('answers a request by the web', async () => {
    await run('04-send-by-http.json');
    const response = new Inbox('smpp-send-by-http-response');
    start('smpp-send-by-http-request', { payload: { to: '447700900123', text: 'Hello' } });
    const { statusCode, payload } = await response.next();
    assert.deepEqual([statusCode, typeof (payload as { id: string }).id], [202, 'string']);
    start('smpp-send-by-http-request', { payload: { text: 'Hello' } });
    const refused = await response.next();
    assert.deepEqual(
      [refused.statusCode, (refused.payload as { field: string }).field],
      [400, 'destination_addr'],
    );
  });

  it('answers a repeated request by the web as the first one', async () => {
    await run('22-retry-safe-http.json');
    const response = new Inbox('smpp-retry-safe-http-response');
    const ask = async (key: string | undefined, text: string): Promise<Record<string, unknown>> => {
      const headers = key === undefined ? {} : { 'idempotency-key': key };
      start('smpp-retry-safe-http-request', { payload: { to: '447700900123', text }, req: { headers } });
      return await response.next();
    };
    const first = await ask('a', 'Hello');
    const again = await ask('a', 'Hello');
    assert.deepEqual([first.statusCode, again.statusCode, again.payload], [200, 200, first.payload]);
    assert.deepEqual([first.headers, again.headers], [{}, { 'Idempotent-Replayed': 'true' }]);
    const other = await ask('a', 'Other');
    assert.deepEqual(
      [other.statusCode, (other.payload as { code: string }).code],
      [409, 'IDEMPOTENCY_CONFLICT'],
    );
    assert.equal((await ask(undefined, 'Hello')).statusCode, 400);
  });

  it('controls a connection', async () => {
    await run('05-control.json');
    const answer = new Inbox('smpp-control-answer');
    start('smpp-control-configure', { action: 'configure', payload: { send_rate: 5, window_size: 20 } });
    start('smpp-control-status', { action: 'status' });
    const { send_rate, window_size } = (await answer.next()).payload as Record<string, unknown>;
    assert.deepEqual([send_rate, window_size], [5, 20]);
    start('smpp-control-hundred', {});
    await until(() => answer.messages.length > 0 || logged('WARN').length > 0, 'an answer').catch(
      () => undefined,
    );
    assert.deepEqual(
      logged('ERROR').filter((line) => !line.includes('registerType')),
      [],
    );
  });

  it('keeps what failed for good, and sends it again', async () => {
    await run('06-dead-letters.json');
    const failed = new Inbox('smpp-dead-letters-failed');
    const answer = new Inbox('smpp-dead-letters-answer');
    const receipts = new Inbox('smpp-dead-letters-receipts');
    const list = async (): Promise<DeadLetterList> => {
      start('smpp-dead-letters-dead-letters', { action: 'dead-letters' });
      return (await answer.next()).payload as DeadLetterList;
    };
    start('smpp-dead-letters-send', { payload: 'Hello', topic: '447700900900' });
    const { id, command_status } = (await failed.next()).payload as Record<string, unknown>;
    assert.equal(command_status, 'ESME_RINVDSTADR');
    const { total, letters } = await list();
    assert.deepEqual(
      [total, letters[0]?.id, letters[0]?.code, letters[0]?.destination_addr],
      [1, id, 'REFUSED', '447700900900'],
    );
    start('smpp-dead-letters-replay', { action: 'replay' });
    assert.deepEqual((await answer.next()).payload, { replayed: [id], missing: [] });
    const receipt = await receipts.next();
    assert.deepEqual(
      [(receipt.smpp as { id: string }).id, (receipt.payload as { state: string }).state],
      [id, 'DELIVRD'],
    );
    assert.equal((await list()).total, 0);
  });

  it('sends a list at the pace that the SMS centre takes', async function () {
    this.timeout(40_000);
    await run('09-bulk-with-pacing.json');
    const [result, status, told] = ['result', 'status', 'told'].map((id) => new Inbox(`smpp-bulk-${id}`)) as [
      Inbox,
      Inbox,
      Inbox,
    ];
    const lines = Array.from({ length: 12 }, (_, i) => `4477009000${10 + i};Customer ${i}`);
    start('smpp-bulk-list', { payload: ['number;name', ...lines].join('\n') });
    assert.equal(((await told.next()).payload as { state: string }).state, 'throttled');
    start('smpp-bulk-ask', { action: 'status' });
    const { waiting, allowed_rate } = (await status.next()).payload as Record<string, number>;
    assert.ok(waiting! > 0 && allowed_rate! <= 20, `${waiting} waiting, ${allowed_rate}/s`);
    await until(() => result.messages.length > 0, 'the result', 30_000);
    const { accepted, of } = (await result.next()).payload as Record<string, number>;
    assert.deepEqual([accepted, of], [12, 12]);
    start('smpp-bulk-slower', { action: 'configure', payload: { send_rate: 5 } });
    assert.deepEqual(
      logged('ERROR').filter((line) => !line.includes('registerType')),
      [],
    );
  });

  it('acknowledges a message when it is saved, and gets again what was not', async () => {
    await run('10-acknowledge-after-saving.json');
    const saved = new Inbox('smpp-ack-saved');
    const refused = new Inbox('smpp-ack-refused');
    await until(() => logged('INFO').some((line) => line.includes('bound to')), 'the session');
    start('smpp-ack-order', { payload: 'Order 4711', topic: '70123' });
    assert.equal((await saved.next()).payload, 'Order 4711');
    start('smpp-ack-bad', { payload: 'Order 4712, at a bad moment', topic: '70123' });
    assert.match(String((await refused.next()).payload), /4712/);
    assert.match(String((await saved.next()).payload), /4712/);
    assert.deepEqual(
      logged('ERROR').filter((line) => !line.includes('registerType')),
      [],
    );
  });

  it('counts what a text costs', async () => {
    await run('11-what-a-text-costs.json');
    const [counted, refused] = ['segments', 'refused'].map((id) => new Inbox(`smpp-text-cost-${id}`)) as [
      Inbox,
      Inbox,
    ];
    const injects = read('11-what-a-text-costs.json').filter(({ type }) => type === 'inject');
    for (const { id, name, payload, topic } of injects) {
      const segments = /: (\d)$/.exec(String(name))?.[1] ?? '1';
      if (name === 'Latin-1 without €') continue;
      start(id, { payload, topic: String(topic) });
      const { smpp } = await counted.next();
      assert.equal((smpp as { segments: number }).segments, Number(segments), String(name));
    }
    start('smpp-text-cost-latin1', { payload: 'It costs 5 €', topic: '447700900123' });
    const { error } = (await refused.next()) as { error?: { message: string; code: string } };
    assert.equal(error?.code, 'UNENCODABLE');
    assert.match(error?.message ?? '', /"€" \(U\+20AC\) at 11 .*gsm0338/);
  });

  it('sends long messages in every way, and joins them', async () => {
    await run('12-long-messages.json');
    const [accepted, refused, arrived, received] = ['accepted', 'refused', 'arrived', 'received'].map(
      (id) => new Inbox(`smpp-long-${id}`),
    ) as [Inbox, Inbox, Inbox, Inbox];
    const injects = read('12-long-messages.json').filter(({ type }) => type === 'inject');
    const text = String(injects[0]?.payload);
    for (const [id, segments] of [
      ['auto', 2],
      ['sar', 2],
      ['payload', 1],
      ['words', 2],
    ] as const) {
      start(`smpp-long-${id}`, { payload: text, topic: '447700900123' });
      assert.equal(((await accepted.next()).smpp as { segments: number }).segments, segments, id);
      assert.equal((await arrived.next()).payload, text, id);
    }
    start('smpp-long-short', { payload: text, topic: '447700900123' });
    assert.equal(((await refused.next()).error as { code: string }).code, 'TEXT_TOO_LONG');
    start('smpp-long-phone', { payload: text, topic: '70123' });
    const { payload, smpp } = await received.next();
    assert.deepEqual([payload, (smpp as { segments: number }).segments], [text, 2]);
  });

  it('sorts receipts, and waits for one', async () => {
    await run('13-receipts.json');
    const delivered = new Inbox('smpp-receipts-delivered');
    const arrived = new Inbox('smpp-receipts-arrived');
    start('smpp-receipts-send', { payload: 'Hello', topic: '447700900123' });
    const { smpp, topic } = await delivered.next();
    const { metadata } = smpp as { metadata: { order: number } };
    assert.deepEqual([metadata.order, topic], [4711, '447700900123']);
    start('smpp-receipts-wait-send', { payload: 'Hello', topic: '447700900124' });
    const { event, receipt } = (await arrived.next()).smpp as { event: string; receipt: { state: string } };
    assert.deepEqual([event, receipt.state], ['delivered', 'DELIVRD']);
  });

  it('sends to numbers and a distribution list, and tells what was refused and whose receipt it is', async () => {
    await run('18-distribution-list.json');
    const [some, receipts, arrived] = ['some', 'receipt', 'arrived'].map(
      (id) => new Inbox(`smpp-lists-${id}`),
    ) as [Inbox, Inbox, Inbox];
    start('smpp-lists-send', { payload: 'Hello' });
    const { destinations, cost, unsuccess_sme } = (await some.next()).smpp as {
      destinations: number;
      cost: number;
      unsuccess_sme: { destination_addr: string; error_status: string }[];
    };
    assert.deepEqual([destinations, cost], [4, 4]);
    assert.deepEqual(
      unsuccess_sme.map((one) => [one.destination_addr, one.error_status]),
      [['447700900900', 'ESME_RINVDSTADR']],
    );
    const told = [];
    for (let n = 0; n < 4; n++) told.push((await receipts.next()).topic);
    const numbers = ['447700900123', '447700900124', '447700900201', '447700900202'];
    assert.deepEqual(told.sort(), numbers);
    start('smpp-lists-wait-send', { payload: 'Hello', topic: '447700900123, 447700900124' });
    const delivered = (await arrived.next()).smpp as { event: string; receipts: { address: string }[] };
    assert.equal(delivered.event, 'delivered');
    assert.deepEqual(delivered.receipts.map(({ address }) => address).sort(), numbers.slice(0, 2));
  });

  it('asks about a message, replaces and cancels it, also before it is sent', async () => {
    await run('17-query-and-cancel.json');
    const [accepted, state, replaced, cancelled, failed] = [
      ...['accepted', 'state', 'replaced', 'cancelled', 'failed'],
    ].map((id) => new Inbox(`smpp-manage-${id}`)) as [Inbox, Inbox, Inbox, Inbox, Inbox];
    start('smpp-manage-send', { payload: 'At eight', topic: '447700900123' });
    const { smpp } = await accepted.next();
    const { id } = smpp as { id: string };
    const about = async (node: string, inbox: Inbox, payload = ''): Promise<Record<string, unknown>> => {
      start(node, { payload, smpp });
      return (await inbox.next()).smpp as Record<string, unknown>;
    };
    assert.deepEqual((({ id: of, state: is }) => [of, is])(await about('smpp-manage-query', state)), [
      id,
      'ENROUTE',
    ]);
    assert.equal((await about('smpp-manage-new', replaced, 'At nine')).id, id);
    assert.equal((await about('smpp-manage-take-back', cancelled)).cancelled, 'smsc');
    assert.equal((await about('smpp-manage-query', state)).state, 'DELETED');
    assert.equal((await about('smpp-manage-take-back', failed)).command_status, 'ESME_RCANCELFAIL');
    start('smpp-manage-both', { payload: 'Sorry', topic: '447700900124' });
    assert.match(((await cancelled.next()).smpp as { cancelled: string }).cancelled, /^(queue|smsc)$/);
  });

  it('sends by the second carrier what the first one refuses', async () => {
    await run('07-two-carriers-fallback.json');
    const [first, second, failed, receipts] = ['by-first', 'by-second', 'failed', 'receipts'].map(
      (id) => new Inbox(`smpp-fallback-${id}`),
    ) as [Inbox, Inbox, Inbox, Inbox];
    start('smpp-fallback-taken', { payload: 'Hello', topic: '447700900555' });
    const one = (await first.next()).smpp as { id: string };
    start('smpp-fallback-refused', { payload: 'Hello', topic: '447700900123' });
    const other = await second.next();
    assert.deepEqual([other.payload, other.topic], ['Hello', '447700900123']);
    const ids = [await receipts.next(), await receipts.next()].map(({ smpp }) => (smpp as { id: string }).id);
    assert.deepEqual(ids.sort(), [one.id, (other.smpp as { id: string }).id].sort());
    start('smpp-fallback-taken', { payload: 'Hello', topic: '' });
    assert.equal(((await failed.next()).smpp as { code: string }).code, 'MISSING_DESTINATION');
    assert.deepEqual([first.messages.length, second.messages.length], [0, 0]);
  });

  it('chooses the carrier by the longest prefix', async () => {
    await run('08-route-by-prefix.json');
    const [first, second, nowhere] = ['by-first', 'by-second', 'nowhere'].map(
      (id) => new Inbox(`smpp-route-${id}`),
    ) as [Inbox, Inbox, Inbox];
    const route = async (topic: string, inbox: Inbox): Promise<void> => {
      start('smpp-route-inject-1', { payload: 'Hello', topic });
      assert.equal((await inbox.next()).topic, topic);
    };
    await route('447700900123', first);
    await route('447800900123', second);
    await route('+491511234567', second);
    await route('999123', nowhere);
  });

  it('leaves a carrier whose messages do not arrive for the other', async () => {
    await run('16-steer-by-quality.json');
    const [first, second, known] = ['by-first', 'by-second', 'known'].map(
      (id) => new Inbox(`smpp-quality-${id}`),
    ) as [Inbox, Inbox, Inbox];
    const texts = { payload: ['One', 'Two', 'Three', 'Four', 'Five', 'Six'], topic: '447700900123' };
    start('smpp-quality-send', texts);
    assert.equal(((await first.next()).smpp as { results: unknown[] }).results.length, 6);
    // Told every two seconds; the last of them has all receipts.
    let told = (await known.next()).payload as { receipts: number; delivered_share?: number };
    while (told.receipts < 6) told = (await known.next()).payload as typeof told;
    assert.equal(told.delivered_share, 0);
    start('smpp-quality-send', texts);
    assert.equal(((await second.next()).smpp as { results: unknown[] }).results.length, 6);
    assert.equal(first.messages.length, 0);
  });

  it('sends the TLVs that a carrier asks for, and tells what lacks them', async () => {
    await run('21-vendor-tlvs-dlt.json');
    const [accepted, refused, taken, received] = ['accepted', 'refused', 'taken', 'received'].map(
      (id) => new Inbox(`smpp-dlt-${id}`),
    ) as [Inbox, Inbox, Inbox, Inbox];
    start('smpp-dlt-parcel', {
      payload: { template: 'parcel', values: ['4711', 'Monday'] },
      topic: '919812345678',
    });
    const { payload, ids } = (await taken.next()) as NodeMessage & { ids?: object };
    assert.deepEqual(
      [payload, { ...ids }],
      [
        'Your parcel 4711 comes on Monday.',
        { pe_id: '1101234567890123456', template_id: '1107161234567890124' },
      ],
    );
    assert.equal(((await accepted.next()).smpp as { event: string }).event, 'accepted');
    assert.equal(((await received.next()).payload as { state: string }).state, 'DELIVRD');
    start('smpp-dlt-without', { payload: 'Hello', topic: '919812345678' });
    const { code, command_status } = (await refused.next()).smpp as Record<string, unknown>;
    assert.deepEqual([code, command_status], ['REFUSED', 'ESME_RMISSINGOPTPARAM']);
    const smpp = { template_id: '110716123456789012' };
    start('smpp-dlt-mistyped', { payload: 'Hello', topic: '919812345678', smpp });
    const wrong = await refused.next();
    const { field } = wrong.smpp as Record<string, unknown>;
    assert.equal(field, 'template_id');
    assert.match((wrong.error as { message: string }).message, /takes 18 octets: it must be 19/);
  });

  it('broadcasts an alert, asks how far it is, and ends it', async () => {
    await run('19-broadcast-alert.json');
    const [accepted, progress, cancelled] = ['accepted', 'progress', 'cancelled'].map(
      (id) => new Inbox(`smpp-broadcast-${id}`),
    ) as [Inbox, Inbox, Inbox];
    start('smpp-broadcast-query', { payload: '' });
    await until(() => logged('WARN').some((line) => line.includes('Send the alert first')), 'the hint');
    start('smpp-broadcast-send', { payload: 'Flood' });
    const alert = (await accepted.next()).smpp as Record<string, unknown>;
    const [failed] = alert['failed_broadcast_area_identifier'] as Record<string, unknown>[];
    assert.deepEqual(
      [alert['event'], failed?.['alias'], failed?.['broadcast_error_status']],
      ['accepted', 'Atlantis', 'ESME_RINVBCASTALIAS_NAME'],
    );
    start('smpp-broadcast-query', { payload: '' });
    const asked = (await progress.next()).smpp as {
      state: string;
      areas: { alias: string; success: number }[];
    };
    assert.deepEqual([asked.state, asked.areas.map(({ alias }) => alias)], ['ENROUTE', ['Lyon', 'Grenoble']]);
    assert.ok(asked.areas.every(({ success }) => success >= 0 && success < 100));
    start('smpp-broadcast-cancel', { payload: '' });
    assert.equal(((await cancelled.next()).smpp as { event: string }).event, 'accepted');
    start('smpp-broadcast-query', { payload: '' });
    assert.equal(((await progress.next()).smpp as { state: string }).state, 'DELETED');
  });
});
