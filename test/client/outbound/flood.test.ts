import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SmppClient, type SmppClientOptions } from '../../../src/index';
import { PduFramer, decodePdu, encodePdu, responseOf, type PduInput } from '../../../src/protocol';
import { until } from '../../support/until';

/** A centre without a window: it writes as fast as the socket takes it, and keeps nothing. */
class Flooder {
  readonly answers = new Map<number, number>();
  readonly #server: Server;
  #socket: Socket | undefined;
  /** Whether the socket ever took no more. */
  heldUp = false;
  enquiries = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.on('error', () => undefined);
      const framer = new PduFramer();
      socket.on('data', (chunk: Buffer) => {
        for (const octets of framer.push(chunk)) this.#take(octets);
      });
    });
  }

  static async start(): Promise<Flooder> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Flooder(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get answered(): number {
    let sum = 0;
    for (const count of this.answers.values()) sum += count;
    return sum;
  }

  async flood(count: number): Promise<void> {
    const socket = this.#socket as Socket;
    const short_message = Buffer.from('x'.repeat(100));
    for (let n = 1; n <= count; n++) {
      const pdu = {
        command: 'deliver_sm',
        source_addr: '491517654321',
        destination_addr: '1234',
        short_message,
      };
      const sent = socket.write(encodePdu({ ...pdu, command_status: 0, sequence_number: n } as PduInput));
      if (sent || socket.destroyed) continue;
      const at = Date.now();
      await once(socket, 'drain');
      this.heldUp ||= Date.now() - at > 20;
    }
  }

  ask(): void {
    this.#socket?.write(encodePdu({ command: 'enquire_link', sequence_number: 0x7000_0000 }));
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #count(status: number): void {
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
  }

  #take(octets: Buffer): void {
    const { command, command_status: status, sequence_number } = decodePdu(octets);
    if (command === 'deliver_sm_resp') return this.#count(status);
    if (command === 'enquire_link_resp') this.enquiries++;
    const response = responseOf(command);
    if (!response) return;
    const fields = command === 'submit_sm' ? { message_id: String(sequence_number) } : {};
    this.#socket?.write(encodePdu({ command: response, command_status: 0, sequence_number, ...fields }));
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** MiB that are really in use. */
function used(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1024 / 1024);
}

describe('A flood of messages', function () {
  this.timeout(180_000);
  let centre: Flooder;
  let client: SmppClient;
  beforeEach(async () => {
    centre = await Flooder.start();
  });
  afterEach(async () => {
    await client.stop();
    await centre.stop();
  });

  async function start(options: SmppClientOptions = {}): Promise<void> {
    client = new SmppClient({ port: centre.port, logLevel: 'silent', ...options });
    await client.start();
  }

  it('of fifty thousand into a slow flow keeps memory flat and the session alive, and sending goes on', async () => {
    const count = 50_000;
    let atWork = 0;
    let most = 0;
    let told = 0;
    // Reading lags behind for seconds: how long depends on the machine, and half of these times is the limit.
    await start({ ackLimit: 100, windowSize: 5, responseTimeout: 600, enquireLinkInterval: 600 });
    let sessions = 0;
    client.on('session', ({ state }) => {
      if (state === 'connecting') sessions++;
    });
    client.on('message', async () => {
      most = Math.max(most, ++atWork);
      told++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      atWork--;
    });
    const before = used();
    let growth = 0;
    let measured = 0;
    const flooded = centre.flood(count);
    let sent = 0;
    while (centre.answered < count) {
      await client.send({ short_message: 'x', destination_addr: '491511234567' });
      sent++;
      if (told > 10_000 && measured++ < 5) growth = Math.max(growth, used() - before);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await flooded;
    assert.deepEqual([...centre.answers], [[0, count]]);
    assert.equal(told, count);
    assert.ok(most <= 100, `${most} at work`);
    assert.ok(sent >= 2, `${sent} sent meanwhile`);
    assert.ok(centre.heldUp, 'the centre was never held up');
    assert.equal(sessions, 0);
    assert.ok(measured > 0 && growth < 24, `${growth} MiB more`);
  });

  it('into a flow that stands still refuses in the end, so that all else is served', async () => {
    await start({ ackLimit: 10, responseTimeout: 2, windowSize: 5 });
    const release: (() => void)[] = [];
    client.on('message', () => new Promise<void>((resolve) => release.push(resolve)));
    const flooded = centre.flood(20_000);
    await until(() => release.length === 10);
    const sent = client.send({ short_message: 'x', destination_addr: '491511234567' });
    centre.ask();
    await flooded;
    await sent;
    await until(() => centre.enquiries > 0, 'an answer to enquire_link');
    assert.equal(client.state, 'bound');
    const RX_T_APPN = 0x64;
    assert.deepEqual([...centre.answers.keys()], [RX_T_APPN]);
    client.on('message', () => release.splice(0).forEach((done) => done()));
    release.splice(0).forEach((done) => done());
    await until(() => centre.answered === 20_000, 'all answers');
    assert.ok((centre.answers.get(0) ?? 0) >= 1000, 'what waited was told');
  });
});
