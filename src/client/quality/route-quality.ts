import { steadyTime, type Clock, type TimerHandle } from '../../clock';
import type { Collector, Sink } from '../../observability';
import type { CorrelationEntry } from '../../store';
import type { Settings } from '../config/options';
import type { Events } from '../events/emitter';
import { qualityEvent } from '../events/wire-form';
import { PrefixTable, type PrefixReport } from './prefix-table';

export interface RouteQualityParts {
  readonly settings: Pick<Settings, 'qualityPrefixLengths' | 'qualityWindow' | 'qualityInterval'>;
  readonly events: Pick<Events, 'has' | 'emit'>;
  readonly clock: Clock;
  /** Whether metrics are taken of the client. */
  readonly isExposed: boolean;
}

/**
 * How well messages arrive, by the first digits of their recipients: as event `quality`, every interval in which
 * something was counted, and as metrics. Nothing is counted while nobody listens and there are no metrics.
 */
export class RouteQuality implements Collector {
  readonly #parts: RouteQualityParts;
  readonly #tables: readonly PrefixTable[];
  #timer: TimerHandle;

  constructor(parts: RouteQualityParts) {
    const { qualityPrefixLengths: lengths, qualityWindow: window } = parts.settings;
    this.#parts = parts;
    this.#tables = lengths.map((length) => new PrefixTable(length, window));
  }

  /** A segment was accepted. */
  accepted({ destination, receiptRequested }: CorrelationEntry): void {
    if (!this.#isOn || receiptRequested === false) return;
    const now = this.#now();
    // One to several counts once for each; a distribution list has no prefix.
    for (const table of this.#tables) for (const one of destination.split(',')) table.accepted(one, now);
  }

  /** A final receipt was told, the first one for this segment; `address`: of one to several, whose. */
  receipt({ destination, acceptedAt }: CorrelationEntry, state: string, address = destination): void {
    if (!this.#isOn) return;
    const now = this.#now();
    const seconds = Math.max(0, steadyTime(this.#parts.clock).since(acceptedAt)) / 1000;
    for (const table of this.#tables) table.receipt(address, state, seconds, now);
  }

  collect(sink: Sink): void {
    const now = this.#parts.clock.monotonic();
    for (const table of this.#tables) for (const report of table.reports(now)) collectReport(sink, report);
  }

  stop(): void {
    this.#parts.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const table of this.#tables) table.clear();
  }

  get #isOn(): boolean {
    return this.#tables.length > 0 && (this.#parts.isExposed || this.#parts.events.has('quality'));
  }

  #now(): number {
    const { clock, settings } = this.#parts;
    this.#timer ??= clock.setTimeout(() => this.#tell(), settings.qualityInterval);
    return clock.monotonic();
  }

  #tell(): void {
    const { clock, events, settings } = this.#parts;
    this.#timer = undefined;
    if (!this.#isOn) return this.stop();
    const now = clock.monotonic();
    const window = settings.qualityWindow / 1000;
    const news = this.#tables.flatMap((table) => [...table.news(now)]);
    for (const report of news) void events.emit('quality', qualityEvent({ ...report, window }));
    if (this.#tables.some(({ size }) => size > 0)) this.#now();
  }
}

function collectReport(sink: Sink, report: PrefixReport): void {
  const { prefix, prefix_length, accepted, states, delivered_share: share } = report;
  const labels = { prefix, prefix_length: String(prefix_length) };
  sink.value('smpp_route_accepted_segments', accepted, labels);
  for (const [state, count] of Object.entries(states))
    sink.value('smpp_route_receipts', count, { ...labels, state });
  if (share === undefined) return;
  sink.value('smpp_route_delivered_ratio', share, labels);
  const { receipt_seconds_median: median = 0, receipt_seconds_p95: p95 = 0 } = report;
  // Prometheus keeps the label "quantile" to summaries.
  for (const [q, seconds] of Object.entries({ '0.5': median, '0.95': p95 }))
    sink.value('smpp_route_receipt_delay_quantile_seconds', seconds, { ...labels, q });
}
