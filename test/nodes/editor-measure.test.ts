import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vm from 'node:vm';
import { measure } from '../../src/text';
import type { Dialog } from './support/dialog';
import { EditorNode } from './support/editor';

const editor = new EditorNode('smpp-out');
editor.configs.set('turkish', { languages: 'turkish', unencodable: 'strict', defaultAlphabet: 'gsm0338' });
editor.configs.set('own codings', { defaultAlphabet: 'gsm0338', dataCodings: '{"0": "latin1"}' });
editor.configs.set('wrong codings', { defaultAlphabet: 'gsm0338', dataCodings: '{"0"' });
editor.configs.set('latin1', { defaultAlphabet: 'latin1', languages: '${LANGUAGES}' });

const DEFAULTS = Object.fromEntries(
  Object.entries(editor.definition.defaults).map(([name, { value }]) => [name, value]),
);
const open = (node: object): Dialog => editor.open({ ...DEFAULTS, messageType: 'str', ...node });
const lines = (dialog: Dialog): string[] =>
  ['sum', 'forcing', 'saving'].map((line) => dialog.words(`smpp-out-measure-${line}`));

describe('what a text costs, in the dialog of smpp-out', () => {
  it('is shown for a text that is typed in, and for nothing else', () => {
    for (const node of [{ messageType: 'msg' }, { message: '' }, { encoding: 'binary', message: 'x' }])
      assert.equal(open(node).shows('smpp-out-measure'), false, JSON.stringify(node));
    assert.equal(open({ message: 'Hello' }).shows('smpp-out-measure'), true);
  });

  it('is counted while it is typed', () => {
    const dialog = open({ message: 'Hello' });
    assert.deepEqual(lines(dialog), [
      '5 characters · 1 segment · GSM alphabet · 155 left in the last one',
      '',
      '',
    ]);
    dialog.choose('node-input-message', 'x'.repeat(161));
    assert.match(lines(dialog)[0]!, /^161 characters · 2 segments · GSM alphabet · 145 left/);
    dialog.choose('node-input-longMessages', 'udh16');
    assert.match(lines(dialog)[0]!, /143 left/);
    dialog.choose('node-input-message', '');
    assert.equal(dialog.shows('smpp-out-measure'), false);
  });

  it('is counted by what data_coding 0 means at the connection', () => {
    const [own, wrong] = ['own codings', 'wrong codings'].map(
      (connection) => lines(open({ message: 'ê', connection }))[0]!,
    );
    assert.match(own!, /latin1/);
    assert.match(wrong!, /UCS2/);
  });

  it('names what forces UCS2, and what the nearest characters would save', () => {
    const text = `It’s – here\u00a0now${'x'.repeat(80)}`;
    assert.deepEqual(lines(open({ message: text })), [
      `${text.length} characters · 2 segments · UCS2 · 39 left in the last one`,
      '’ – U+00A0 not in the GSM alphabet: the whole text goes in UCS2',
      'The nearest characters of the GSM alphabet (Missing characters: transliterate) would take 1 segment',
    ]);
  });

  it('says that a text will be refused', () => {
    const [, forcing] = lines(open({ message: '5 €', encoding: 'latin1' }));
    assert.equal(forcing, '€ not in latin1: the message will be refused');
  });

  it('shows a few of many characters', () => {
    const many = String.fromCodePoint(...Array.from({ length: 32 }, (_, at) => 0x430 + at));
    const [, forcing] = lines(open({ message: many }));
    assert.match(forcing!, /^а б в г д е ж з и й к л … not/);
  });

  it('knows what the connection says about texts', () => {
    const text = 'ş'.repeat(80);
    assert.match(lines(open({ message: text }))[0]!, /2 segments · UCS2/);
    const [sum, forcing] = lines(open({ message: text, connection: 'turkish' }));
    assert.match(sum!, /1 segment · GSM alphabet \(turkish\) · 75 left/);
    assert.equal(forcing, '');
    assert.match(lines(open({ message: 'ï', connection: 'latin1' }))[0]!, /latin1/);
  });

  it('is counted by a script of its own that needs nothing but the language', function () {
    this.timeout(120_000);
    const root = join(__dirname, '..', '..');
    execFileSync(process.execPath, [join(root, '.ci', 'build.mjs')]);
    const script = readFileSync(join(root, 'resources', 'measure.js'), 'utf8');
    const page = vm.createContext({});
    vm.runInContext(script, page);
    const inPage = (page as { smppMeasure: typeof measure }).smppMeasure;
    for (const text of ['Hello', 'ş'.repeat(200), '👨‍👩‍👧‍👦'.repeat(20), '“x” '.repeat(30)]) {
      const options = { languages: ['turkish'] };
      assert.equal(JSON.stringify(inPage(text, options)), JSON.stringify(measure(text, options)));
    }
  });
});
