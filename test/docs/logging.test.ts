import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BEGIN, END, logTables } from '../support/log-table';
import { readNodeRedLine } from '../support/node-red-line';

describe('The page about the log', () => {
  const text = readFileSync(resolve(__dirname, '../../docs/logging.md'), 'utf8');

  it('lists every line and field of the catalogue, and no other: else npm run log-table', () => {
    const [, tables] = text.split(BEGIN);
    assert.equal(tables?.split(END)[0]?.trim(), logTables());
  });

  it("shows a line of Node-RED's log that can be read back", () => {
    const [line] = /^30 Nov .*$/m.exec(text) ?? [];
    assert.deepEqual(readNodeRedLine(line ?? '')?.facts, {
      event: 'session',
      stage: 'bound',
      host: 'smsc.example:2775',
      session: 1,
      bind_type: 'transceiver',
    });
  });
});
