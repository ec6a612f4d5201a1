import assert from 'node:assert/strict';
import { OctetSource, readCapture, type CaptureSummary, type Captured } from '../../src/cli/pcap';
import { encodePdu } from '../../src/protocol';
import { WireRecorder, type RecordedLink } from '../../src/recorder';
import { FakeClock } from '../support/clock';

const enquiry = (sequence_number: number): Buffer => encodePdu({ command: 'enquire_link', sequence_number });
const answer = (sequence_number: number): Buffer =>
  encodePdu({ command: 'enquire_link_resp', sequence_number });

async function read(capture: Buffer): Promise<Captured[]> {
  async function* chunks(): AsyncGenerator<Buffer> {
    yield Promise.resolve(capture) as unknown as Buffer;
  }
  const summary: CaptureSummary = { packets: 0, connections: 0, encrypted: [], passed: new Map() };
  const found: Captured[] = [];
  for await (const one of readCapture(new OctetSource(chunks()), {}, summary)) found.push(one);
  assert.deepEqual([...summary.passed], []);
  return found;
}

describe('A recorder', () => {
  const recorderOf = (size: number): WireRecorder =>
    new WireRecorder({ clock: new FakeClock(), codec: {}, decodeText: () => '', size });
  const link = (session: number, ends?: RecordedLink['ends']): RecordedLink => ({
    session,
    host: 'smsc.example',
    port: 2775,
    ends,
  });

  const cases: readonly (readonly [string, RecordedLink['ends'], string, string])[] = [
    [
      'IPv4',
      { local: { address: '10.0.0.1', port: 40_000 }, remote: { address: '10.0.0.2', port: 2775 } },
      '10.0.0.1:40000',
      '10.0.0.2:2775',
    ],
    [
      'IPv6',
      { local: { address: '2001:db8::1', port: 40_000 }, remote: { address: 'fe80::2%eth0', port: 3550 } },
      '2001:db8::1:40000',
      'fe80::2:3550',
    ],
    [
      'IPv4 by a socket of IPv6',
      {
        local: { address: '::ffff:10.0.0.1', port: 40_000 },
        remote: { address: '::ffff:10.0.0.2', port: 2775 },
      },
      '10.0.0.1:40000',
      '10.0.0.2:2775',
    ],
    ['a link whose ends are not known', undefined, '192.0.2.1:49155', '192.0.2.2:2775'],
  ];
  for (const [what, ends, local, remote] of cases)
    it(`writes a capture of ${what} that our own reader takes apart`, async () => {
      const recorder = recorderOf(64);
      const tap = recorder.tap(() => recorder, link(3, ends));
      for (let nth = 1; nth <= 3; nth++) {
        tap('out', enquiry(nth));
        tap('in', answer(nth));
      }
      const { content } = await recorder.export({ format: 'pcap' });
      const found = await read(content);
      assert.equal(found.length, 6);
      const name = ({ address, port }: { address: string; port: number }): string => `${address}:${port}`;
      found.forEach(({ octets, source, destination, problem }, at) => {
        assert.equal(problem, undefined);
        const nth = Math.floor(at / 2) + 1;
        assert.deepEqual(octets, at % 2 === 0 ? enquiry(nth) : answer(nth));
        const way = [name(source), name(destination)];
        assert.deepEqual(way, at % 2 === 0 ? [local, remote] : [remote, local]);
      });
    });

  it('goes by the wall clock, and follows it where that is set', async () => {
    const clock = new FakeClock();
    const recorder = new WireRecorder({ clock, codec: {}, decodeText: () => '', size: 64 });
    const tap = recorder.tap(() => recorder, link(1));
    const before = clock.now();
    tap('out', enquiry(1));
    await clock.advance(1500);
    tap('in', answer(1));
    const { content } = await recorder.export();
    assert.deepEqual(
      content.map(({ time }) => Date.parse(time) - before),
      [0, 1500],
    );
  });

  it('forgets links of which it keeps nothing, however many there were', async () => {
    const recorder = recorderOf(1);
    for (let session = 1; session <= 5000; session++)
      recorder.tap(() => ({}), link(session))('out', enquiry(session));
    const { entries, octets, overwritten } = recorder.status();
    assert.ok(octets <= 1024 && entries < 30);
    assert.equal(entries + overwritten, 5000);
    const { content } = await recorder.export();
    assert.deepEqual(
      content.map(({ session, host }) => [session, host]),
      Array.from({ length: entries }, (_, at) => [5001 - entries + at, 'smsc.example']),
    );
  });

  it('keeps 256 KiB of one message and 8 MiB of all, the first ones, and counts the rest', () => {
    const recorder = recorderOf(0);
    const session = {};
    const tap = recorder.tap(() => session, link(1));
    const submit = (sequence_number: number): Buffer =>
      encodePdu({ command: 'submit_sm', sequence_number, tlvs: { message_payload: Buffer.alloc(10_000) } });
    let sequence = 0;
    for (let message = 0; message < 40; message++) {
      recorder.start({ id: `m${message}` });
      for (let nth = 0; nth < 30; nth++) {
        tap('out', submit(++sequence));
        recorder.sent(`m${message}`, sequence, session);
      }
    }
    const { messages } = recorder.status();
    assert.deepEqual(messages[0] && [messages[0].entries, messages[0].missed], [25, 5]);
    const kept = messages.reduce((sum, { entries }) => sum + entries, 0);
    assert.ok(kept * 10_100 <= 8 * 1024 * 1024 && kept > 800);
    assert.equal(kept + messages.reduce((sum, { missed }) => sum + missed, 0), 1200);
    for (const { id } of messages) recorder.stop({ id });
    assert.equal(recorder.isOn, false);
  });
});
