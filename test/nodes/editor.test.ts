import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ACKNOWLEDGEMENTS, COMMANDS, ENCODINGS, LONG_MESSAGES, RECEIPTS } from '../../nodes/compose';
import { texts } from './support/catalogue';
import { EditorNode } from './support/editor';
import { EVENT_NAMES } from '../../src/index';
import { KINDS } from '../../src/simulator/rules';

const ROOT = join(__dirname, '..', '..');
const TYPES = ['smpp-config', 'smpp-out', 'smpp-in', 'smpp-simulator'];

for (const type of TYPES) {
  const editor = new EditorNode(type);
  const known = texts(type);

  describe(`the editor's part of ${type}`, () => {
    it('registers its type by a literal, as the palette and the scorecard read it', () => {
      assert.equal(editor.type, type);
      assert.ok(editor.html.includes(`RED.nodes.registerType('${type}', {`));
      assert.ok(editor.html.includes(`data-template-name="${type}"`));
    });

    it('has a text for every key that it uses', () => {
      const used = [...editor.template.matchAll(/data-i18n="(?:\[[\w-]+\])?([^"]+)"/g)].map(
        ([, key = '']) => key,
      );
      assert.ok(used.length > 0);
      assert.deepEqual(
        used.filter((key) => !known.has(key)),
        [],
      );
    });

    it('has each of its texts once', () => {
      const written = readFileSync(join(ROOT, 'nodes', 'locales', 'en-US', `${type}.json`), 'utf8');
      const isText = /^\s*"[^"]+": "/gm;
      assert.equal([...written.matchAll(isText)].length, known.size);
    });

    it('uses every text that it has', () => {
      const source = [
        editor.html,
        ...COMMANDS.map((command) => `'${command}'`),
        ...readdirSync(join(ROOT, 'nodes'))
          .filter((file) => file.endsWith('.ts'))
          .map((file) => readFileSync(join(ROOT, 'nodes', file), 'utf8')),
      ].join('\n');
      const unused = [...known.keys()].filter((key) => {
        const [, group = '', name = ''] = key.split('.');
        // A key is there as a whole, by its group ('error.' + …), or by its last part.
        const made = [
          'error',
          'status',
          'ton',
          'npi',
          'field',
          'blank',
          'kind',
          'label',
          'tab',
          'tip',
          'measure',
          'option',
          'placeholder',
        ].includes(group);
        const named = new RegExp(`['".\\s]${name}\\b`).test(source);
        return !source.includes(key) && !(made && named);
      });
      assert.deepEqual(unused, []);
    });

    it('has help that begins with a short paragraph', () => {
      const help = readFileSync(join(ROOT, 'nodes', 'locales', 'en-US', `${type}.html`), 'utf8');
      assert.ok(help.includes(`data-help-name="${type}"`));
      const [, intro = ''] = /<p>([\s\S]*?)<\/p>/.exec(help) ?? [];
      assert.ok(intro.length > 20 && intro.length < 160, intro);
      assert.doesNotMatch(help, /<(b|i|strong|em)>/);
    });

    it('takes its colours from the editor', () => {
      const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(editor.html) ?? [];
      assert.doesNotMatch(style, /#[0-9a-f]{3,8}\b(?![\w-]*\s*[{,])|rgba?\(/i);
    });

    it('shows every property that can be set', () => {
      const prefix = type === 'smpp-config' ? 'node-config-input-' : 'node-input-';
      const elsewhere = ['version', 'events', 'rules', 'failover', 'sourceByPrefix'];
      for (const property of Object.keys(editor.definition.defaults)) {
        if (elsewhere.includes(property)) continue;
        assert.ok(editor.template.includes(`id="${prefix}${property}"`), property);
      }
    });

    it('takes its own defaults', () => {
      for (const [property, { value }] of Object.entries(editor.definition.defaults)) {
        if (property !== 'connection') assert.equal(editor.validate(property, value), true, property);
      }
    });

    if (type === 'smpp-config') return;

    it('has an icon of its own', () => {
      assert.ok(existsSync(join(ROOT, 'icons', editor.definition.icon ?? '')));
    });
  });
}

