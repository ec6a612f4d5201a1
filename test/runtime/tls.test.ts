import assert from 'node:assert/strict';
import { Smsc } from '../../src/simulator';
import { connection, sendingFlow } from '../support/flows';
import { forEachNodeRed, Runtime, type FlowNode } from '../support/runtime';
import { identity, pem, pemFile } from '../support/tls';

/** A `tls-config` of Node-RED's own. */
function tlsConfig(properties: object, uploaded: object = {}): FlowNode {
  // What is not emptied stays, deploy after deploy.
  const credentials = { certdata: '', keydata: '', cadata: '', passphrase: '', ...uploaded };
  const blank = { cert: '', key: '', ca: '', certname: '', keyname: '', caname: '', servername: '' };
  return {
    id: 'tls',
    type: 'tls-config',
    name: '',
    verifyservercert: true,
    ...blank,
    ...properties,
    credentials,
  };
}

forEachNodeRed('TLS by a tls-config', (kind) => {
  const ends: (() => Promise<unknown>)[] = [];
  let smsc: Smsc;
  let wanting: Smsc;
  let runtime: Runtime;

  before(async () => {
    smsc = new Smsc({ tls: identity() });
    wanting = new Smsc({
      tls: { ...identity(), ca: pem('ca.cert'), requestCert: true, rejectUnauthorized: true },
    });
    await smsc.start();
    await wanting.start();
    ends.push(
      () => smsc.stop(),
      () => wanting.stop(),
    );
    runtime = await Runtime.start(kind(), {
      env: {
        TLS_CA: pem('ca.cert').replaceAll('\n', '\\n'),
        TLS_CERT: pem('client.cert'),
        TLS_KEY: pem('client.locked.key'),
        TLS_PASS: 'secret',
        TLS_CA_FILE: pemFile('ca.cert'),
      },
    });
    ends.push(() => runtime.stop());
  });

  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  const flow = (port: number, tls: FlowNode): FlowNode[] => [
    tls,
    ...sendingFlow(connection(port, { host: 'localhost', useTls: true, tls: 'tls' })),
  ];

  it('binds with files, and sends', async () => {
    await runtime.deploy(flow(smsc.port, tlsConfig({ ca: '${TLS_CA_FILE}' })));
    await runtime.waitForStatus('out', /^bound/);
    runtime.send('entry', { topic: '447700900123', payload: 'safe' });
    await runtime.message('outcome');
  });

  it('binds with a client certificate that is in the environment', async () => {
    const uploaded = {
      cadata: '${TLS_CA}\n',
      certdata: '${TLS_CERT}',
      keydata: '${TLS_KEY}',
      passphrase: '${TLS_PASS}',
    };
    await runtime.deploy(flow(wanting.port, tlsConfig({}, uploaded)));
    await runtime.waitForStatus('out', /^bound/);
  });

  it('binds with a CA that is in the environment in place of a file', async () => {
    await runtime.deploy(flow(smsc.port, tlsConfig({ ca: '${TLS_CA}' })));
    await runtime.waitForStatus('out', /^bound/);
  });

  it('says what is wrong with a certificate, in the log and below the nodes', async () => {
    await runtime.deploy(flow(smsc.port, tlsConfig({})));
    await runtime.waitForStatus('out', /^TLS failed/);
    await runtime.waitForLog(
      /certificate is signed by an unknown CA .*give the CA \(ca\) in the TLS configuration/,
    );
    await runtime.deploy(flow(wanting.port, tlsConfig({ ca: '${TLS_CA_FILE}' })));
    await runtime.waitForLog(/the SMSC wants a client certificate/);
    await runtime.deploy(flow(smsc.port, tlsConfig({}, { cadata: 'my CA' })));
    await runtime.waitForLog(/tls\.ca: this is no certificate in PEM form/);
    await runtime.waitForStatus('out', /^configuration error/);
    const mixed = { certdata: pem('client.cert'), keydata: pem('server.key') };
    await runtime.deploy(flow(smsc.port, tlsConfig({}, mixed)));
    await runtime.waitForLog(
      /tls\.key: this private key does not belong to the certificate of "our account"/,
    );
    assert.ok(runtime.isRunning);
  });
});
