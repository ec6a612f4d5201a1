import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BACKENDS } from '../../src/index';
import { texts } from './support/catalogue';
import { EditorNode } from './support/editor';

const reference = readFileSync(join(__dirname, '..', '..', 'docs', 'reference.md'), 'utf8');
const [, section = ''] = /^### smpp-config$([^]*?)^### /m.exec(reference) ?? [];
/** Property, label, default, meaning. */
const rows = new Map(
  [...section.matchAll(/^\| `(\w+)`([^|]*)\|([^|]*)\|([^|]*)\|(.*)\|$/gm)].map(
    ([, name = '', , label = '', value = '', meaning = '']) => [
      name,
      { label: label.trim(), value: value.trim().replaceAll('`', ''), meaning },
    ],
  ),
);

describe('the reference of smpp-config', () => {
  const { defaults, credentials = {} } = new EditorNode('smpp-config').definition;
  const labels = texts('smpp-config');
  const listed = Object.keys({ ...defaults, ...credentials }).filter((name) => rows.has(name));

  it('has the properties that belong to a queue', () => {
    const reads = Object.values(BACKENDS).flatMap(({ reads: all }): readonly string[] => all);
    const wanted = new Set([
      'queue',
      ...reads,
      'queueUrl',
      'queueTls',
      'keyPrefix',
      'leaseTime',
      'drainList',
    ]);
    assert.deepEqual(
      [...wanted].filter((name) => !listed.includes(name)),
      [],
    );
  });

  it('names every kind of queue', () => {
    const { meaning = '' } = rows.get('queue') ?? {};
    for (const name of Object.keys(BACKENDS)) assert.ok(meaning.includes(`\`${name}\``), name);
  });

  for (const name of listed)
    it(`has the label and the default of ${name}`, () => {
      const { label, value } = rows.get(name) ?? {};
      assert.equal(label, labels.get(`smpp-config.label.${name}`));
      const given = defaults[name]?.value ?? '';
      assert.equal(value, typeof given === 'string' ? given : JSON.stringify(given));
    });
});
