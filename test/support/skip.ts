import type { Context, Runnable, Suite } from 'mocha';

/**
 * Skips the running test, or from a `before` hook its whole group, and says why: the report of `npm run verify`
 * groups by it.
 * @param reason reads after "skipped, ": "no Redis here"
 */
export function skip(context: Context, reason: string): never {
  const running = context.test;
  const isHook = running !== undefined && 'type' in running && running.type === 'hook';
  const skipped: Runnable | Suite | undefined = isHook ? running.parent : running;
  if (skipped) Object.assign(skipped, { skipReason: reason });
  return context.skip();
}

/**
 * What a test needs and this machine may lack. Where it lacks, the test is skipped; in continuous integration,
 * where everything is installed beforehand, that is a failure.
 */
export function needs<T>(context: Context, value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  if (process.env.CI === 'true') throw new Error(`${what} is missing: .ci/run should have installed it.`);
  return skip(context, `${what} is not here`);
}
