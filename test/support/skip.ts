import type { Context, Runnable, Suite } from 'mocha';
import { describeTool, findTool, type Found, type ToolName } from './tools';

/**
 * Skips the running test, or from a `before` hook its whole group, and says why: the report of `npm run verify`
 * groups by it. The hooks between, `beforeEach` and `afterEach`, do not run then; `after` hooks do.
 * @param reason reads after "skipped, ": "no Redis here"
 */
export function skip(context: Context, reason: string): never {
  const running = context.test;
  const isHook = running !== undefined && 'type' in running && running.type === 'hook';
  if (isHook && running.title.startsWith('"before each"')) {
    throw new Error('skip in a before hook: after a beforeEach that skips, each afterEach runs all the same');
  }
  const skipped: Runnable | Suite | undefined = isHook ? running.parent : running;
  if (skipped) Object.assign(skipped, { skipReason: reason });
  return context.skip();
}

/**
 * What a test needs and this machine may lack. Where it lacks, the test is skipped; in continuous integration,
 * where everything is installed beforehand, that is a failure.
 */
export function needs<N extends ToolName>(context: Context, name: N): Found<N> {
  const value = findTool(name);
  if (value !== undefined) return value;
  const { what, optional } = describeTool(name);
  if (process.env.CI === 'true' && !optional)
    throw new Error(`${what} is missing: .ci/run should have installed it.`);
  return skip(context, `${what} is not here`);
}
