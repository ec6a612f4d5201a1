/**
 * An SMSC for demos and tests, on the same codec and session as the client: it
 * answers every request, sends receipts and messages of its own, and shows the
 * faults and habits of real SMSCs on demand. Listens on loopback unless told otherwise.
 *
 * @packageDocumentation
 */
export { Smsc } from './smsc';
export type { ListenAddress, OutbindOptions } from '../server';
export type { PhoneAlert } from './alerts';
export type { SmscOptions } from './options';
export type { ReceiptState } from './receipt-states';
export type { DeliverOptions } from './deliver';
export type { UssdOptions, UssdScreen } from './ussd';
export type { MobileMessage } from '../server';
export type {
  BindEvent,
  CloseEvent,
  PduEvent,
  ReceiptEvent,
  RefusedEvent,
  SmscEventName,
  SmscEvents,
  SmscSession,
  SubmitEvent,
} from './events';
export { SmscConfigError, type Problem } from './errors';
export { findRuleProblems, type Rule } from './rules';
