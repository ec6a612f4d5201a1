/**
 * What is inside the TLVs of broadcasts, as people write it ⇄ octets: areas, kinds of content, how often (SMPP 5.0
 * section 4.8.4). Pure.
 */
export { decodeBroadcastArea, encodeBroadcastArea, type BroadcastArea, type GeoPoint } from './areas';
export {
  CONTENT_TYPES,
  decodeContentType,
  encodeContentType,
  type BroadcastContentType,
} from './content-type';
export {
  decodeFrequencyInterval,
  encodeFrequencyInterval,
  type BroadcastFrequencyInterval,
} from './frequency-interval';
