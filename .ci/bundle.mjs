// What the editor has of the engine. What a text costs: src/text/measure.ts as compiled, with all that it imports, in
// one script that sets the global `smppMeasure`; Node-RED serves resources/ to the editor. And the tables of the kinds of
// queue and of the commands, in the html of smpp-config and smpp-out. And the libraries of the command line, in one file with their licences.
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const IMPORT = /require\("([^"]+)"\)/g;

/** Writes resources/measure.js; needs dist/. */
export function bundleMeasure(root) {
  const from = join(root, 'dist', 'src', 'text');
  const modules = collect(join(from, 'measure.js'));
  const functions = [...modules].map(
    ([file, source]) => `${JSON.stringify(nameOf(from, file))}: function (exports, require) {\n${source}\n}`,
  );
  const script = `/* Made from src/text/measure.ts by .ci/bundle.mjs */
var smppMeasure = (function () {
'use strict';
var modules = {
${functions.join(',\n')}
};
var loaded = {};
function load(name) {
  if (!loaded[name]) {
    loaded[name] = {};
    modules[name](loaded[name], load);
  }
  return loaded[name];
}
return load('measure.js').measure;
})();
`;
  const target = join(root, 'resources', 'measure.js');
  if (existsSync(target) && readFileSync(target, 'utf8') === script) return;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, script);
}

/** Puts tables of the engine in place of their names in the editor's html; needs dist/. */
export function fillTables(root) {
  const nodes = join(root, 'dist', 'nodes');
  const load = createRequire(join(nodes, 'smpp-config.html'));
  const { COMMANDS } = load('./compose.js');
  fill(join(nodes, 'smpp-config.html'), '__BACKENDS__', load('./queues.js').editorTable());
  fill(join(nodes, 'smpp-out.html'), '__COMMANDS__', load('./forms.js').editorCommands(COMMANDS));
}

function fill(file, name, table) {
  const html = readFileSync(file, 'utf8');
  if (!html.includes(name)) throw new Error(`${file} has no ${name}`);
  writeFileSync(
    file,
    html.replace(name, () => table),
  );
}

/** Beside dist/src/cli/libraries.js: the licences of what is in it. */
export const LICENCES = join('src', 'cli', 'libraries.licences.txt');

/**
 * Puts what src/cli/libraries.ts imports into dist/src/cli/libraries.js itself: so they are no dependencies of the
 * package, and one tarball holds all.
 */
export function bundleLibraries(root) {
  // Not at the top: `npm start` names this file before anything is installed.
  const esbuild = createRequire(import.meta.url)('esbuild');
  const { metafile } = esbuild.buildSync({
    absWorkingDir: root,
    entryPoints: [join('src', 'cli', 'libraries.ts')],
    outfile: join('dist', 'src', 'cli', 'libraries.js'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20.9',
    format: 'cjs',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  const folders = Object.keys(metafile.inputs).map(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0],
  );
  const licences = [...new Set(folders)]
    .filter(Boolean)
    .sort()
    .map((folder) => licenceOf(root, folder));
  const head = 'libraries.js holds these packages, each under its own licence:\n';
  writeFileSync(join(root, 'dist', LICENCES), [head, ...licences].join(`\n${'-'.repeat(80)}\n\n`));
}

/** What a package wants to be said of it. Throws where it has no licence that could be handed on. */
function licenceOf(root, folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
}

const nameOf = (from, file) => relative(from, file).replaceAll('\\', '/');

/** The file and all that it imports, by path, imports named from the top. */
function collect(entry) {
  const from = dirname(entry);
  const modules = new Map();
  const pending = [entry];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (modules.has(file)) continue;
    const own = file;
    const source = readFileSync(file, 'utf8')
      .replace(/^\/\/# sourceMappingURL=.*$/m, '')
      .replace(IMPORT, (_, name) => {
        if (!name.startsWith('.')) throw new Error(`${own} imports ${name}: a browser has no such thing`);
        const imported = resolve(dirname(own), `${name}.js`);
        pending.push(imported);
        return `require(${JSON.stringify(nameOf(from, imported))})`;
      });
    modules.set(file, source);
  }
  return modules;
}
