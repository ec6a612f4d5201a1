import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SmppClient } from '../../src';
import { Smsc } from '../../src/simulator';
import { ask, connectPeer, startPeerServer, type PeerServer, type PeerSession } from '../support/node-smpp';
import { freePorts } from '../support/servers';
import { needs } from '../support/skip';
import { until } from '../support/until';

type Told = Record<string, string | number>;
const OUTBIND = 0x0000000b;
const BIND_RECEIVER = 0x00000001;

describe('An outbind', () => {
  const ends: (() => unknown)[] = [];
  let port: number;
  beforeEach(async () => ([port = 0] = await freePorts(1)));
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** Ours, which the SMSC is to call. */
  async function listening(): Promise<{ client: SmppClient; texts: unknown[] }> {
    const client = new SmppClient({
      systemId: 'us',
      password: 'secret',
      bindType: 'receiver',
      outbindPort: port,
      outbindSystemId: 'centre',
      outbindPassword: 'Pa55',
      logLevel: 'silent',
    });
    ends.push(() => client.stop());
    const texts: unknown[] = [];
    client.on('message', ({ payload }) => void texts.push(payload));
    await client.start({ failFast: true });
    return { client, texts };
  }

  async function calling(): Promise<Smsc> {
    const smsc = new Smsc({ systemId: '', password: 'secret' });
    ends.push(() => smsc.stop());
    await smsc.start();
    return smsc;
  }

  it('of npm smpp is answered by our bind, and a message comes over it', async () => {
    const { client, texts } = await listening();
    const link = await connectPeer(port);
    ends.push(() => link.destroy());
    const binds: unknown[] = [];
    link.on('bind_receiver', (pdu) => {
      binds.push([pdu['system_id'], pdu['password']]);
      link.send(pdu.response({ system_id: 'peer' }));
    });
    link.on('unbind', (pdu) => void link.send(pdu.response()));
    link.outbind({ system_id: 'centre', password: 'Pa55' });
    await until(() => client.state === 'bound');
    assert.deepEqual(binds, [['us', 'secret']]);
    const text = { source_addr: '447700900123', destination_addr: '70123', short_message: 'Hello from npm' };
    assert.equal((await ask(link, 'deliver_sm', text)).command_status, 0);
    assert.deepEqual(texts, ['Hello from npm']);
  });

  it('of npm smpp with a wrong password is closed', async () => {
    const { client } = await listening();
    const link = await connectPeer(port);
    ends.push(() => link.destroy());
    let isClosed = false;
    link.on('close', () => (isClosed = true));
    link.outbind({ system_id: 'centre', password: 'other' });
    await until(() => isClosed);
    assert.equal(client.state, 'listening');
  });

  it('of ours has npm smpp bind, and a message goes over it', async () => {
    const asked: unknown[] = [];
    const texts: unknown[] = [];
    const serve = (session: PeerSession): void => {
      session.on('outbind', (pdu) => {
        asked.push([pdu['system_id'], pdu['password']]);
        session.bind_receiver({ system_id: 'peer', password: 'secret' });
      });
      session.on('deliver_sm', (pdu) => {
        texts.push(pdu.short_message?.message);
        session.send(pdu.response());
      });
      session.on('unbind', (pdu) => void session.send(pdu.response()));
    };
    const peer: PeerServer = await startPeerServer(serve);
    ends.push(() => peer.stop());
    const smsc = await calling();
    const session = await smsc.outbind({
      host: '127.0.0.1',
      port: peer.port,
      system_id: 'centre',
      password: 'p',
    });
    assert.deepEqual([session.system_id, session.bind_type], ['peer', 'receiver']);
    assert.deepEqual(asked, [['centre', 'p']]);
    await smsc.deliver({ source_addr: '447700900123', destination_addr: '70123', text: 'Hello' });
    assert.deepEqual(texts, ['Hello']);
  });

  describe('with Net::SMPP', () => {
    let perl: string;
    before(function () {
      perl = needs(this, 'net-smpp');
    });

    function run(...args: string[]): { child: ChildProcess; told: Told[]; ended: Promise<unknown> } {
      const script = join(__dirname, 'net-smpp-outbind.pl');
      const child = spawn(perl, [script, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
      const told: Told[] = [];
      const lines = createInterface(child.stdout);
      lines.on('line', (line) => told.push(JSON.parse(line) as Told));
      const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
      ends.push(() => (child.kill('SIGKILL'), ended));
      return { child, told, ended };
    }

    it('is answered by our bind, a message comes over it, and its unbind is answered', async () => {
      const { client, texts } = await listening();
      const { told, ended } = run('call', String(port), 'Pa55');
      await ended;
      assert.deepEqual(told, [
        { command: BIND_RECEIVER, system_id: 'us', password: 'secret' },
        { deliver_sm_resp: 0 },
        { unbind_resp: 0 },
      ]);
      assert.deepEqual(texts, ['Hello from Perl']);
      await until(() => client.state === 'listening');
    });

    it('with a wrong password is closed', async () => {
      await listening();
      const { told, ended } = run('call', String(port), 'other');
      await ended;
      assert.deepEqual(told, [{ closed: 1 }]);
    });

    it('of ours has it bind, and a message goes over it', async () => {
      const { told } = run('listen');
      await until(() => told.length === 1, 'its port');
      const smsc = await calling();
      const where = { host: '127.0.0.1', port: Number(told[0]?.['port']) };
      const session = await smsc.outbind({ ...where, system_id: 'centre', password: 'p' });
      await smsc.deliver({ source_addr: '447700900123', destination_addr: '70123', text: 'Hello' });
      await session.unbind();
      await until(() => told.length === 5);
      assert.deepEqual(told.slice(1), [
        { command: OUTBIND, system_id: 'centre', password: 'p' },
        { bind: 0 },
        { deliver: 'Hello' },
        { unbind: 1 },
      ]);
    });
  });
});
