/**
 * The server's end of SMPP: listens, lets clients bind as the caller's code says, takes what they submit, delivers to
 * them. On the codec and session that the client has. What a message is for, where it is kept and what becomes of it is
 * the caller's.
 *
 * @packageDocumentation
 */
export { SmppServer, type OutbindOptions, type StopOptions } from './server';
export type { ListenAddress } from './listener';
export type { Authenticate, ServerSettings, SmppServerOptions } from './options';
export type { Answer, CloseCode, CloseReason } from '../session';
export type {
  ServerBindEvent,
  ServerCloseEvent,
  ServerErrorEvent,
  ServerEventName,
  ServerEvents,
  ServerPduEvent,
} from './events';
export type * from './types';
export { pdusOf, type MobileMessage } from './deliver';
export { receiptPdu, type DeliveryReceipt, type ReceiptPdu } from './receipt';
export { ServerConfigError, type Problem } from './errors';
