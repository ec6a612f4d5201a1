import type { Collector, Sink } from '../observability';
import type { Events } from './events/emitter';
import type { ConnectionState } from './events/events';
import { connectionName } from './config/connection-name';
import type { Settings } from './config/options';
import type { Connected, StatusReport, StatusReporter } from './report';
import type { OpenParts } from './plugins/parts';
import type { Receiving } from './inbound/receiving';

const STATES: Readonly<Record<ConnectionState, true>> = {
  disconnected: true,
  connecting: true,
  listening: true,
  bound: true,
  'tx only': true,
  'rx only': true,
  throttled: true,
  paused: true,
};
/** Milliseconds for which the counts of a queue hold, however many scrape, and that one scrape waits for new ones. */
const HOLDS = 2000;
const WAITS = 1000;

export interface GaugeParts extends Pick<OpenParts, 'clock' | 'counters' | 'metrics'> {
  readonly settings: Settings;
  /** What kind the queue is of. */
  readonly backend: string;
  readonly status: StatusReporter;
  readonly receiving: Pick<Receiving, 'unanswered' | 'incomplete'>;
  readonly quality: Collector;
  readonly events: Pick<Events, 'on'>;
  /** Whether the SMSC has asked for less, and sending pauses for it. */
  readonly isThrottled: () => boolean;
  readonly connected: () => Connected;
  /** Whether all is bound that is to be; of a pair both halves. */
  readonly isUp: () => boolean;
  /** Whether it is to be connected. */
  readonly isWanted: () => boolean;
}

/** Lets the client be seen in its metrics, where it has any; what it returns takes it away again. */
export function expose(parts: GaugeParts): () => void {
  const { metrics, counters, settings } = parts;
  if (!metrics || !counters) return () => undefined;
  const endPause = countPauses(parts);
  parts.events.on('failure', ({ code }) => counters.failed(code));
  const name = connectionName(settings);
  const detach = [new ClientGauges(parts), parts.quality].map((one) => metrics.attach(name, one));
  return () => {
    endPause();
    for (const off of detach) off();
  };
}

/** What it returns ends the one that goes on. */
function countPauses({ events, clock, counters }: GaugeParts): () => void {
  let since: number | undefined;
  const end = (): void => {
    if (since !== undefined) counters?.paused(clock.monotonic() - since);
    since = undefined;
  };
  events.on('throttle', ({ state }) => {
    if (state === 'congested' || state === 'relieved') return;
    end();
    if (state !== 'throttled') return;
    since = clock.monotonic();
    counters?.throttled();
  });
  return end;
}

/** How a client is at the moment of a scrape. The queue is asked, but not waited for if its server is away. */
class ClientGauges implements Collector {
  readonly #parts: GaugeParts;

  constructor(parts: GaugeParts) {
    this.#parts = parts;
  }

  async collect(sink: Sink): Promise<void> {
    const { status, connected } = this.#parts;
    const report = await status.recent(connected(), { holds: HOLDS, waits: WAITS });
    this.#connection(sink, report);
    this.#queue(sink, report);
    this.#rate(sink, report);
    const { unanswered, incomplete } = this.#parts.receiving;
    sink.value('smpp_unanswered_requests', unanswered);
    sink.value('smpp_reassembly_waiting_messages', incomplete);
  }

  #connection(sink: Sink, { state, sessions, host, port }: StatusReport): void {
    const { settings, backend } = this.#parts;
    const { bindType } = settings;
    sink.value('smpp_connection_info', 1, { host: `${host}:${port}`, bind_type: bindType, backend });
    for (const one of Object.keys(STATES))
      sink.value('smpp_connection_state', Number(one === state), { state: one.replace(' ', '_') });
    sink.value('smpp_connection_up', Number(this.#parts.isUp()));
    sink.value('smpp_connection_wanted', Number(this.#parts.isWanted()));
    for (const { bind_type, state: own, window_size = 0, in_flight, congestion_state } of sessions) {
      if (congestion_state !== undefined) sink.value('smpp_congestion_state_percent', congestion_state);
      sink.value('smpp_sessions_configured', 1, { bind_type });
      sink.value('smpp_sessions_bound', Number(own === 'bound'), { bind_type });
      sink.value('smpp_window_slots', window_size);
      sink.value('smpp_window_used', in_flight);
    }
  }

  #queue(sink: Sink, report: StatusReport): void {
    const { settings, backend, status } = this.#parts;
    sink.value('smpp_queue_available', Number(report.queue_state === 'available'), { backend });
    const { counted } = status;
    if (!counted) return;
    const { queued, delayed, in_flight, oldest_age } = report;
    for (const [state, messages] of Object.entries({ queued: queued - delayed, delayed, in_flight }))
      sink.value('smpp_queue_messages', Math.max(0, messages), { backend, state });
    sink.value('smpp_queue_oldest_message_age_seconds', oldest_age, { backend });
    sink.value('smpp_queue_count_age_seconds', counted.age / 1000, { backend });
    if (counted.deadLetters !== undefined) sink.value('smpp_dead_letters', counted.deadLetters, { backend });
    const { queueCapacity: capacity } = settings;
    if (capacity > 0) sink.value('smpp_queue_capacity_messages', capacity, { backend });
  }

  #rate(sink: Sink, { send_rate, allowed_rate, rate }: StatusReport): void {
    sink.value('smpp_rate_limit_segments_per_second', send_rate || Infinity);
    sink.value('smpp_rate_allowed_segments_per_second', allowed_rate || Infinity);
    sink.value('smpp_rate_effective_segments_per_second', rate);
    sink.value('smpp_throttled', Number(this.#parts.isThrottled()));
  }
}
