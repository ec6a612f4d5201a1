/**
 * PDUs as they went over the wire, kept to be looked at: the last ones of a connection in a ring of a fixed size, and
 * those of single messages apart from it. Exported as data, as text, or as a capture for Wireshark.
 *
 * - `recorder`    what is switched on and off; what belongs to a message
 * - `ring`        the last PDUs, in one buffer
 * - `messages`    PDUs of single messages, and `message-recorder`, which finds them
 * - `exporting`   entries, masked, in the form that is wanted
 * - `pcap`        IP and TCP around them
 */
export {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportOptions,
  type RecordedPdu,
  type Recording,
} from './exporting';
export type { LinkEnd, RecordedLink } from './entry';
export { WireRecorder } from './recorder';
export type { RecordedMessage, Recorder, RecorderStatus } from './types';
