import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs npm; the one that runs these tests, where one does. @throws Error with what npm said */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const own = process.env.npm_execpath;
  const isNpm = own !== undefined && /npm-cli\.[cm]?js$/.test(own);
  const [command, first] = isNpm ? [process.execPath, [own]] : ['npm', []];
  // A project's settings, handed on by the npm that runs the tests, are not those of another folder.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config|package)_/i.test(name)),
  );
  const { stdout } = await run(command, [...first, ...args], { cwd, env, maxBuffer: 1 << 26 });
  return stdout;
}
