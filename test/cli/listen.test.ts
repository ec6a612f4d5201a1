import assert from 'node:assert/strict';
import { Interruption } from '../../src/cli/exit-codes';
import { Smsc } from '../../src/simulator';
import { Shell, jsonLines, smpp } from '../support/shell';
import { until } from '../support/until';

describe('smpp listen', function () {
  this.timeout(60_000);
  let smsc: Smsc;
  let port: string;
  const message = { source_addr: '447700900123', destination_addr: '70123' };

  beforeEach(async () => {
    smsc = new Smsc({ receiptDelay: 0.01 });
    port = String((await smsc.start()).port);
  });
  afterEach(() => smsc.stop());

  const bound = (): Promise<void> => until(() => smsc.sessions.length > 0);

  it('prints messages as JSON lines, and acknowledges them when they are written', async () => {
    const ending = new AbortController();
    const ended = smpp(['listen', '--port', port], { signal: ending.signal });
    await bound();
    assert.equal(smsc.sessions[0]!.bind_type, 'receiver');
    const answers = await smsc.deliver({ ...message, text: 'Hello €' });
    assert.deepEqual(
      answers.map(({ command_status }) => command_status),
      [0],
    );
    ending.abort(new Interruption('SIGTERM'));
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stderr], [0, 'listening\n']);
    const [line = {}, ...others] = jsonLines(stdout);
    assert.equal(others.length, 0);
    assert.deepEqual(
      [line?.['event'], line?.['payload'], line?.['topic'], line?.['destination_addr']],
      ['message', 'Hello €', '447700900123', '70123'],
    );
    assert.ok(!('pdu' in line) && !('ack_id' in line));
  });

  it('ends after --count lines, and leaves the rest to be repeated by the SMSC', async () => {
    const ended = smpp(['listen', '--port', port, '--count', '1', '--quiet', '--raw']);
    await bound();
    const answers = await Promise.all([
      smsc.deliver({ ...message, text: 'a' }),
      smsc.deliver({ ...message, text: 'b' }),
    ]);
    assert.deepEqual(
      answers.flat().map(({ command_status }) => command_status),
      [0, 100],
    );
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stderr], [0, '']);
    const [line = {}, ...others] = jsonLines(stdout);
    assert.equal(others.length, 0);
    assert.ok('hex' in (line['pdu'] as object));
  });

  it('tells of receipts at once, though the messages are not its own', async () => {
    const ended = smpp([
      'listen',
      '--port',
      port,
      '--events',
      'receipt',
      '--count',
      '1',
      '--bind-type',
      'transceiver',
    ]);
    await bound();
    const { code } = await smpp(['send', '--port', port, '--to', '447700900123', '--text', 'x']);
    assert.equal(code, 0);
    const [line] = jsonLines((await ended).stdout);
    assert.deepEqual([line?.['event'], line?.['state'], line?.['matched']], ['receipt', 'DELIVRD', false]);
  });

  it('keeps messages with the SMSC where only receipts are asked for', async () => {
    const ending = new AbortController();
    const ended = smpp(['listen', '--port', port, '--events', 'receipt'], { signal: ending.signal });
    await bound();
    assert.deepEqual(
      (await smsc.deliver({ ...message, text: 'x' })).map(({ command_status }) => command_status),
      [100],
    );
    ending.abort(new Interruption('SIGINT'));
    assert.equal((await ended).code, 0);
  });

  it('refuses events that are none, and ends with 4 where it cannot bind', async () => {
    const wrong = await smpp(['listen', '--port', port, '--events', 'mesage']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /did you mean "message"\?/);
    assert.match(
      (await smpp(['listen', '--port', port, '--events', ''])).stderr,
      /^smpp: --events: give names/,
    );
    smsc.setRules([{ type: 'refuse', status: 'ESME_RINVPASWD' }]);
    assert.equal((await smpp(['listen', '--port', port])).code, 4);
  });

  it('ends in good order where the reader of the lines ends, as head does, and does not acknowledge what it could not write', async () => {
    const shell = new Shell(['listen', '--port', port]);
    await bound();
    await smsc.deliver({ ...message, text: 'first' });
    await until(() => shell.stdout.includes('first'));
    shell.child.stdout?.destroy();
    // The pipe takes some; sooner or later it is noticed.
    const statuses: number[] = [];
    while (smsc.sessions.length > 0) {
      const answers = await smsc.deliver({ ...message, text: 'next' }).catch(() => []);
      statuses.push(...answers.map(({ command_status }) => command_status));
    }
    assert.deepEqual(await shell.ended, [0, null]);
    assert.equal(shell.stderr, 'listening\n');
    assert.deepEqual(
      [...new Set(statuses)].filter((status) => status !== 0),
      [100],
    );
  });
});
