import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { dial, type DialOptions } from '../../../src/client/connection/dial';
import { systemClock } from '../../../src/clock';
import { connect, type ConnectOptions, type Transport } from '../../../src/session';
import type { Peer } from '../../support/peer';
import { identity, pem } from '../../support/tls';
import { until } from '../../support/until';
import { Scenes } from '../setup';

describe('A host name with several addresses', () => {
  const scenes = new Scenes();
  let peer: Peer;
  beforeEach(async () => (peer = await scenes.peer()));
  afterEach(() => scenes.end());

  /** The peer listens on 127.0.0.1 only. */
  const options = (addresses: string[], more: Partial<DialOptions> = {}): DialOptions => ({
    host: 'smsc.example',
    port: peer.port,
    timeout: 5000,
    turn: 0,
    clock: systemClock,
    signal: new AbortController().signal,
    network: { resolve: () => Promise.resolve(addresses) },
    ...more,
  });

  it('is tried at each of them', async () => {
    const transport = await dial(options(['127.0.0.2', '127.0.0.3', '127.0.0.1']));
    assert.equal(transport.peer, `127.0.0.1:${peer.port}`);
    transport.destroy();
  });

  it('begins with another one at each turn, for one that takes connections may refuse every bind', async () => {
    const at = async (turn: number): Promise<string> => {
      const transport = await dial(options(['127.0.0.1', 'localhost', '127.0.0.2'], { turn }));
      transport.destroy();
      return transport.peer.replace(/:\d+$/, '');
    };
    assert.deepEqual(
      [await at(0), await at(1), await at(2), await at(3)],
      ['127.0.0.1', 'localhost', '127.0.0.1', '127.0.0.1'],
    );
  });

  it('says what is wrong with each of them where none works', async () => {
    await assert.rejects(dial(options(['127.0.0.2', '127.0.0.3'])), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'CONNECT_FAILED');
      assert.match(
        error.message,
        /no address of smsc\.example:\d+ can be connected to: .*127\.0\.0\.2.*127\.0\.0\.3/,
      );
      return true;
    });
  });

  it('is secured by its name, whatever the address', async () => {
    const server = createServer(identity()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const addresses = ['127.0.0.2', '127.0.0.1'];
    const tls = { ca: pem('ca.cert') };
    const transport = await dial(options(addresses, { host: 'localhost', port, tls }));
    assert.equal(transport.peer, `127.0.0.1:${port}`);
    transport.destroy();
    await assert.rejects(dial(options(addresses, { port, tls })), {
      code: 'TLS_FAILED',
      message: /smsc\.example/,
    });
    server.close();
  });

  it('is reached from a local address by those of its family only', async () => {
    const seen = dial(options(['::1', '127.0.0.2', '127.0.0.1'], { localAddress: '127.0.0.9' }));
    const transport = await seen;
    await until(() => peer.links.length === 1);
    assert.equal(peer.links[0]?.socket.remoteAddress, '127.0.0.9');
    transport.destroy();
  });

  it('gives up at once when it is stopped while the name is looked up', async () => {
    const stopping = new AbortController();
    const dialled = dial(
      options([], { signal: stopping.signal, network: { resolve: () => new Promise(() => undefined) } }),
    );
    stopping.abort(new Error('enough'));
    await assert.rejects(dialled, /enough/);
  });

  it('that cannot be looked up is named, with the remedy', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND no-such-host.invalid'), {
      code: 'ENOTFOUND',
    });
    const failing = async (error: Error): Promise<void> => {
      const resolve = (): Promise<string[]> => Promise.reject(error);
      await assert.rejects(dial(options([], { host: 'no-such-host.invalid', network: { resolve } })), {
        code: 'CONNECT_FAILED',
        message: /cannot connect to no-such-host\.invalid:\d+: the host name .*check host/,
      });
    };
    await failing(unknown);
    await failing(new Error('no such name'));
  });

  it('whose name server is dead is told as that, not as an SMSC that does not answer', async () => {
    const resolve = (): Promise<string[]> => new Promise(() => undefined);
    await assert.rejects(dial(options([], { network: { resolve }, timeout: 50 })), {
      code: 'CONNECT_TIMEOUT',
      message:
        /cannot connect to smsc\.example:\d+: no name server answered within 0\.05 s .* check the name servers of this machine/,
    });
  });

  it('that is found at the last moment is connected to all the same', async () => {
    const resolve = async (): Promise<string[]> => {
      await new Promise((done) => setTimeout(done, 90));
      return ['127.0.0.1'];
    };
    const transport = await dial(options([], { network: { resolve }, timeout: 100 }));
    assert.equal(transport.peer, `smsc.example:${peer.port}`);
    transport.destroy();
  });

  it('is looked up once for a connection, also where it has one address', async () => {
    let lookups = 0;
    const resolve = (): Promise<string[]> => (lookups++, Promise.resolve(['127.0.0.1']));
    (await dial(options([], { network: { resolve } }))).destroy();
    // No name server of this machine knows the name.
    assert.equal(lookups, 1);
  });

  it('is connected to by what stands in the place of sockets', async () => {
    const asked: unknown[] = [];
    const resolve = (): Promise<string[]> => Promise.resolve(['192.0.2.1']);
    const open = (given: ConnectOptions): Promise<Transport> => {
      asked.push([given.address, given.port]);
      return connect({ ...given, address: '127.0.0.1', port: peer.port });
    };
    const transport = await dial(options([], { port: 2775, network: { resolve, connect: open } }));
    assert.deepEqual(asked, [['192.0.2.1', 2775]]);
    transport.destroy();
  });

  it('without any address, or none that localAddress fits, says so', async () => {
    await assert.rejects(dial(options([])), {
      code: 'CONNECT_FAILED',
      message: /smsc\.example has no address/,
    });
    await assert.rejects(dial(options(['::1'], { localAddress: '127.0.0.9' })), {
      code: 'CONNECT_FAILED',
      message: /smsc\.example has no IPv4 address, as localAddress has one/,
    });
  });
});
