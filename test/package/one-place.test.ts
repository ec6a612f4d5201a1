import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve, sep } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const loadModule = createRequire(__filename);
type Module = Readonly<Record<string, unknown>>;
type Row = Record<string, unknown>;

/** Modules of a copy of the project whose tables have rows more. */
function withRows(table: string, name: string, rows: Row): (path: string) => Module {
  const ours = (file: string): boolean =>
    [join(ROOT, 'src') + sep, join(ROOT, 'nodes') + sep].some((folder) => file.startsWith(folder));
  for (const file of Object.keys(require.cache).filter(ours)) Reflect.deleteProperty(require.cache, file);
  const load = (path: string): Module => loadModule(join(ROOT, path)) as Module;
  Object.assign(load(table)[name] as Row, rows);
  return load;
}

describe('one row of a table', () => {
  const cached = { ...require.cache };
  afterEach(() => {
    for (const file of Object.keys(require.cache)) Reflect.deleteProperty(require.cache, file);
    Object.assign(require.cache, cached);
  });

  describe('is all that a new encoding takes', () => {
    const RUSSIAN = 'Привет';
    let load: (path: string) => Module;
    beforeEach(() => {
      const repertoire = { unit: 'octets', width: (code: number) => (code < 0x500 ? 1 : 0) };
      const row = { spellings: ['russian'], data_coding: 0x0b, charset: 'koi8-r', repertoire };
      load = withRows('src/text/plan/encodings.ts', 'ENCODINGS', { 'koi8-r': row });
    });

    it('to encode, decode, segment and measure', () => {
      const { encodeText, decodeText, segment, measure, codingOf } = load(
        'src/text/index.ts',
      ) as unknown as typeof import('../../src/text');
      const { octets, data_coding } = encodeText(RUSSIAN, { encoding: 'KOI8_R' });
      assert.equal(data_coding, 0x0b);
      assert.equal(octets.length, RUSSIAN.length);
      assert.equal(decodeText(octets, 0x0b), RUSSIAN);
      assert.equal(decodeText(octets, 0, { defaultAlphabet: 'russian' }), RUSSIAN);
      assert.equal(codingOf(0x0b)?.encoding, 'koi8-r');
      assert.equal(segment(RUSSIAN, { encoding: 'russian' }).segments[0]?.data_coding, 0x0b);
      assert.equal(measure(RUSSIAN, { encoding: 'koi8-r' }).units, RUSSIAN.length);
      assert.throws(() => encodeText('\u0411', { encoding: 'latin1' }), /koi8-r/);
      assert.throws(() => encodeText(RUSSIAN, { encoding: 'nonsense' }), /koi8-r/);
    });

    it('to be an option of the client, and a choice of the node', () => {
      const { findProblems } = load('src/index.ts') as unknown as typeof import('../../src/index');
      const problems = findProblems({ dataCodings: { 11: 'koi8-r' }, defaultAlphabet: 'koi8-r' });
      assert.deepEqual(
        problems.filter(({ field }) => /dataCodings|defaultAlphabet/.test(field)),
        [],
      );
      assert.ok((load('nodes/compose.ts')['ENCODINGS'] as string[]).includes('koi8-r'));
    });
  });

  describe('is all that a new command takes', () => {
    const ids = { submit_fax: 0x00000120, submit_fax_resp: 0x80000120 };
    let load: (path: string) => Module;
    beforeEach(() => {
      const { submit_sm, submit_sm_resp } = (
        loadModule(join(ROOT, 'src/protocol/commands.ts')) as {
          COMMANDS: Record<string, Row>;
        }
      ).COMMANDS;
      load = withRows('src/protocol/commands.ts', 'COMMANDS', {
        submit_fax: { ...submit_sm, id: ids.submit_fax, stored: 4 },
        submit_fax_resp: { ...submit_sm_resp, id: ids.submit_fax_resp },
      });
    });

    it('to be encoded, decoded and answered', () => {
      const { encodePdu, decodePdu, responseOf } = load(
        'src/protocol/index.ts',
      ) as unknown as typeof import('../../src/protocol');
      const octets = encodePdu({ command: 'submit_fax', destination_addr: '1' } as never);
      assert.equal(octets.readUInt32BE(4), ids.submit_fax);
      assert.deepEqual(
        [decodePdu(octets).command, responseOf('submit_fax')],
        ['submit_fax', 'submit_fax_resp'],
      );
    });

    it('to go in the states of a session, through the queue of a client, and to be a choice of the node', () => {
      const { mayIssue } = load('src/session/index.ts') as unknown as typeof import('../../src/session');
      assert.equal(mayIssue('esme', 'submit_fax' as never, 'bound_tx'), true);
      assert.equal(mayIssue('smsc', 'submit_fax' as never, 'bound_trx'), false);
      const { QUEUED } = load('src/index.ts') as { QUEUED: readonly string[] };
      assert.ok(QUEUED.includes('submit_fax'));
      const { COMMANDS, compose } = load(
        'nodes/compose.ts',
      ) as unknown as typeof import('../../nodes/compose');
      assert.ok((COMMANDS as readonly string[]).includes('submit_fax'));
      const node = { command: 'submit_fax', encoding: 'ucs2', registeredDelivery: 'final' } as never;
      const composed = compose({ payload: 'text', topic: '447700900123' }, node);
      const { command, short_message, destination_addr, encoding, registered_delivery } = composed as Row;
      assert.deepEqual(
        [command, short_message, destination_addr, encoding, registered_delivery],
        ['submit_fax', 'text', '447700900123', 'ucs2', 'final'],
      );
    });
  });

  it('keeps the place that stores know a queued command by', () => {
    const { QUEUED } = withRows('src/protocol/commands.ts', 'COMMANDS', {})('src/protocol/index.ts');
    assert.deepEqual((QUEUED as string[]).slice(0, 4), [
      'submit_sm',
      'data_sm',
      'submit_multi',
      'broadcast_sm',
    ]);
  });

  it('is the only place that lists commands or encodings', () => {
    const listed = (file: string, words: RegExp): number =>
      new Set(readFileSync(join(ROOT, file), 'utf8').match(words)).size;
    const rare = /'(?:shift_jis|euc-kr|iso8859-5|iso8859-8)'/g;
    for (const file of [
      'nodes/compose.ts',
      'src/text/measure.ts',
      'src/text/codings.ts',
      'src/text/plan/plan.ts',
    ])
      assert.equal(listed(file, rare), 0, file);
    const sent = /'(?:submit_multi|broadcast_sm|query_sm|replace_sm)'/g;
    for (const file of [
      'nodes/compose.ts',
      'src/session/states.ts',
      'src/store/types.ts',
      'src/simulator/content.ts',
    ])
      assert.equal(listed(file, sent), 0, file);
  });
});
