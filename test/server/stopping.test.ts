import assert from 'node:assert/strict';
import { SmppServer, type SmppServerOptions } from '../../src/server';
import { silence } from '../support/peer';
import { until } from '../support/until';
import { BIND, Scene } from './setup';

const SUBMIT = { command: 'submit_sm', destination_addr: '1', short_message: Buffer.from('a') } as const;

describe('A server that starts and stops', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  it('lets what is under way end, refuses what is new, unbinds, and closes its port', async () => {
    let answer: () => void = () => undefined;
    const server = await scene.server({
      submit: () => new Promise((resolve) => (answer = () => resolve({ message_id: 'm' }))),
    });
    const link = await scene.link(server);
    const unbound = await scene.link(server);
    await link.ask(BIND);
    const before = link.send(SUBMIT);
    await until(() => server.sessions[0]?.pending === 1, 'the submit');
    const stopped = server.stop();
    await unbound.untilEnded();
    assert.equal((await link.ask(SUBMIT)).command_status, 0x58);
    assert.equal(link.requests('unbind').length, 0);
    answer();
    assert.equal((await link.response(before))['message_id'], 'm');
    await link.until('unbind');
    await stopped;
    await assert.rejects(scene.esme(server), { code: 'CONNECT_FAILED' });
  });

  it('waits no longer than drainTimeout, and a second for unbind_resp', async () => {
    const server = await scene.server({ submit: () => new Promise(() => undefined), drainTimeout: 0.05 });
    const link = await scene.link(server, { unbind: silence });
    await link.ask(BIND);
    link.send(SUBMIT);
    await until(() => server.sessions[0]?.pending === 1, 'the submit');
    await server.stop();
    await link.untilEnded();
    assert.deepEqual(server.connections, []);
  });

  it('may be started again, and however starts and stops are called, the last one holds', async () => {
    const server = new SmppServer({ port: 0, authenticate: () => true });
    const first = server.start();
    const stopping = server.stop();
    const second = server.start();
    await Promise.all([first, stopping, second, server.start()]);
    const esme = await scene.esme(server);
    assert.equal(server.sessions.length, 1);
    await Promise.all([server.stop(), server.stop()]);
    await esme.session.closed;
    void server.start();
    await server.stop();
    await assert.rejects(scene.esme(server), { code: 'CONNECT_FAILED' });
    await server.stop();
  });

  it('says by its code why it cannot listen, and can be tried again', async () => {
    const server = await scene.server();
    const other = new SmppServer({ port: server.port, authenticate: () => true });
    await assert.rejects(other.start(), { code: 'PORT_IN_USE' });
    await server.stop();
    await other.start();
    await other.stop();
    const nowhere = new SmppServer({ host: '203.0.113.1', port: 0, authenticate: () => true });
    await assert.rejects(nowhere.start(), { code: 'LISTEN_FAILED' });
  });

  it('stops with its signal, and with its block', async () => {
    const abort = new AbortController();
    const server = new SmppServer({ port: 0, authenticate: () => true });
    await server.start({ signal: abort.signal });
    const esme = await scene.esme(server);
    abort.abort();
    assert.equal((await esme.session.closed).code, 'peer-unbound');
    await assert.rejects(server.start({ signal: abort.signal }), { name: 'AbortError' });
    await server.stop();
    await server.start();
    await server[Symbol.asyncDispose]();
    await assert.rejects(scene.esme(server), { code: 'CONNECT_FAILED' });
  });

  it('goes on where a handler of an event throws or rejects', async () => {
    const server = await scene.server();
    server.on('connect', () => {
      throw new Error('mine');
    });
    server.on('bind', () => Promise.reject(new Error('mine')));
    const link = await scene.link(server);
    assert.equal((await link.ask(BIND)).command_status, 0);
    assert.equal((await link.ask(SUBMIT)).command_status, 0);
    await until(() => scene.lines.filter(({ event }) => event === 'handler').length === 2, 'both lines');
  });
});

describe('The options of a server', () => {
  const problems = (options: object): unknown[] => {
    try {
      new SmppServer(options as SmppServerOptions);
      return [];
    } catch (error) {
      const { code, problems: all } = error as { code: string; problems: { field: string }[] };
      return [code, ...all.map(({ field }) => field)];
    }
  };

  it('are told of all at once where they are wrong', () => {
    assert.deepEqual(
      problems({
        port: 70_000,
        windowSize: 0,
        systmeId: 'x',
        submit: 7,
        tls: {},
        vendorTlvs: [{ tag: -1 }],
        log: 1,
      }),
      [
        'INVALID_CONFIG',
        'port',
        'submit',
        'windowSize',
        'vendorTlvs',
        'log',
        'systmeId',
        'tls',
        'authenticate',
      ],
    );
    assert.deepEqual(problems({ authenticate: 'me' }), ['INVALID_CONFIG', 'authenticate']);
    assert.deepEqual(problems({ authenticate: () => true, answerTimeout: 0, port: '2775' }), []);
  });

  it('need authenticate: who may bind is nothing to be assumed', () => {
    assert.throws(
      () => new SmppServer({} as SmppServerOptions),
      /authenticate: give a function that says who may bind/,
    );
  });
});
