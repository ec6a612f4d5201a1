import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseConfig } from '../../src/cli/config-file';
import { readConnection } from '../../src/cli/configuration';
import { connectionFlags, variableOf } from '../../src/cli/connection-flags';
import { CommandError } from '../../src/cli/errors';
import { OPTIONS } from '../../src/index';
import { folderWith, smpp } from '../support/shell';

type Values = Readonly<Record<string, unknown>>;

/** Of a file in YAML, the environment and the command line. */
function read(file: string, env: Readonly<Record<string, string>> = {}, options: Values = {}) {
  const folder = folderWith({ 'smpp.yaml': file, secret: 'geheim\n' });
  try {
    return readConnection({ options: { config: 'smpp.yaml', ...options }, env, cwd: folder.path });
  } finally {
    folder.remove();
  }
}

function problems(
  file: string,
  env: Readonly<Record<string, string>> = {},
  options: Values = {},
): readonly string[] {
  try {
    read(file, env, options);
  } catch (error) {
    assert.ok(error instanceof CommandError);
    assert.equal(error.exitCode, 3);
    return error.details;
  }
  return [];
}

describe('the configuration of the command line', () => {
  it('takes options before variables, and variables before the file', () => {
    const file = 'host: file.example\nport: 1\nsystemId: file\n';
    const env = { SMPP_HOST: 'env.example', SMPP_PORT: '2' };
    const { options } = read(file, env, { host: 'option.example' });
    assert.deepEqual([options.host, options.port, options.systemId], ['option.example', '2', 'file']);
  });

  it('reads JSON as it reads YAML', () => {
    const { options } = read('{"host": "a.example", "failover": [{"host": "b.example", "port": 2776}]}');
    assert.deepEqual(options, { host: 'a.example', failover: [{ host: 'b.example', port: 2776 }] });
  });

  it('puts variables in place of ${NAME}, also within lists', () => {
    const { options } = read('host: ${H}\nfailover:\n  - host: ${H}\n    port: 1\n', { H: 'a.example' });
    assert.deepEqual(options, { host: 'a.example', failover: [{ host: 'a.example', port: 1 }] });
  });

  it('does not leave TLS off where only what it needs is given', () => {
    const [problem, ...others] = problems('tls: { servername: smsc.example }\n', {}, {});
    assert.match(problem ?? '', /^useTls: .* TLS is not switched on.* \(smpp\.yaml:1\)$/);
    assert.deepEqual(others, []);
    const { options } = read('useTls: false\ntls: { servername: smsc.example }\n');
    assert.deepEqual(options, { useTls: false, tls: { servername: 'smsc.example' } });
  });

  it('lists all that is wrong at once, each with its place', () => {
    const found = problems(
      'host: a b\nsystmId: me\npassword: ${NOPE}\ncorrelationTtl: soon\n',
      { SMPP_WINDOW_SIZE: 'x' },
      { useTls: 'maybe' },
    );
    assert.equal(found.length, 6, found.join('\n'));
    const wanted = [
      /^systmId: there is no such property \(did you mean "systemId"\?\) \(smpp\.yaml:2\)$/,
      /^password: environment variable NOPE is not set \(smpp\.yaml:3\)$/,
      /^host \("a b"\): .* \(smpp\.yaml:1\)$/,
      /^useTls \("maybe"\): .* \(option --use-tls\)$/,
      /^windowSize \("x"\): .* \(variable SMPP_WINDOW_SIZE\)$/,
      /^correlationTtl \("soon"\): .* \(smpp\.yaml:4\)$/,
    ];
    for (const pattern of wanted)
      assert.ok(
        found.some((text) => pattern.test(text)),
        `${String(pattern)}\n${found.join('\n')}`,
      );
  });

  it('names the line where the file is no YAML', () => {
    assert.match(problems('host: a\nport: [1\n').join('\n'), /\(smpp\.yaml:[23]\)/);
    assert.match(problems('- a\n').join('\n'), /properties and values/);
  });

  it('shows no secret among the problems', () => {
    const long = 'g'.repeat(65);
    const found = problems(`password: ${long}\nqueue: redis\nqueueUrl: "http://user:${long}@x"\n`);
    assert.equal(found.length, 2);
    assert.ok(!found.join('\n').includes('ggg'), found.join('\n'));
  });

  it('reads a secret from a file, by file, variable and option', () => {
    for (const given of [
      read('passwordFile: secret\n'),
      read('password: other\n', { SMPP_PASSWORD_FILE: 'secret' }),
      read('password: other\n', {}, { passwordFile: 'secret' }),
    ])
      assert.equal(given.options.password, 'geheim\n');
    assert.equal(read('passwordFile: secret\n', { SMPP_PASSWORD: 'x' }).options.password, 'x');
    assert.match(
      problems('passwordFile: nope\n').join(),
      /passwordFile \("nope"\): there is no such file \(smpp\.yaml:1\)/,
    );
  });

  it('warns of a secret on the command line, and of variables that nearly mean something', () => {
    const { warnings } = read('', { SMPP_PASWORD: 'x', SMPP_SERVICE_HOST: 'y' }, { password: 'z' });
    assert.equal(warnings.length, 2, warnings.join('\n'));
    assert.match(warnings.join('\n'), /SMPP_PASWORD means nothing \(did you mean "SMPP_PASSWORD"\?\)/);
    assert.match(warnings.join('\n'), /--password: whoever lists the processes/);
  });

  it('takes a blank variable for none', () => {
    assert.deepEqual(read('', { SMPP_PORT: '' }).options, {});
  });

  it('has an option and a variable for every property', () => {
    const flags = connectionFlags().map(({ property }) => property);
    assert.deepEqual(
      Object.keys(OPTIONS).filter((name) => !flags.includes(name)),
      [],
    );
    assert.equal(variableOf('systemId'), 'SMPP_SYSTEM_ID');
    assert.equal(new Set(flags.map(variableOf)).size, flags.length);
  });

  it('ends with 2 where the file cannot be read', async () => {
    const { code, stderr } = await smpp(['send', '--config', '/nowhere/x.yaml', '--to', '1', '--text', 'x']);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^smpp: the configuration \/nowhere\/x\.yaml cannot be read: there is no such file\n$/,
    );
  });

  it('says something of any text, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { values, problems: found } = parseConfig(text);
        assert.ok(found.length === 0 || values.size === 0);
      }),
    );
  });

  it('reads back what JSON wrote', () => {
    const key = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue(), { minKeys: 1 }), (given) => {
        const text = JSON.stringify(given, null, 1);
        const { values, problems: found } = parseConfig(text);
        assert.deepEqual(found, []);
        const plain = Object.fromEntries([...values].map(([name, { value }]) => [name, value]));
        assert.deepEqual(JSON.parse(JSON.stringify(plain)), JSON.parse(text));
      }),
    );
  });
});
