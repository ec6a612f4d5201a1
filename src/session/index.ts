/**
 * One connection to a peer: transport, bind, states, the window that matches
 * requests to responses, and timers. Lives as long as the link; what outlives a
 * link is the client's.
 */
export {
  connect,
  SocketTransport,
  type ConnectOptions,
  type Transport,
  type TransportEnds,
  type TransportHandlers,
} from './transport';
export { connectError, lookupError } from './connect-error';
export { PortListener, type ListenAddress, type PortListenerOptions } from './port-listener';
export { findTlsProblems, findTlsWarnings, type TlsProblem } from './tls-options';
export { BindError, itSays, refusalOf, saysNoSession, type CloseCode, type CloseReason } from './reasons';
export type { Evidence } from './core';
export { ResponseTime, responseTimes, type ResponseTimeChange, type ResponseTimes } from './response-time';
export { SequenceCounter, type SequenceGenerator } from './sequence';
export type {
  Answer,
  Later,
  OutboundRequest,
  SessionHandlers,
  SessionMeter,
  SessionOptions,
} from './options';
export { isLoss } from './outbound';
export type { RequestHandler, RequestHooks, ResponseView } from './response-view';
export { Session } from './session';
export {
  canReceive,
  canSubmit,
  isBindCommand,
  isBound,
  mayIssue,
  stateAfterBind,
  type BindCommand,
  type Role,
  type SessionState,
} from './states';
