import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import * as ts from 'typescript';
import { PduError, SmppError, encodePdu } from '../../src/protocol';
import type * as Errors from '../../src/protocol/errors';

/** The same classes once more, as a second copy of the package has them. */
function anotherCopy(): typeof Errors {
  const source = readFileSync(join(__dirname, '..', '..', 'src', 'protocol', 'errors.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const exports = {};
  const load = runInThisContext(`(function (exports) {${outputText}\n})`) as (exports: object) => void;
  load(exports);
  return exports as typeof Errors;
}

describe('errors', () => {
  it('have a name, a code, a cause where there is one, and are not retriable unless they say so', () => {
    const plain = new SmppError('CODE', 'text');
    assert.deepEqual(
      [plain.name, plain.code, plain.message, plain.retriable],
      ['SmppError', 'CODE', 'text', false],
    );
    assert.equal('cause' in plain, false);
    const cause = new TypeError('why');
    const full = new SmppError('CODE', 'text', { cause, retriable: true });
    assert.deepEqual([full.cause, full.retriable], [cause, true]);
  });

  it('carry the header and the field where they are known, and only then', () => {
    const header = { command_length: 16, command_id: 4, command_status: 0, sequence_number: 1 };
    const cause = new Error('why');
    const full = new PduError('CODE', 'text', { command_status: 2, header, field: 'service_type', cause });
    assert.deepEqual(
      [full.name, full.command_status, full.header, full.field, full.cause],
      ['PduError', 2, header, 'service_type', cause],
    );
    const bare = new PduError('CODE', 'text', { command_status: 2 });
    assert.deepEqual(
      ['header' in bare && bare.header, 'field' in bare && bare.field, 'cause' in bare].map(Boolean),
      [false, false, false],
    );
  });

  it('are known by instanceof, also those of another copy of the package', () => {
    const other = anotherCopy();
    const detail = { command_status: 2 };
    assert.notEqual(other.PduError, PduError);
    assert.ok(new other.PduError('CODE', 'text', detail) instanceof PduError);
    assert.ok(new other.PduError('CODE', 'text', detail) instanceof SmppError);
    assert.ok(new PduError('CODE', 'text', detail) instanceof other.SmppError);
    assert.equal(new other.SmppError('CODE', 'text') instanceof PduError, false);
    for (const value of [
      new Error('x'),
      null,
      undefined,
      'SmppError',
      { name: 'SmppError' },
      () => undefined,
    ]) {
      assert.equal((value as unknown) instanceof SmppError, false, typeof value);
    }
  });
});

describe('a refusing response', () => {
  it('has no body unless it is given one', () => {
    const refusal = { command: 'submit_sm_resp', command_status: 8, sequence_number: 3 } as const;
    assert.equal(encodePdu(refusal).length, 16);
    assert.equal(encodePdu({ ...refusal, message_id: 'a' }).length, 18);
    assert.equal(encodePdu({ ...refusal, command_status: 0 }).length, 17);
  });
});
