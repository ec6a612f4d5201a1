import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { secondsSince, type Clock } from '../../clock';
import { OTHER, withFacts, type Log } from '../../observability';
import {
  BindError,
  Session,
  type ResponseTime,
  type ResponseTimes,
  type SequenceGenerator,
  type SessionHandlers,
  type Transport,
  type TransportEnds,
} from '../../session';
import { INTERFACE_VERSIONS, type SmppError } from '../../protocol';
import { onAbort } from '../../waiting';
import { codecOf } from '../config/codec-options';
import type { Network } from '../config/network';
import { dial } from './dial';
import type { Endpoint, LinkType } from './hosts';
import type { Settings } from '../config/options';
import type { ConnectionCounters } from '../metrics/counters';

/** What sessions are made with. */
export interface OpeningParts {
  readonly settings: Settings;
  readonly type: LinkType;
  readonly credentials: { readonly systemId: string; readonly password: string };
  readonly tls: TlsOptions | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly sequence: (() => SequenceGenerator) | undefined;
  readonly network?: Network | undefined;
  /** How long the SMSC was found to take. */
  readonly responseTimes: ResponseTimes;
  readonly counters: ConnectionCounters | undefined;
  /** Of what comes over a session. */
  readonly handlers: (session: () => Session, place: SessionPlace) => SessionHandlers;
}

/** Where a session is, and what it is called. */
export interface SessionPlace extends Endpoint {
  readonly number: number;
  readonly type: LinkType;
  /** Both ends of its connection, where they are known. */
  readonly ends: TransportEnds | undefined;
}

export interface Opening extends OpeningParts {
  readonly endpoint: Endpoint;
  /** What the log calls the session. */
  readonly number: number;
  /** How long an answer to the bind is waited for. */
  readonly bindTime: ResponseTime;
  /** Counts the tries. */
  readonly turn: number;
  readonly signal: AbortSignal;
  /** The connection, where the SMSC has opened it; absent: it is opened from here. */
  readonly transport?: Transport;
}

/**
 * Connects and binds. `bound` is called while the signal is still watched: whoever aborts it finds the session either
 * way. Rejects as connecting and binding do, or with the signal's reason; then nothing is left open.
 */
export async function openSession(opening: Opening, bound: (session: Session) => void): Promise<void> {
  try {
    await open(opening, bound);
  } catch (error) {
    if (!opening.signal.aborted) countFailure(error, opening.counters);
    throw error;
  }
}

function countFailure(error: unknown, counters: ConnectionCounters | undefined): void {
  if (error instanceof BindError) counters?.bind(error.command_status);
  counters?.connectionFailed((error as Partial<SmppError>).code ?? OTHER);
}

async function open(opening: Opening, bound: (session: Session) => void): Promise<void> {
  const { signal, bindTime, clock } = opening;
  const host = `${opening.endpoint.host}:${opening.endpoint.port}`;
  const { systemId } = opening.credentials;
  const log: Log = withFacts(opening.log, { session: opening.number, host, system_id: systemId });
  const session = await connected({ ...opening, log });
  const off = onAbort(signal, () => session.destroy('destroyed'));
  try {
    const askedAt = clock.monotonic();
    await bind(session, opening);
    opening.counters?.bind('ESME_ROK');
    bindTime.came(askedAt);
    signal.throwIfAborted();
    bound(session);
  } catch (error) {
    // It may only be slow.
    if ((error as Partial<SmppError>).code === 'BIND_TIMEOUT') bindTime.silent();
    session.destroy();
    throw error;
  } finally {
    off();
  }
}

/** With a line when it asks and one when it is answered, or is not to be. */
async function bind(session: Session, opening: Opening): Promise<void> {
  const { type, bindTime, clock } = opening;
  const { log } = session;
  const command = `bind_${type}` as const;
  const since = clock.monotonic();
  log.debug({ event: 'bind', stage: 'start', command }, `asking ${session.peer} for a bind as ${type}`);
  try {
    const { sequence_number } = await session.bind(command, bindFields(opening), bindTime.timeout);
    const facts = {
      command,
      sequence_number,
      command_status: 'ESME_ROK',
      duration: secondsSince(clock, since),
    };
    log.debug({ event: 'bind', stage: 'end', ...facts }, 'the bind is accepted');
  } catch (error) {
    const { code, command_status, message } = error as SmppError & { command_status?: string };
    const facts = { command, code, command_status, duration: secondsSince(clock, since) };
    log.debug({ event: 'bind', stage: 'end', ...facts }, message);
    throw error;
  }
}

async function dialled(opening: Opening): Promise<Transport> {
  const { settings, endpoint, turn, signal, tls, clock, log, network, type } = opening;
  const since = clock.monotonic();
  const where = `${endpoint.host}:${endpoint.port}`;
  log.debug({ event: 'connect', stage: 'start', bind_type: type }, `opening a connection to ${where}`);
  try {
    const transport = await dial({
      ...endpoint,
      tls: settings.useTls ? (tls ?? {}) : undefined,
      localAddress: settings.localAddress || undefined,
      timeout: settings.connectTimeout,
      turn,
      network,
      clock,
      signal,
    });
    log.debug(
      { event: 'connect', stage: 'end', duration: secondsSince(clock, since) },
      `connected to ${transport.peer}`,
    );
    return transport;
  } catch (error) {
    const { code, message } = error as SmppError;
    const facts = { code, reason: message, duration: secondsSince(clock, since) };
    log.debug({ event: 'connect', stage: 'end', ...facts }, message);
    throw error;
  }
}

async function connected(opening: Opening): Promise<Session> {
  const { settings, endpoint, number, type, signal, clock, log, sequence, handlers } = opening;
  // One that is a user's may fail: nothing is open yet.
  const numbers = sequence?.();
  const transport = opening.transport ?? (await dialled(opening));
  if (signal.aborted) transport.destroy();
  signal.throwIfAborted();
  const session: Session = new Session({
    role: 'esme',
    transport,
    handlers: handlers(() => session, { ...endpoint, number, type, ends: transport.ends }),
    clock,
    log,
    windowSize: settings.windowSize,
    responseTimeout: settings.responseTimeout,
    responseTimes: opening.responseTimes,
    enquireLinkInterval: settings.enquireLinkInterval,
    inactivityTimeout: settings.inactivityTimeout,
    maxPduLength: settings.maxPduLength,
    assumeTlvs: settings.assumeTlvs,
    interfaceVersion: INTERFACE_VERSIONS[settings.interfaceVersion],
    meter: opening.counters,
    ...codecOf(settings),
    ...(numbers ? { sequence: numbers } : {}),
  });
  return session;
}

function bindFields({ settings, credentials }: Opening): Record<string, unknown> {
  return {
    system_id: credentials.systemId,
    password: credentials.password,
    system_type: settings.systemType,
    interface_version: INTERFACE_VERSIONS[settings.interfaceVersion],
    addr_ton: settings.addressRangeTon,
    addr_npi: settings.addressRangeNpi,
    address_range: settings.addressRange,
  };
}
