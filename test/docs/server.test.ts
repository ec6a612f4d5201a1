/** What docs/server.md says, held against the server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SmppClient } from '../../src';
import type { SmppServer } from '../../src/server';
import { OPTIONS } from '../../src/server/options';
import { Smsc } from '../../src/simulator';
import { runsTypeScript } from '../support/child';
import { Esme } from '../support/esme';
import { pass, until } from '../support/until';

const run = promisify(execFile);
const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'server.md'), 'utf8');

/** On the sources in place of the package, which need not be built. */
const onSources = (code: string): string =>
  code.replace(/'@nazjs\/node-red-smpp(\/\w+)?'/g, (_, face = '') =>
    JSON.stringify(join(root, 'src', `.${String(face)}`, 'index.ts')),
  );

describe('the page about the server', () => {
  const folder = join(root, '.cache', 'server-page');
  before(() => mkdirSync(folder, { recursive: true }));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const programs = [...page.matchAll(/^```js\n([\s\S]*?)^```\n+```text\n([\s\S]*?)^```$/gm)];

  it('has a first server and a gateway', () => assert.equal(programs.length, 2));

  for (const [at, [, code, output]] of programs.entries())
    it(`prints what stands below its program ${at + 1}`, async function () {
      this.timeout(60_000);
      const file = join(folder, `example-${at}.cjs`);
      writeFileSync(file, onSources(code!));
      const { stdout } = await run(process.execPath, [...runsTypeScript, file], { cwd: root });
      assert.equal(stdout, output);
    });

  const openGateway = (carrier: object): { client: SmppClient; server: SmppServer } => {
    const [code = ''] = programs[1]![1]!.split('async function main()');
    const file = join(folder, 'gateway.cjs');
    writeFileSync(file, `${onSources(code)}\nmodule.exports = gateway;\n`);
    const gateway = createRequire(__filename)(file) as typeof openGateway;
    return gateway(carrier);
  };

  it('has a gateway that tells the customer what the carrier refuses, and gives nobody what is for nobody', async function () {
    this.timeout(60_000);
    const smsc = new Smsc({ rules: [{ type: 'status', status: 'ESME_RINVDSTADR', every: 1 }] });
    const { client, server } = openGateway(await smsc.start());
    await client.start();
    const { port } = await server.start();
    const customer = await Esme.bound({ port, fields: { system_id: 'shop', password: 'sesame' } });
    const { message_id } = await customer.submit({
      registered_delivery: 1,
      source_addr: '70123',
      destination_addr: '447700900123',
    });
    const [receipt] = await customer.until(1);
    assert.equal(receipt?.tlvs.receipted_message_id, message_id);
    assert.match(receipt!.short_message.toString(), /stat:REJECTD/);
    assert.deepEqual([receipt!.source_addr, receipt!.destination_addr], ['447700900123', '70123']);
    const [answer] = await smsc.deliver({
      source_addr: '447700900123',
      destination_addr: '79999',
      text: 'Whose is it?',
    });
    assert.equal(answer?.command_status, 0x64);
    await customer.close();
    for (const one of [server, client, smsc]) await one.stop();
  });

  it('has a gateway that keeps a receipt for a customer who is away', async function () {
    this.timeout(60_000);
    const smsc = new Smsc({ receiptDelay: 0.2 });
    const { client, server } = openGateway(await smsc.start());
    await client.start();
    const { port } = await server.start();
    const customer = { port, fields: { system_id: 'shop', password: 'sesame' } };
    const first = await Esme.bound(customer);
    const { message_id } = await first.submit({ registered_delivery: 1 });
    await first.close();
    const asked: unknown[] = [];
    smsc.on('receipt', ({ command_status }) => asked.push(command_status));
    await until(() => server.receivers('shop').length === 0, 'its end');
    // Refused at least once, and repeated by the carrier.
    await pass(600);
    assert.deepEqual(asked, []);
    const second = await Esme.bound(customer);
    const [receipt] = await second.until(1);
    assert.equal(receipt?.tlvs.receipted_message_id, message_id);
    assert.match(receipt!.short_message.toString(), /stat:DELIVRD/);
    await until(() => asked.length === 1, 'the end of the receipt');
    await second.close();
    for (const one of [server, client, smsc]) await one.stop();
  });

  it('lists every option with its default, and no other', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (?:`([^`]*)`)? *\|/gm)];
    const told = new Map(rows.map(([, name, fallback]) => [name!, fallback]));
    assert.deepEqual([...told.keys()].sort(), Object.keys(OPTIONS).sort());
    for (const [name, option] of Object.entries(OPTIONS) as [
      string,
      { fallback: unknown; read(v: never): unknown },
    ][]) {
      const fallback = told.get(name);
      const { fallback: is } = option;
      if (typeof is === 'object' || typeof is === 'function' || is === undefined) continue;
      const given = typeof is === 'boolean' ? fallback === 'true' : fallback;
      assert.deepEqual(option.read(given as never), is, name);
    }
  });
});
