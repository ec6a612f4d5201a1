/**
 * What outlives a connection: keeping the link up, the road of a message from intake
 * to its outcome, receiving, and the events that tell of it all.
 */
export { SmppClient } from './client';
export type { SessionReport, StatusReport } from './report';
export type { Configuration } from './configuration';
export type { SendOptions } from './sender';
export type { StartOptions } from './upkeep';
export { ConfigError, MessageError, PartError, describeProblem, type Problem } from './errors';
export {
  fromNaz,
  type NazBroker,
  type NazRateLimiter,
  type NazSequence,
  type NazThrottleHandler,
} from './naz';
export type {
  ClientEvents,
  ConnectionState,
  EventHandler,
  EventName,
  FailureEvent,
  FailureFields,
  MessageEvent,
  Outcome,
  QueueEvent,
  ReceiptEvent,
  RequestEvent,
  ResponseEvent,
  SessionEvent,
  ThrottleEvent,
} from './events';
export type { Message } from './message';
export { askedCommand, nazItem } from './naz-items';
export {
  OPTIONS,
  findProblems,
  normalise,
  type Listening,
  type Parts,
  type Settings,
  type SmppClientOptions,
} from './options';
export type { FailoverHost } from './failover-option';
export type { OptionKind } from './option-kinds';
export { accountOf } from './store-part';
export { endpointsOf, typesOf, type Endpoint, type LinkType } from './hosts';
export { DeliveryError, failureFields, failureText, type CompleteWhen } from './outcomes';
export type { DeadLetterList, DeadLetterReport } from './dead-letters';
export {
  PLUGIN_API_VERSION,
  type PluginContext,
  type PluginProducts,
  type PluginType,
  type ResolvePlugin,
  type SmppPlugin,
} from './plugins';
