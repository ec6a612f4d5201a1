/** How long the nodes take to load where Node-RED is there already; sends milliseconds, by the clock and of the processor. */
import { join } from 'node:path';
import 'node-red';

const root = join(__dirname, '..', '..');
// The bench runs with source maps, which Node reads as it loads; a Node-RED does not.
process.setSourceMapsEnabled(false);
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the path is made here
const manifest = require(join(root, 'package.json')) as { 'node-red': { nodes: Record<string, string> } };

const loadedBefore = new Set(Object.keys(require.cache));
const before = performance.now();
const cpuBefore = process.cpuUsage();
// eslint-disable-next-line @typescript-eslint/no-require-imports -- as Node-RED loads them
for (const file of Object.values(manifest['node-red'].nodes)) require(join(root, file));
const milliseconds = performance.now() - before;
const { user, system } = process.cpuUsage(cpuBefore);
const loaded = Object.keys(require.cache).filter((path) => !loadedBefore.has(path));
const early = ['lmdb', 'iconv-lite'].filter((name) =>
  loaded.some((path) => path.includes(join('node_modules', name))),
);
process.send?.({ milliseconds, cpu: (user + system) / 1000, early }, () => process.exit());
