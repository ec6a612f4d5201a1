/**
 * USSD over SMPP: what gateways differ in, as data, and the TLVs that come of it, as an application and a gateway read
 * and write them.
 */
export { UssdCodec, type UssdPdu, type UssdSession, type UssdSigns } from './codec';
export {
  USSD_DIALECTS,
  type UssdDialect,
  type UssdDialectName,
  type UssdEndFlag,
  type UssdKind,
  type UssdRequestKind,
  type UssdSessionField,
} from './dialects';
export { readUssdDialect, type UssdDialectChanges } from './options';
