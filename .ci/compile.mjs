// Compiles what .ci/compiled.cjs loads, all at once: the sources of the package and of its tests. What has not changed
// is left alone.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { compiledForm, keep, options, root } from './compiled.cjs';

const FOLDERS = ['src', 'nodes', 'test', join('.ci', 'demo')];

function sources() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => /(?<!\.d)\.ts$/.test(name))
      .map((name) => join(root, folder, name)),
  );
}

/** @returns how many files had changed */
export async function compile() {
  const stale = sources().flatMap((file) => {
    const form = compiledForm(file);
    return form.isFresh ? [] : [{ file, form }];
  });
  await Promise.all(
    stale.map(async ({ file, form }) => {
      const source = readFileSync(file, 'utf8');
      const { code } = await esbuild.transform(source, { ...options, sourcefile: file });
      keep(form, code);
    }),
  );
  return stale.length;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(`${await compile()} files compiled`);
}
