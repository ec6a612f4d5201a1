/**
 * What an operator sees of the engine: one structured log line per event. May be
 * imported by every room.
 */
export { createLog, redactedLog, silentLog, withFacts, type LogOptions, type LogSink } from './log';
export { maskNumber } from './masks';
export { quoting } from './quoting';
export { FlightRecorder, type FlightRecorderOptions } from './flight-recorder';
export { LogFile, standardStream } from './targets';
export { openLog, type Log, type OpenLog, type OpenLogMethod } from './levels';
export type { LogLine } from './catalogue';
export { traceContext, traceFacts, type TraceContext } from './trace-context';
export { maskText } from './mask-text';
export { collapseRepeats, type CollapsedLog } from './repeats';
export { guarded, isThenable, promiseOf } from './callback';
export { Emitter } from './emitter';
export { LogRateLimiter } from './log-rate-limiter';
export {
  Counts,
  DELIVERY,
  FAMILIES,
  Histogram,
  Metrics,
  OTHER,
  ROUND_TRIP,
  type Collector,
  type FamilyName,
  type HistogramName,
  type Labels,
  type Sink,
  type ValueName,
} from './metrics';
