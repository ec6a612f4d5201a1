import assert from 'node:assert/strict';
import { encodePdu, statusName } from '../../src/protocol';
import { until } from '../support/until';
import { Benches, closed } from './setup';

/** A PDU with any header and body. */
function raw(id: number, sequence: number, body: Buffer | string): Buffer {
  const octets = Buffer.alloc(16 + body.length);
  octets.writeUInt32BE(octets.length, 0);
  octets.writeUInt32BE(id, 4);
  octets.writeUInt32BE(sequence, 12);
  Buffer.from(body).copy(octets, 16);
  return octets;
}

describe('Garbage', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  for (const [what, octets] of [
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ["a length below the header's", Buffer.from('0000000f00000015000000000000000100', 'hex')],
    ['a length beyond maxPduLength', Buffer.from('7fffffff00000015', 'hex')],
  ] as const) {
    it(`${what} is answered with generic_nack, and the link closes, for the framing is lost`, async () => {
      const bench = await benches.bound();
      bench.link.write(octets);
      const nack = await bench.link.until('generic_nack');
      assert.deepEqual([statusName(nack.command_status), nack.sequence_number], ['ESME_RINVCMDLEN', 0]);
      assert.equal((await closed(bench)).code, 'framing-lost');
      await bench.link.untilEnded();
    });
  }

  it('behind good PDUs does not keep them from being served', async () => {
    const { link } = await benches.bound();
    const ping = encodePdu({ command: 'enquire_link', sequence_number: 77 });
    link.write(Buffer.concat([ping, Buffer.from('HTTP/1.1 400 Bad Request')]));
    assert.equal((await link.response(77)).command, 'enquire_link_resp');
    await link.until('generic_nack');
  });

  it('in a body is answered with the right status, and the session goes on', async () => {
    const { link, session } = await benches.bound();
    // A deliver_sm that ends within its first field.
    link.write(raw(0x00000005, 9, 'abc'));
    const response = await link.response(9);
    assert.equal(response.command, 'deliver_sm_resp');
    assert.notEqual(response.command_status, 0);
    // A TLV that says it is longer than the PDU.
    const good = encodePdu({ command: 'deliver_sm', sequence_number: 10 }).subarray(16);
    link.write(raw(0x00000005, 10, Buffer.concat([good, Buffer.from('0424ffff00', 'hex')])));
    assert.notEqual((await link.response(10)).command_status, 0);
    assert.equal((await link.ask({ command: 'enquire_link' })).command_status, 0);
    assert.equal(session.state, 'bound_trx');
  });

  it('for the command is answered with generic_nack ESME_RINVCMDID, bound or not', async () => {
    for (const bench of [await benches.bound(), await benches.esme()]) {
      bench.link.write(raw(0x00000f0f, 11, 'whatever'));
      const nack = await bench.link.response(11);
      assert.deepEqual([nack.command, statusName(nack.command_status)], ['generic_nack', 'ESME_RINVCMDID']);
      assert.equal((await bench.link.ask({ command: 'enquire_link' })).command_status, 0);
    }
  });

  it('of single octets that make a PDU in the end is a PDU', async () => {
    const { link } = await benches.bound();
    for (const octet of encodePdu({ command: 'enquire_link', sequence_number: 5 })) {
      link.write(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await link.response(5)).command, 'enquire_link_resp');
  });

  it('as a response is ignored: its request times out', async () => {
    const { link, session, clock } = await benches.bound({ script: { submit_sm: () => undefined } });
    const asked = session.request({ command: 'submit_sm' });
    asked.catch(() => undefined);
    const { sequence_number } = await link.until('submit_sm');
    link.write(raw(0x80000004, sequence_number, Buffer.from('6100ffff', 'hex')));
    await link.ask({ command: 'enquire_link' });
    if (session.outstanding > 0) {
      await clock.advance(30_000);
      await assert.rejects(asked, { code: 'RESPONSE_TIMEOUT' });
    }
    assert.equal(session.state, 'bound_trx');
  });

  it('after the end of the session is not read', async () => {
    const bench = await benches.bound();
    bench.session.destroy();
    bench.link.write(Buffer.from('HTTP'));
    await closed(bench);
    await until(() => bench.link.ended);
    assert.equal(bench.link.requests('generic_nack').length, 0);
  });
});
