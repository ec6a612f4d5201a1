import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PduCounts } from '../../../src/client/metrics/pdu-counts';
import { COMMANDS, commandId, isCommandName, statusCode } from '../../../src/protocol';

type Counted = ReturnType<PduCounts['each']> extends Iterable<infer T> ? T : never;
const each = (counts: PduCounts): Counted[] => [...counts.each()];

describe('counts of PDUs', () => {
  it('have every command by its name, and statuses of responses alone', () => {
    const counts = new PduCounts();
    for (const { id } of Object.values(COMMANDS)) counts.add(id, 0);
    assert.deepEqual(
      each(counts)
        .map(({ command }) => command)
        .sort(),
      Object.keys(COMMANDS).sort(),
    );
    const other = new PduCounts();
    other.add(commandId('submit_sm'), 8);
    other.add(commandId('submit_sm_resp'), statusCode('ESME_RTHROTTLED') ?? 0);
    other.add(commandId('submit_sm_resp'), 0x401);
    assert.deepEqual(each(other), [
      { command: 'submit_sm', status: undefined, count: 1 },
      { command: 'submit_sm_resp', status: 'ESME_RTHROTTLED', count: 1 },
      { command: 'submit_sm_resp', status: '0x00000401', count: 1 },
    ]);
  });

  it('are bounded and complete whatever a peer sends', () => {
    const uint32 = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.array(fc.tuple(uint32, uint32), { maxLength: 300 }), (pdus) => {
        const counts = new PduCounts();
        for (const [id, status] of pdus) counts.add(id, status);
        const all = each(counts);
        assert.equal(
          all.reduce((sum, { count }) => sum + count, 0),
          pdus.length,
        );
        for (const { command } of all) assert.ok(isCommandName(command) || command === 'other', command);
        const unknown = new Set(all.flatMap(({ status = '' }) => (status.startsWith('0x') ? [status] : [])));
        assert.ok(unknown.size <= 50);
      }),
    );
  });

  it('have 50 statuses of vendors and fold the others', () => {
    const counts = new PduCounts();
    for (let status = 0x400; status < 0x400 + 100; status++) counts.add(commandId('submit_sm_resp'), status);
    counts.add(commandId('submit_sm_resp'), 8);
    const all = each(counts);
    assert.deepEqual(all.at(-1), { command: 'other', status: 'other', count: 50 });
    assert.ok(all.some(({ status }) => status === 'ESME_RSYSERR'));
  });
});
