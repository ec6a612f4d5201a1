// Lets Node run TypeScript as the JavaScript that it was compiled to: `node -r ./.ci/compiled.cjs x.ts`. So run mocha
// and the processes that tests start; paths, __dirname and stack traces are those of the sources.
// What a file was compiled to lies in .cache/compiled/ and is used as long as the source has the same time of
// modification; .ci/compile.mjs does all of them beforehand. A changed file is compiled when it is loaded.
const { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join, relative } = require('node:path');

const root = join(__dirname, '..');

/** As tsconfig.json says. */
const options = {
  loader: 'ts',
  format: 'cjs',
  platform: 'node',
  target: 'es2022',
  sourcemap: 'inline',
  sourcesContent: false,
  tsconfigRaw: { compilerOptions: { target: 'es2022', useDefineForClassFields: true } },
};

/** To be changed with `options`; the compiler's own version is part of the name too. */
const FORMAT = 1;
const folder = join(root, '.cache', 'compiled', `${FORMAT}-${require('esbuild/package.json').version}`);

/** Where the compiled form of a source belongs, and whether that of its present state is there. */
function compiledForm(file) {
  const path = join(folder, `${relative(root, file)}.js`);
  const { mtime } = statSync(file);
  const there = statSync(path, { throwIfNoEntry: false });
  return { path, mtime, isFresh: there?.mtime.getTime() === mtime.getTime() };
}

/**
 * Renamed into its place: another process may compile the same file at the same time. Where this user may not write
 * there, it is compiled again the next time.
 */
function keep({ path, mtime }, code) {
  const own = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(own, code);
    utimesSync(own, mtime, mtime);
    renameSync(own, path);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  }
}

function codeOf(file) {
  const isOurs = !relative(root, file).startsWith('..');
  const form = isOurs ? compiledForm(file) : undefined;
  if (form?.isFresh) return readFileSync(form.path, 'utf8');
  const source = readFileSync(file, 'utf8');
  const { code } = require('esbuild').transformSync(source, { ...options, sourcefile: file });
  if (form) keep(form, code);
  return code;
}

Module._extensions['.ts'] = (module, file) => module._compile(codeOf(file), file);
process.setSourceMapsEnabled(true);

module.exports = { root, options, compiledForm, keep };
