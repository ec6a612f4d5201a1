import { inSeconds } from '../../clock';
import type { Log, LogLine } from '../../observability';
import type { SessionFacts } from './events';

/** As one word each. */
const STAGES = {
  connecting: 'connecting',
  listening: 'listening',
  bound: 'bound',
  throttled: 'throttled',
  paused: 'paused',
  disconnected: 'disconnected',
  'tx only': 'tx_only',
  'rx only': 'rx_only',
} as const satisfies Record<SessionFacts['state'], string>;

/**
 * The line about the state of the connection; `session`: the number of the session that was just bound, `away`: for how
 * many milliseconds there was none in its place, where there had been one.
 */
export function logSession(log: Log, state: SessionFacts, session: number | undefined, away?: number): void {
  const { state: name, code, reason, retry_in, bind_type, command_status } = state;
  const host = `${state.host}:${state.port}`;
  const isPort = state.outbind === true && session === undefined && reason === undefined;
  const line = {
    event: 'session',
    stage: isPort ? 'listening' : STAGES[name],
    host,
    session,
    bind_type,
    command_status,
    code,
    reason,
    retry_in,
    duration: away === undefined ? undefined : inSeconds(away),
    ...(state.sessions === 1 ? {} : { bound: state.bound, sessions: state.sessions }),
  } satisfies LogLine;
  if (isPort) log.info(line, `listening on ${host}: the SMSC may connect and ask for a bind`);
  else if (reason && state.outbind && code !== undefined && retry_in === undefined) log.warn(line, reason);
  else if (reason && retry_in !== undefined) log.warn(line, `${reason}; ${nextTry(state)}`);
  else if (reason) log.info(line, `disconnected from ${host}: ${reason}`);
  else if (session !== undefined) log.info(line, `bound to ${host} as ${bind_type}${again(away)}`);
  else if (name === 'connecting') log.debug({ ...line, stage: name }, `connecting to ${host}`);
  else log.info(line, `${host}: ${name}`);
}

/** `, after 61.5 s without`. */
function again(away: number | undefined): string {
  return away === undefined ? '' : `, after ${(away / 1000).toFixed(1)} s without`;
}

function nextTry({ retry_in: retryIn = 0, next_host: host, next_port: port }: SessionFacts): string {
  const where = host === undefined ? '' : ` ${host}:${port}`;
  return retryIn === 0
    ? `trying${where || ' again'} at once`
    : `next try${where && ` at${where}`} in ${retryIn.toFixed(1)} s`;
}
