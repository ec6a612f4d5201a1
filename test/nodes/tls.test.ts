import assert from 'node:assert/strict';
import type { ConnectionOptions } from 'node:tls';
import { readTls, type TlsInput } from '../../nodes/tls';
import { findProblems } from '../../src/index';
import { pem, pemFile } from '../support/tls';

/** A tls-config as Node-RED makes it of what was uploaded, or of files that it could or could not read. */
function input(
  contents: ConnectionOptions,
  environment: Record<string, string> = {},
  definition?: Record<string, string>,
): TlsInput {
  return {
    findTls: () => ({
      valid: definition === undefined,
      addTLSOptions: (options) => Object.assign(options, definition === undefined ? contents : {}),
    }),
    findDefinition: () => definition,
    environment: (name) => environment[name],
  };
}

const trimmed = (value: unknown): string => String(value).trim();

describe('a TLS configuration', () => {
  it('is taken as it is, texts and octets', () => {
    const { options, problems, warnings } = readTls(
      'id',
      input({
        ca: Buffer.from(pem('ca.cert')),
        cert: pem('client.cert'),
        key: pem('client.key'),
        servername: 'smsc',
      }),
    );
    assert.deepEqual([problems, warnings, options?.servername], [[], [], 'smsc']);
    assert.deepEqual(
      [options?.ca, options?.key].map(trimmed),
      [pem('ca.cert'), pem('client.key')].map(trimmed),
    );
    assert.deepEqual(findProblems({ useTls: true, tls: options! }), []);
  });

  it('is named by the property that wants it', () => {
    const none = { ...input({}), findTls: () => undefined };
    assert.deepEqual(
      [readTls('gone', none, 'queueTls').problems, readTls('gone', none).problems].map(([one]) => one?.field),
      ['queueTls', 'tls'],
    );
    const { problems } = readTls('id', input({ ca: '${CA}' }), 'queueTls');
    assert.equal(problems[0]?.field, 'queueTls.ca');
  });

  it('may have its PEM in the environment, whatever became of the line breaks', () => {
    for (const mangle of [
      (text: string) => text,
      (text: string) => text.replaceAll('\n', '\\n'),
      (text: string) => text.replaceAll('\n', ' '),
      (text: string) => text.replaceAll('\n', ''),
    ]) {
      const environment = {
        CA: mangle(pem('ca.cert') + pem('self-signed.cert')),
        KEY: mangle(pem('client.key')),
      };
      const { options, problems } = readTls(
        'id',
        input({ ca: '${CA}\n', cert: pem('client.cert'), key: Buffer.from('${KEY}') }, environment),
      );
      assert.deepEqual(problems, []);
      assert.deepEqual(findProblems({ useTls: true, tls: options! }), []);
      assert.equal((options!.ca as string).match(/BEGIN/g)?.length, 2);
    }
  });

  it('says which variable is not set', () => {
    const { problems } = readTls('id', input({ ca: '${NO_CA}' }));
    assert.deepEqual(problems, [
      { field: 'tls.ca', value: '${NO_CA}', remedy: 'environment variable NO_CA is not set' },
    ]);
  });

  it('may have a variable with PEM in place of a file name, and warns where that puts a key into the log', () => {
    const environment = { CERT: pem('client.cert'), KEY: pem('client.key'), CA_FILE: pemFile('ca.cert') };
    const all = readTls('id', input({}, environment, { cert: '${CERT}', key: '${KEY}', ca: '${CA_FILE}' }));
    assert.deepEqual(all.problems, []);
    assert.deepEqual(findProblems({ useTls: true, tls: all.options! }), []);
    assert.match(all.warnings.join(), /writes it to its log: put the \$\{…\} into a file and upload that/);
    const ca = readTls('id', input({}, { CA: pem('ca.cert') }, { cert: '', key: '', ca: '${CA}' }));
    assert.deepEqual([trimmed(ca.options?.ca), ca.warnings], [trimmed(pem('ca.cert')), []]);
  });

  it('says which file cannot be read, and why, but nothing of a key', () => {
    const gone = readTls('id', input({}, {}, { cert: pemFile('client.cert'), key: '/no/such.key', ca: '' }));
    assert.match(
      gone.problems[0]?.remedy ?? '',
      /file of the private key \(\/no\/such\.key\) cannot be read: ENOENT/,
    );
    const unset = readTls('id', input({}, {}, { cert: '', key: '', ca: '${NO_FILE}' }));
    assert.match(unset.problems[0]?.remedy ?? '', /\(\$\{NO_FILE\}\) cannot be read: ENOENT/);
  });
});
