import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KINDS } from '../../src/simulator/rules';

const root = join(__dirname, '..', '..');
const folder = join(root, 'src', 'simulator');
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'));
const reference = readFileSync(join(root, 'docs', 'reference.md'), 'utf8').split('\n');

const kinds = Object.entries(KINDS).map(([type, { required, optional }]) => ({
  type,
  fields: [...Object.keys(required), ...Object.keys(optional)],
}));
/** Fields of many kinds, told in a list below the table. */
const shared = ['every', 'times', 'destination', 'on', 'how'];

function lineOf(beginning: string): string {
  return (
    reference.find((line) => line.startsWith(beginning)) ?? assert.fail(`no line begins with ${beginning}`)
  );
}

describe('a kind of rule', () => {
  it('is a row of one table, and nothing else in src/simulator names it', () => {
    for (const { type } of kinds) {
      const rows = sources.flatMap((text) => text.match(new RegExp(`^  '?${type}'?: kind\\(`, 'gm')) ?? []);
      assert.equal(rows.length, 1, type);
      // The other types are words of the field, too.
      if (!/-|^(poison|reorder|duplicate|unsolicited)$/.test(type)) continue;
      const naming = sources.filter((text) => new RegExp(`\\b${type}\\b`).test(text));
      assert.equal(naming.length, 1, type);
    }
  });

  it('has its own fields in its row of the reference', () => {
    for (const { type, fields } of kinds) {
      const row = lineOf(`| \`{"type": "${type}"`);
      const missing = fields.filter(
        (field) => !shared.includes(field) && !new RegExp(`[\`"]${field}[\`"]`).test(row),
      );
      assert.deepEqual(missing, [], type);
    }
  });

  for (const field of shared) {
    it(`is named where the reference tells of ${field}, if it has that`, () => {
      const told = lineOf(`- \`${field}\`:`).split(' For ')[1] ?? '';
      assert.deepEqual(
        [...told.matchAll(/`([\w-]+)`/g)].map(([, type]) => type),
        kinds.filter(({ fields }) => fields.includes(field)).map(({ type }) => type),
      );
    });
  }
});
