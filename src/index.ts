/**
 * SMS over SMPP: a client that queues, paces, reconnects and matches receipts.
 * Beside it `./protocol` (PDUs), `./text` (characters, long messages, receipts)
 * and `./simulator` (an SMSC) are faces of their own.
 *
 * @packageDocumentation
 */
export * from './client';
export {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportOptions,
  type RecordedMessage,
  type RecordedPdu,
  type Recorder,
  type RecorderStatus,
  type Recording,
} from './recorder';
export {
  DIRECT,
  QUEUED,
  SmppError,
  commandFacts,
  plainCopy,
  type CommandFacts,
  type DirectCommand,
  type QueuedCommand,
} from './protocol';
export {
  AdaptiveThrottleHandler,
  CompositeLimiter,
  SamplingThrottleHandler,
  TokenBucket,
  type AdaptiveOptions,
  type AdjustableLimiter,
  type AsyncThrottleHandler,
  type Awaitable,
  type CompositeLimiterParts,
  type RateLimiter,
  type SamplingOptions,
  type ThrottleCounts,
  type ThrottleHandler,
  type TokenBucketOptions,
} from './flow-control';
export * from './store';
export {
  Metrics,
  createLog,
  maskNumber,
  maskText,
  traceContext,
  FlightRecorder,
  type Collector,
  type FlightRecorderOptions,
  type Histogram,
  type HistogramName,
  type FamilyName,
  type Labels as MetricLabels,
  type ValueName,
  type OpenLogMethod as LogMethod,
  type LogOptions,
  type LogSink,
  type OpenLog as Log,
  type Sink,
  type TraceContext,
} from './observability';
export {
  SequenceCounter,
  connectError,
  lookupError,
  type ConnectOptions,
  type SequenceGenerator,
  type Transport,
  type TransportEnds,
  type TransportHandlers,
} from './session';
export {
  ENCODING_NAMES,
  withoutLineEnd,
  type EncodingName,
  type GivenUdh,
  type TextCodec,
  type UdhFields,
} from './text';
export { systemClock, type Clock } from './clock';
