import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

interface Manifest {
  name: string;
  license: string;
  repository: { url: string };
  bugs: { url: string };
  engines: { node: string };
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  exports: Record<string, unknown>;
  'node-red': { version: string; nodes: Record<string, string> };
}

/** What the scorecard of flows.nodered.org looks at (node-red-dev validate), as far as no network is needed. */
describe('what the catalogue of Node-RED asks of a package', () => {
  const manifest = JSON.parse(read('package.json')) as Manifest;
  const types = Object.keys(manifest['node-red'].nodes);
  const html = (type: string): string => read('nodes', `${type}.html`);

  it('names licence, repository and where to report bugs', () => {
    assert.equal(manifest.license, 'Apache-2.0');
    assert.match(manifest.repository.url, /^git\+https:/);
    assert.match(manifest.bugs.url, /^https:/);
  });

  it('has a scoped name', () => {
    assert.match(manifest.name, /^@[a-z0-9-]+\/node-red-[a-z0-9-]+$/);
  });

  it('admits Node-RED 4.1 and 5, and the Node that each needs', () => {
    assert.equal(manifest['node-red'].version, '>=4.1.0');
    assert.match(manifest.engines.node, /^>=20\./);
  });

  it('has at most six dependencies and runs nothing on installation', () => {
    assert.ok(Object.keys(manifest.dependencies).length <= 6);
    for (const hook of ['preinstall', 'install', 'postinstall', 'prepare'])
      assert.equal(manifest.scripts[hook], undefined);
  });

  it('has for every node a form, a help text, and literals that a parser finds', () => {
    for (const type of types) {
      assert.match(html(type), new RegExp(`data-template-name="${type}"`), `${type}: no form`);
      assert.match(
        html(type),
        new RegExp(`RED\\.nodes\\.registerType\\(\\s*['"]${type}['"],\\s*\\{`),
        `${type}: no literal`,
      );
      assert.match(html(type), /^\s*defaults: \{/m, `${type}: defaults not in place`);
      const help = existsSync(join(root, 'nodes', 'locales', 'en-US', `${type}.html`))
        ? read('nodes', 'locales', 'en-US', `${type}.html`)
        : html(type);
      assert.match(help, new RegExp(`data-help-name="${type}"`), `${type}: no help`);
    }
  });

  it('shows every node but the configuration in some example', () => {
    const shown = new Set(
      readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
        .filter(
          (file) =>
            file.endsWith('.json') && !file.includes('node_modules') && !file.endsWith('package.json'),
        )
        .flatMap((file) =>
          (JSON.parse(read('examples', file)) as { type: string }[]).map(({ type }) => type),
        ),
    );
    assert.deepEqual(
      types.filter((type) => type !== 'smpp-config' && !shown.has(type)),
      [],
    );
  });

  it('has every icon that a node names', () => {
    for (const type of types) {
      const icon = /\bicon: ['"]([^'"]+)['"]/.exec(html(type))?.[1];
      if (icon === undefined || icon.startsWith('font-awesome/')) continue;
      assert.ok(existsSync(join(root, 'icons', icon)), `${type}: icons/${icon} is not there`);
    }
  });

  it('names no registry host in the lock file', () => {
    assert.doesNotMatch(read('package-lock.json'), /"resolved":/);
  });
});
