/**
 * What outlives a connection: keeping the link up, sending a message, from intake
 * to its outcome, receiving, and the events that tell of it all.
 *
 * - `config`      the options, their checks and defaults; what may change while running
 * - `metrics`     what is counted on the way, for Prometheus
 * - `message`     a message as it is given: checked, encoded, cut into segments
 * - `plugins`     what a user brings: kinds, shapes, guards, adapters for naz
 * - `events`      what is told, in one wire form, and the reporter
 * - `connection`  sessions that are kept up: hosts, dialling, binding
 * - `outbound`    the road of a message: dispatcher, a sender for each session, settlement, outcome
 * - `ussd`        dialogues: tracked, kept in the store, answered in turn
 * - `inbound`     deliver_sm, receipts and their messages, acknowledgement
 */
export { SmppClient } from './client';
export type { HealthProblem, HealthReport } from './health';
export type { OutbindReport, SessionReport, StatusReport } from './report';
export type { Configuration } from './config/configuration';
export type { SendOptions, WaitOptions } from './outbound/completion';
export { MessageStream, type IncomingName, type MessagesOptions } from './inbound/message-stream';
export type { StartOptions } from './connection/connection-manager';
export { ConfigError, MessageError, PartError, describeProblem, type Problem } from './config/errors';
export {
  fromNaz,
  type NazBroker,
  type NazRateLimiter,
  type NazSequence,
  type NazThrottleHandler,
} from './plugins/naz';
export { EVENT_NAMES } from './events/events';
export type { AckFields, EventBase } from './events/event-base';
export type {
  AlertEvent,
  AlertReport,
  ClientEvents,
  ConnectionState,
  EventHandler,
  EventName,
  FailureEvent,
  ListenOptions,
  MessageEvent,
  LinkEvent,
  PduFields,
  QualityEvent,
  QueueEvent,
  ReceiptEvent,
  RequestEvent,
  ResponseEvent,
  SessionEvent,
  ThrottleEvent,
  UssdEvent,
} from './events/events';
export type { FailedBroadcastArea } from './events/broadcast-form';
export type { FailureFields, MessageStatus, Outcome, ReceiptReport, SegmentStatus } from './events/outcome';
export type { UnsuccessReport } from './events/unsuccess-form';
export type { Message, MessageDestination } from './message/message';
export { askedCommand, nazItem } from './message/naz-items';
export {
  OPTIONS,
  SECRET_OPTIONS,
  type Listening,
  type SecretOption,
  type Settings,
  type Values,
} from './config/options';
export type { Network } from './config/network';
export { findProblems, normalise } from './plugins/normalise';
export type { Parts, SmppClientOptions } from './plugins/client-options';
export type { SourcePrefix } from './config/source-prefixes';
export type { FailoverHost } from './config/structured-kinds';
export type { StatusPolicy, StatusTreatment } from './config/status-policy';
export type { OptionKind } from './config/option-kinds';
export { accountOf } from './plugins/store-part';
export { endpointsOf, typesOf, type Endpoint, type LinkType } from './connection/hosts';
export type { Labels } from './events/wire-form';
export type { ShownRecord } from './events/record-form';
export { DeliveryError, failureEvent, type FailedMessage, type FailedOutcome } from './events/outcome-form';
export type { CompleteWhen } from './outbound/outcomes';
export type { DeadLetterList, DeadLetterReport, Replayed } from './outbound/dead-letters';
export {
  PLUGIN_API_VERSION,
  type PluginContext,
  type PluginProducts,
  type PluginType,
  type ResolvePlugin,
  type SmppPlugin,
} from './plugins/plugins';