describe('the choices of smpp-out', () => {
  const editor = new EditorNode('smpp-out');
  const options = (property: string): string[] => {
    if (property === 'command')
      return editor
        .open({})
        .choices('node-input-command')
        .map(([value]) => value);
    const [, select = ''] =
      new RegExp(`<select id="node-input-${property}"[^>]*>([\\s\\S]*?)</select>`).exec(editor.template) ??
      [];
    return [...select.matchAll(/<option value="([^"]+)"/g)].map(([, value = '']) => value);
  };
  const choices: [string, readonly string[]][] = [
    ['command', [...COMMANDS, 'from message']],
    ['encoding', ENCODINGS],
    ['longMessages', LONG_MESSAGES],
    ['registeredDelivery', RECEIPTS],
    ['smeAcknowledgement', ACKNOWLEDGEMENTS],
    ['completeWhen', ['accepted', 'queued', 'delivered']],
  ];

  for (const [property, known] of choices) {
    it(`are those of the runtime for ${property}, the first of which is the default`, () => {
      assert.deepEqual(options(property).sort(), [...known].sort());
      assert.deepEqual(
        [options(property)[0], editor.definition.defaults[property]?.value],
        [known[0], known[0]],
      );
      for (const value of known) assert.equal(editor.validate(property, value), true);
      assert.match(String(editor.validate(property, 'nonsense')), /choose one of/);
    });
  }

  it('have a sensible time to wait for a receipt', () => {
    assert.equal(editor.validate('deliveredTimeout', '60'), true);
    assert.match(String(editor.validate('deliveredTimeout', '0')), /give seconds/);
    assert.match(String(editor.validate('deliveredTimeout', 'soon')), /give seconds/);
  });
});

describe('the choices of smpp-in', () => {
  const editor = new EditorNode('smpp-in');

  it('are the events that there are', () => {
    const boxes = [...editor.template.matchAll(/type="checkbox" value="(\w+)"/g)].map(
      ([, name = '']) => name,
    );
    assert.deepEqual(boxes.sort(), [...EVENT_NAMES].sort());
    assert.equal(editor.validate('events', boxes), true);
    assert.equal(editor.validate('events', '${EVENTS}'), true);
    assert.match(String(editor.validate('events', [])), /at least one/);
    assert.match(String(editor.validate('events', ['news'])), /at least one of message/);
  });
});

describe('the faults of smpp-simulator', () => {
  const editor = new EditorNode('smpp-simulator');

  it('are checked one by one', () => {
    const good = [
      { type: 'status', status: 'ESME_RSYSERR', every: 3 },
      { type: 'throttle', above: 50 },
      { type: 'slow', seconds: 0.5 },
      { type: 'silent' },
      { type: 'drop', after: 10, taken: true },
      { type: 'refuse', times: 2 },
    ];
    assert.equal(editor.validate('rules', good), true);
    assert.equal(editor.validate('rules', JSON.stringify(good)), true);
    assert.match(String(editor.validate('rules', [{ type: 'sleep' }])), /choose one of status/);
    assert.match(String(editor.validate('rules', [{ type: 'throttle' }])), /throttle, above.*give a value/);
    assert.match(String(editor.validate('rules', [{ type: 'drop', after: 1.5 }])), /whole number/);
    assert.match(String(editor.validate('rules', [{ type: 'ids' }])), /give a value/);
    assert.match(String(editor.validate('rules', '{')), /give a list/);
  });

  it('are all that the simulator has', () => {
    const offered = /choose one of (.*)/.exec(String(editor.validate('rules', [{ type: 'sleep' }])))?.[1];
    assert.equal(offered, Object.keys(KINDS).join(', '));
  });
});
