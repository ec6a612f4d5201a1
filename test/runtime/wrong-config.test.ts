import assert from 'node:assert/strict';
import { Smsc } from '../../src/simulator';
import { connection, node, sendingFlow, tab } from '../support/flows';
import { forEachNodeRed, sharedRuntime, type FlowNode } from '../support/runtime';

forEachNodeRed('a wrong configuration', (kind) => {
  const runtime = sharedRuntime(kind);
  let smsc: Smsc;

  before(async () => {
    smsc = new Smsc();
    await smsc.start();
  });

  after(async () => {
    // Where the runtime is not to be had, nothing was started.
    await (smsc as Smsc | undefined)?.stop();
  });

  it('is told whole: every problem with its field, its value and what to do', async () => {
    const config = connection('seventy', {
      windowSize: 0,
      bindType: 'both',
      whenFull: 'explode',
      sendRate: -1,
    });
    await runtime().deploy(sendingFlow(config));
    const [line] = await runtime().waitForLog(/this connection cannot be used: [^\n]+/);
    for (const part of [
      /port.*"seventy"/,
      /windowSize.*0/,
      /bindType.*"both"/,
      /whenFull.*"explode"/,
      /sendRate.*-1/,
    ])
      assert.match(line, part);
    await runtime().waitForStatus('out', /error/);
    await runtime().waitForStatus('in', /error/);
  });

  const wrong: [what: string, nodes: FlowNode[], log: RegExp][] = [
    ['no connection at all', [node('smpp-out', 'out', {})], /no connection is chosen/],
    [
      'a connection that is gone',
      [node('smpp-in', 'in', { connection: 'gone' })],
      /connection does not exist/,
    ],
    [
      'a transceiver of version 3.3',
      sendingFlow(connection(1, { interfaceVersion: '3.3' })).slice(1),
      /3\.3.*transceiver|transceiver.*3\.3/,
    ],
    [
      'a TLS configuration that is missing',
      sendingFlow(connection(1, { useTls: true })).slice(1),
      /choose a TLS configuration/,
    ],
    ['defaults that are no JSON', sendingFlow(connection(1, { defaults: '{' })).slice(1), /defaults.*JSON/],
    [
      'a command that does not exist',
      [connection(1), node('smpp-out', 'out', { connection: 'smsc', command: 'submit_sms' })],
      /command \("submit_sms"\): give one of/,
    ],
    [
      'an event that does not exist',
      [connection(1), node('smpp-in', 'in', { connection: 'smsc', events: ['messages'] })],
      /events \(\["messages"\]\): give some of/,
    ],
    ['a simulator on a port that is none', [node('smpp-simulator', 'sim', { port: 99_999 })], /port.*99999/],
    [
      'a node of a later version',
      [connection(1, { version: 99 }), node('smpp-out', 'out', { connection: 'smsc' })],
      /saved by a newer/,
    ],
  ];

  for (const [what, nodes, log] of wrong)
    it(`leaves Node-RED running: ${what}`, async () => {
      const from = runtime().output.length;
      await runtime().deploy([tab, ...nodes]);
      const line = await runtime().until(
        `the log line ${log.source}`,
        () => log.exec(runtime().output.slice(from)) ?? undefined,
      );
      assert.ok(line);
      assert.ok(runtime().isRunning);
    });

  it('does not touch the connections beside it', async () => {
    const from = runtime().told.length;
    await runtime().deploy([
      ...sendingFlow(connection(smsc.port)),
      connection(-1, { id: 'broken' }),
      node('smpp-out', 'broken-out', { connection: 'broken' }),
    ]);
    runtime().send('entry', { payload: 'Hello', topic: '447700900123' });
    const accepted = await runtime().message('outcome', undefined, { from });
    assert.equal(accepted.smpp?.event, 'accepted');
  });

  it('names the connection that has a clientId already', async () => {
    await runtime().deploy([
      tab,
      connection(smsc.port, { clientId: 'same', name: 'First' }),
      connection(smsc.port, { clientId: 'same', name: 'Second', id: 'second' }),
      node('smpp-out', 'out', { connection: 'second' }),
    ]);
    await runtime().waitForLog(/the connection "First" has this clientId already/);
  });

  it('says why a bind is refused, and goes on trying', async () => {
    const strict = new Smsc({ systemId: 'other', password: 'other' });
    await strict.start();
    let binds = 0;
    strict.on('bind', () => binds++);
    await runtime().deploy(sendingFlow(connection(strict.port, { reconnectMax: 0.2 })));
    await runtime().until('a second try', () => (binds > 1 ? true : undefined));
    await runtime().waitForLog(/ESME_RINV(SYSID|PASWD)|ESME_RBINDFAIL/);
    await runtime().deploy([]);
    await strict.stop();
    assert.ok(runtime().isRunning);
  });
});
