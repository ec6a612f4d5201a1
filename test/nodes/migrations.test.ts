import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentVersion, migrate, type NodeType } from '../../nodes/migrations';

const TYPES: NodeType[] = ['smpp-config', 'smpp-out', 'smpp-in', 'smpp-simulator'];

describe('a saved node', () => {
  for (const type of TYPES) {
    it(`of type ${type} is saved by the editor with the version that is read`, () => {
      const html = readFileSync(join(__dirname, '../../nodes', `${type}.html`), 'utf8');
      assert.match(html, new RegExp(`version: \\{ value: ${currentVersion(type)} \\}`));
    });

    it(`of type ${type} without a version is taken for the first`, () => {
      const definition = Object.freeze({ type, host: 'x' });
      assert.deepEqual(migrate(type, definition), {
        definition: { ...definition, version: currentVersion(type) },
      });
    });
  }

  it('of a newer version is refused with what to do', () => {
    assert.match(migrate('smpp-out', { type: 'smpp-out', version: 99 }).problem ?? '', /newer.*update/);
  });

  it('with a version that is none is refused with what to do', () => {
    assert.match(migrate('smpp-out', { type: 'smpp-out', version: 'x' }).problem ?? '', /press Done/);
  });
});
