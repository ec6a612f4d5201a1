import assert from 'node:assert/strict';
import { SmppClient } from '../../src/index';
import { Shell, folderWith, jsonLines, smpp } from '../support/shell';
import { until } from '../support/until';

describe('smpp simulate', function () {
  this.timeout(60_000);
  const shells: Shell[] = [];
  afterEach(async () => {
    for (const shell of shells.splice(0)) if (shell.child.exitCode === null) await shell.end('SIGKILL');
  });

  const started = async (...words: string[]): Promise<{ shell: Shell; port: number }> => {
    const shell = new Shell(['simulate', '--port', '0', ...words]);
    shells.push(shell);
    await until(() => shell.stdout.includes('listening'));
    const [line] = shell.stdout.split('\n');
    return {
      shell,
      port: Number(words.includes('--json') ? jsonLines(line!)[0]!['port'] : line!.split(':').at(-1)),
    };
  };

  it('takes messages, sends receipts, and prints both without texts and whole numbers', async () => {
    const { shell, port } = await started('--receipt-delay', '0');
    const words = [
      'send',
      '--port',
      String(port),
      '--to',
      '447700900123',
      '--text',
      'a secret',
      '--complete-when',
      'delivered',
    ];
    assert.equal((await smpp(words)).code, 0);
    assert.equal(await shell.end('SIGINT'), 0);
    assert.match(shell.stdout, /^bind_transceiver of "" from .*: ESME_ROK$/m);
    assert.match(shell.stdout, /^submit_sm \d+ to 44770\*+23: 8 octets$/m);
    assert.match(shell.stdout, /^receipt \d+ DELIVRD: ESME_ROK$/m);
    assert.doesNotMatch(shell.stdout, /secret|447700900123/);
    assert.equal(shell.stderr, '');
  });

  it('prints them with --show-text, and JSON lines with --json', async () => {
    const { shell, port } = await started('--show-text', '--json');
    assert.equal(
      (await smpp(['send', '--port', String(port), '--to', '447700900123', '--text', 'Hi'])).code,
      0,
    );
    assert.equal(await shell.end('SIGTERM'), 0);
    const submit = jsonLines(shell.stdout).find(({ event }) => event === 'submit');
    assert.deepEqual([submit?.['destination_addr'], submit?.['text']], ['447700900123', 'Hi']);
  });

  it('fails as its rules say, given as JSON or as a file, and asks for the account', async () => {
    const folder = folderWith({
      rules: '[{"type": "status", "status": "ESME_RSYSERR"}]',
      secret: 'geheim\n',
    });
    try {
      const words = [
        '--rules',
        `${folder.path}/rules`,
        '--system-id',
        'me',
        '--password-file',
        `${folder.path}/secret`,
      ];
      const { port } = await started(...words);
      const given = [
        'send',
        '--port',
        String(port),
        '--to',
        '447700900123',
        '--text',
        'x',
        '--max-attempts',
        '1',
      ];
      const env = { SMPP_SYSTEM_ID: 'me', SMPP_PASSWORD: 'geheim' };
      const { code, stderr } = await smpp(given, { env });
      assert.equal(code, 1);
      assert.match(stderr, /ESME_RSYSERR/);
      assert.equal((await smpp(given, { env: { ...env, SMPP_PASSWORD: 'x' } })).code, 4);
    } finally {
      folder.remove();
    }
  });

  it('lists all that is wrong with its options', async () => {
    const { code, stdout, stderr } = await smpp([
      'simulate',
      '--port',
      'x',
      '--rules',
      '[{"type": "slow"}]',
      '--receipt-state',
      'LOST',
    ]);
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(stderr, /port \("x"\)[\s\S]*rules\[0\]\.seconds/);
    assert.match(stderr, /receiptState \("LOST"\)/);
    assert.equal((await smpp(['simulate', '--rules', '[1'])).code, 2);
    assert.equal((await smpp(['simulate', '--rules', 'nowhere.json'])).code, 2);
  });

  it('ends with 4 where the port is taken', async () => {
    const { port } = await started();
    const { code, stderr } = await smpp(['simulate', '--port', String(port)]);
    assert.equal(code, 4);
    assert.match(stderr, /is taken by another program/);
  });

  it('serves the client of the library', async () => {
    const { port } = await started();
    const client = new SmppClient({ port, logLevel: 'silent' });
    await client.start();
    assert.equal(
      (await client.send({ destination_addr: '447700900123', short_message: 'x' })).event,
      'accepted',
    );
    await client.stop();
  });
});
