import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../.ci/demo/ports';
import { Smsc, type ReceiptEvent, type SubmitEvent } from '../../src/simulator';
import { needs } from '../support/skip';
import { until } from '../support/until';

const PATIENCE = 30_000;

/**
 * Ports that were free a moment ago; kannel takes no port 0. They lie below those that the system gives to whoever
 * connects, who would be faster.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  let next = 20_000 + Math.floor(Math.random() * 10_000);
  for (; ports.length < count; next = (ports.at(-1) ?? next) + 1) ports.push(await freePort(next));
  return ports;
}

/** Resolves when somebody listens there. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
}

function configuration(ports: {
  smsc: number;
  admin: number;
  box: number;
  send: number;
  web: number;
}): string {
  return `
group = core
admin-port = ${ports.admin}
admin-interface = 127.0.0.1
admin-password = secret
smsbox-port = ${ports.box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1

group = smsc
smsc = smpp
host = 127.0.0.1
port = ${ports.smsc}
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
enquire-link-interval = 2
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${ports.send}
sendsms-interface = 127.0.0.1
global-sender = 4915000

group = sendsms-user
username = us
password = secret
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:${ports.web}/mo?from=%p&to=%P&text=%b"
`;
}

describe('kannel, as a client of the simulator', function () {
  this.timeout(120_000);
  let smsc: Smsc;
  let web: Server;
  let folder: string;
  let sendPort: number;
  const boxes: ChildProcess[] = [];
  let isOver = false;
  /** What it asked our web server for. */
  const asked: URL[] = [];
  const submits: SubmitEvent[] = [];
  const receipts: ReceiptEvent[] = [];

  before(async function () {
    needs(this, 'kannel');
    folder = mkdtempSync(join(tmpdir(), 'smpp-kannel-'));
    smsc = new Smsc({ systemId: 'kannel', password: 'secret', receiptDelay: 0 });
    smsc.on('submit', (event) => submits.push(event));
    smsc.on('receipt', (event) => receipts.push(event));
    const { port } = await smsc.start();
    web = createServer((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://127.0.0.1'));
      response.end('');
    });
    await once(web.listen(0, '127.0.0.1'), 'listening');
    const [admin = 0, box = 0, send = 0] = await freePorts(3);
    sendPort = send;
    const ports = { smsc: port, admin, box, send, web: (web.address() as AddressInfo).port };
    writeFileSync(join(folder, 'kannel.conf'), configuration(ports));
    run('bearerbox');
    await until(() => smsc.sessions.length === 1, 'the bind of bearerbox', PATIENCE);
    // Where bearerbox does not listen yet, smsbox gives up.
    await eventually(() => listens(box));
    run('smsbox');
    await eventually(async () => (await fetch(url({}))).status > 0);
  });

  after(async () => {
    isOver = true;
    for (const box of boxes.reverse()) {
      if (box.exitCode !== null || box.signalCode !== null) continue;
      const gone = once(box, 'exit');
      box.kill('SIGKILL');
      await gone;
    }
    web?.closeAllConnections();
    web?.close();
    await smsc?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** Again where it ends by itself: each does where the other is not there at once. */
  function run(name: 'bearerbox' | 'smsbox'): void {
    const box = spawn(join('/usr/sbin', name), ['-v', '4', 'kannel.conf'], { cwd: folder, stdio: 'ignore' });
    boxes.push(box);
    box.on('exit', () => setTimeout(() => isOver || run(name), 200).unref());
  }

  async function eventually(works: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!(await works().catch(() => false))) {
      assert.ok(Date.now() < end, 'kannel does not answer');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  function url(parameters: Record<string, string>): string {
    return `http://127.0.0.1:${sendPort}/cgi-bin/sendsms?${new URLSearchParams(parameters).toString()}`;
  }

  async function sendSms(parameters: Record<string, string>): Promise<void> {
    const login = { username: 'us', password: 'secret', to: '491510001', coding: '0', charset: 'UTF-8' };
    // Until it knows of its bearerbox it says "temporal failure".
    await eventually(async () => (await fetch(url({ ...login, ...parameters }))).status === 202);
  }

  it('sends what it is told by HTTP, and hears of its delivery', async () => {
    const { port } = web.address() as AddressInfo;
    const report = `http://127.0.0.1:${port}/dlr?state=%d&id=%F`;
    await sendSms({ text: 'Grüße @ {€}', 'dlr-mask': '31', 'dlr-url': report });
    await until(() => submits.length === 1, 'its message', PATIENCE);
    assert.deepEqual([submits[0]?.text, submits[0]?.destination_addr], ['Grüße @ {€}', '491510001']);
    const delivered = (): URL | undefined =>
      asked.find(({ pathname, searchParams }) => pathname === '/dlr' && searchParams.get('state') === '1');
    await until(() => delivered() !== undefined, 'its report', PATIENCE);
    assert.equal(delivered()?.searchParams.get('id'), submits[0]?.message_id);
    await until(() => receipts.length === 1, 'its answer to the receipt', PATIENCE);
    assert.equal(receipts[0]?.command_status, 'ESME_ROK');
  });

  it('sends a long message, which the simulator joins', async () => {
    const text = 'A text that takes more than one part. '.repeat(10).trim();
    const before = submits.length;
    await sendSms({ text });
    await until(() => submits.length === before + 3, 'its parts', PATIENCE);
    assert.equal(submits.at(-1)?.text, text);
  });

  it('takes a message of the simulator to its service', async () => {
    const [response] = await smsc.deliver({
      source_addr: '+491510002',
      destination_addr: '4915000',
      text: 'STOP',
    });
    assert.equal(response?.command_status, 0);
    const service = (): URL | undefined => asked.find(({ pathname }) => pathname === '/mo');
    await until(() => service() !== undefined, 'its request', PATIENCE);
    const { searchParams } = service() as URL;
    assert.deepEqual(
      ['from', 'to', 'text'].map((name) => searchParams.get(name)),
      ['+491510002', '4915000', 'STOP'],
    );
  });
});
