import type { CompleteWhen, Correlator, SmppClientOptions } from '../../index';
import type { Context } from '../command';
import { withLog, type EngineLog } from '../engine-log';
import { usageError } from '../errors';

/** The options of the client that sends. Throws a CommandError. */
export function connectionFor(
  context: Context,
  completeWhen: CompleteWhen,
  log: EngineLog,
): SmppClientOptions {
  const { options } = context;
  const given = context.connection();
  const rate = options['rate'] as number | undefined;
  const common: SmppClientOptions = {
    logLevel: 'warn',
    ...withLog(given, log.log),
    ...(rate === undefined ? {} : { sendRate: rate }),
  };
  if (completeWhen === 'queued') {
    if (given.queue === undefined && given.queueDirectory === undefined)
      throw usageError(
        '--complete-when queued: the messages would wait in this process; configure a queue (disk, redis, rabbitmq)',
      );
    return common;
  }
  // What a queue holds beyond the process belongs to those that send from it; here the journal takes its place.
  const { queueDirectory: _directory, queue: _queue, ...own } = common;
  return { ...(completeWhen === 'accepted' ? sendingOnly(own, options) : own), queue: 'memory' };
}

/**
 * Bound to receive, it would be given messages and receipts that others wait for, and they would be lost. Unless the
 * command line asks for it.
 */
function sendingOnly(given: SmppClientOptions, { bindType }: Context['options']): SmppClientOptions {
  if (bindType !== undefined) return given;
  const { receiverHost: _h, receiverPort: _p, receiverSystemId: _s, receiverPassword: _w, ...own } = given;
  return { ...own, bindType: 'transmitter', outbindPort: 0, correlator: NOTHING_KEPT };
}

/** No receipt comes here: to remember each message_id would take memory for nothing. */
const NOTHING_KEPT: Correlator = { put: () => undefined, get: () => [], expire: async () => 0 };

/** Enough that windows are full, and no more: what is begun must end when it is interrupted. */
export function limitOf(
  { windowSize = 10, sessions = 1, maxWaiting = 10_000 }: SmppClientOptions,
  completeWhen: CompleteWhen,
): number {
  // While they wait for receipts they hold no window.
  const wanted = completeWhen === 'delivered' ? 10_000 : 2 * Number(windowSize) * Number(sessions);
  return Math.min(wanted, Number(maxWaiting), 10_000);
}
