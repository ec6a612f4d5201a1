import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Interruption } from '../../src/cli/exit-codes';
import { Smsc } from '../../src/simulator';
import { folderWith, jsonLines, smpp, type Said } from '../support/shell';
import { until } from '../support/until';

const NUMBER = '447700900123';

describe('--record of commands that connect', function () {
  this.timeout(60_000);
  let smsc: Smsc;
  let folder: ReturnType<typeof folderWith>;
  let port: string;

  beforeEach(async () => {
    folder = folderWith({});
    smsc = new Smsc({ receiptDelay: 0.05, rules: [] });
    port = String((await smsc.start()).port);
  });
  afterEach(async () => {
    await smsc.stop();
    folder.remove();
  });

  const send = (...words: string[]): Promise<Said> =>
    smpp(['send', '--port', port, '--to', NUMBER, '--text', 'Hello', ...words], {
      cwd: folder.path,
      env: { SMPP_PASSWORD: 'geheim77' },
    });
  const decoded = async (file: string): Promise<Record<string, unknown>[]> =>
    jsonLines((await smpp(['decode', '--json', '--summary', join(folder.path, file)])).stdout);

  it('writes a capture that smpp decode reads, from bind to unbind', async () => {
    const { code, stderr } = await send('--record', 'sent.pcap');
    assert.equal(code, 0);
    assert.match(stderr, /^6 PDUs recorded in sent\.pcap$/m);
    const pdus = await decoded('sent.pcap');
    assert.deepEqual(
      pdus.map(({ command }) => command),
      [
        ...['bind_transmitter', 'bind_transmitter_resp', 'submit_sm', 'submit_sm_resp'],
        ...['unbind', 'unbind_resp'],
      ],
    );
    assert.ok(pdus.every(({ source, destination }) => [source, destination].includes(`127.0.0.1:${port}`)));
    const octets = readFileSync(join(folder.path, 'sent.pcap'));
    for (const secret of ['geheim77', NUMBER, 'Hello']) assert.ok(!octets.includes(secret), secret);
  });

  it('shows numbers and texts with --record-plain, and never a password', async () => {
    await send('--record', 'sent.pcap', '--record-plain');
    const octets = readFileSync(join(folder.path, 'sent.pcap'));
    assert.ok(octets.includes(NUMBER) && octets.includes('Hello') && !octets.includes('geheim77'));
    assert.match((await send('--record-plain')).stderr, /--record-plain: give --record, too/);
  });

  it('has the bind that was refused', async () => {
    await smsc.stop();
    smsc = new Smsc({ systemId: 'somebody', password: 'else' });
    port = String((await smsc.start()).port);
    const { code } = await send('--record', 'refused.pcap');
    assert.notEqual(code, 0);
    const [, refused] = await decoded('refused.pcap');
    assert.match(String(refused?.['command_status']), /^ESME_R(INVSYSID|INVPASWD|BINDFAIL)$/);
  });

  it('sends nothing where the file cannot be written', async () => {
    const { code, stderr } = await send('--record', join('nowhere', 'sent.pcap'));
    assert.equal(code, 2);
    assert.match(stderr, /--record nowhere\/sent\.pcap: there is no such file/);
    assert.equal(smsc.sessions.length, 0);
  });

  it('has what came in while it listened', async () => {
    const ending = new AbortController();
    const words = ['listen', '--port', port, '--record', 'heard.pcap'];
    const ended = smpp(words, { signal: ending.signal, cwd: folder.path });
    await until(() => smsc.sessions.length > 0, 'the bind');
    await smsc.deliver({ source_addr: NUMBER, destination_addr: '70123', text: 'Hi' });
    ending.abort(new Interruption('SIGTERM'));
    await ended;
    assert.ok(existsSync(join(folder.path, 'heard.pcap')));
    const commands = (await decoded('heard.pcap')).map(({ command }) => command);
    assert.deepEqual(commands.slice(2, 4), ['deliver_sm', 'deliver_sm_resp']);
  });
});
