import assert from 'node:assert/strict';
import {
  COMMANDS,
  commandId,
  commandName,
  describeStatus,
  isResponse,
  responseOf,
  SmppError,
  STATUSES,
  statusCode,
  statusName,
  STATUS_ALIASES,
  TLVS,
  type CommandName,
  type StatusName,
} from '../../src/protocol';

describe('the command table', () => {
  it('has no command_id twice', () => {
    const ids = Object.values(COMMANDS).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.length, 39);
  });

  it('leads from name to command_id and back', () => {
    for (const name of Object.keys(COMMANDS) as CommandName[]) {
      assert.equal(commandName(commandId(name)), name);
    }
    assert.equal(commandName(0x110), '0x00000110');
    assert.equal(commandName(0x80000110), '0x80000110');
  });

  it('has for every response the command_id of its request and the highest bit', () => {
    for (const [name, { id }] of Object.entries(COMMANDS)) {
      assert.equal(isResponse(id), name.endsWith('_resp') || name === 'generic_nack', name);
      const response = responseOf(name);
      if (name.endsWith('_resp') || ['generic_nack', 'outbind', 'alert_notification'].includes(name)) {
        assert.equal(response, undefined, name);
      } else {
        assert(response);
        assert.equal(commandId(response), id + 0x80000000);
      }
    }
  });

  it('answers a command that it does not have with generic_nack, but no response', () => {
    assert.equal(responseOf('0x00000110'), 'generic_nack');
    assert.equal(responseOf('0x80000110'), undefined);
    assert.equal(responseOf('0xff000110'), undefined);
  });
});

describe('the TLV table', () => {
  it('has no tag twice', () => {
    const tags = Object.values(TLVS).map(({ tag }) => tag);
    assert.equal(new Set(tags).size, tags.length);
  });
});

describe('the status table', () => {
  it('has no code twice, and a sentence for each', () => {
    const codes = Object.values(STATUSES).map(([code]) => code);
    assert.equal(new Set(codes).size, codes.length);
    for (const [, , meaning] of Object.values(STATUSES)) assert.match(meaning, /^[A-Z].*\.$/);
  });

  it('leads from name to code and back', () => {
    for (const [name, [code]] of Object.entries(STATUSES)) {
      assert.equal(statusName(code), name);
      assert.equal(statusCode(name), code);
    }
  });

  it('knows the names that 5.0 gave to codes of 3.4', () => {
    for (const [alias, name] of Object.entries(STATUS_ALIASES)) {
      assert.equal(statusCode(alias), statusCode(name));
      assert.equal(describeStatus(alias).name, name);
    }
    assert.equal(statusName(0xc4), 'ESME_RINVOPTPARAMVAL');
  });

  it('writes a code that it does not have with eight hexadecimal digits, and reads that', () => {
    assert.equal(statusName(0x401), '0x00000401');
    assert.equal(statusName(0xffffffff), '0xffffffff');
    assert.equal(statusCode('0x00000401'), 0x401);
    assert.equal(statusCode('0x58'), 0x58);
    assert.equal(statusCode('401'), undefined);
    assert.equal(statusCode('toString'), undefined);
  });

  it('says what to do about a status', () => {
    const kinds: Record<string, StatusName[]> = {
      ok: ['ESME_ROK'],
      throttle: ['ESME_RTHROTTLED', 'ESME_RMSGQFUL'],
      retry: [
        'ESME_RSYSERR',
        'ESME_RX_T_APPN',
        'ESME_RUNKNOWNERR',
        'ESME_RSUBMITFAIL',
        'ESME_RSERTYPUNAVAIL',
        'ESME_RALYBND',
        'ESME_RBINDFAIL',
        'ESME_RINVBNDSTS',
        'ESME_RBCASTFAIL',
      ],
    };
    for (const [name, [, kind]] of Object.entries(STATUSES)) {
      const expected = Object.keys(kinds).find((k) => kinds[k]?.includes(name as StatusName)) ?? 'fail';
      assert.equal(kind, expected, name);
    }
  });

  it('describes every status, also one that it does not have', () => {
    assert.deepEqual(describeStatus(0x58), {
      name: 'ESME_RTHROTTLED',
      code: 0x58,
      meaning: 'Messages come faster than the peer allows.',
      kind: 'throttle',
    });
    assert.match(describeStatus(0x401).meaning, /vendor/);
    assert.equal(describeStatus('0x00000401').kind, 'retry');
    assert.match(describeStatus(0x501).meaning, /no SMPP specification/);
  });

  it('suggests a name for one that is misspelt', () => {
    assert.throws(
      () => describeStatus('ESME_RSYSER'),
      (error: unknown) =>
        error instanceof SmppError &&
        error.code === 'UNKNOWN_STATUS' &&
        error.message.includes('did you mean "ESME_RSYSERR"'),
    );
  });
});
