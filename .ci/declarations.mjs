// Which declarations of dist/ a program can come to: those of what package.json exports, and what they import.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*['"](\.[^'"]+)['"]/g;

/** Absolute paths of declarations, and whether one that is named is not there. */
function reach(root) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const reached = new Set();
  const next = Object.values(exports).flatMap(({ types }) => (types ? [join(root, types)] : []));
  for (let file = next.pop(); file; file = next.pop()) {
    if (reached.has(file)) continue;
    if (!existsSync(file)) return { reached, isWhole: false };
    reached.add(file);
    for (const [, name] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const path = join(dirname(file), name);
      next.push(existsSync(`${path}.d.ts`) ? `${path}.d.ts` : join(path, 'index.d.ts'));
    }
  }
  return { reached, isWhole: true };
}

/**
 * Removes the declarations of internals, a tenth of the package.
 * @param files of dist/, relative to it
 * @returns false where one is missing that is needed: the compiler, which writes only what has changed, must begin anew
 */
export function pruneDeclarations(root, files) {
  const { reached, isWhole } = reach(root);
  if (!isWhole) return false;
  for (const file of files) {
    const path = join(root, 'dist', file);
    if (file.endsWith('.d.ts') && !reached.has(path)) {
      rmSync(path);
      rmSync(`${path}.map`, { force: true });
    }
  }
  return true;
}
