/** How long the nodes take to load where Node-RED is there already; sends milliseconds. */
import { join } from 'node:path';
import 'node-red';

const root = join(__dirname, '..', '..');
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the path is made here
const manifest = require(join(root, 'package.json')) as { 'node-red': { nodes: Record<string, string> } };

const loadedBefore = new Set(Object.keys(require.cache));
const before = performance.now();
// eslint-disable-next-line @typescript-eslint/no-require-imports -- as Node-RED loads them
for (const file of Object.values(manifest['node-red'].nodes)) require(join(root, file));
const milliseconds = performance.now() - before;
const loaded = Object.keys(require.cache).filter((path) => !loadedBefore.has(path));
const early = ['lmdb', 'iconv-lite'].filter((name) =>
  loaded.some((path) => path.includes(join('node_modules', name))),
);
process.send?.({ milliseconds, early }, () => process.exit());
