import { commandFacts, decodeBroadcastArea, statusName, type BroadcastArea } from '../../protocol';
import { smppTimeToIso, stateOf } from '../../text';

/** An area that a broadcast does not reach, and why, where the SMSC says it. */
export type FailedBroadcastArea = BroadcastArea & {
  /** The status, by name. */
  broadcast_error_status?: string;
  /** The same as a number. */
  broadcast_error_status_code?: number;
};

/** An area of a broadcast that was asked about. */
export type BroadcastAreaProgress = BroadcastArea & {
  /** In how much of it the message was broadcast, in percent; absent: the SMSC does not know. */
  success?: number;
};

/** What a response says of a broadcast, in words; SMPP 5.0 sections 4.4.1.2 and 4.6.1.3. */
export interface BroadcastFields {
  /** Of broadcast_sm: the areas that it does not reach, absent where it reaches all. */
  failed_broadcast_area_identifier?: FailedBroadcastArea[];
  /** Of query_broadcast_sm: every area. */
  areas?: BroadcastAreaProgress[];
  /** Of query_broadcast_sm: how it stands, as a receipt would call it. */
  state?: string;
  /** Whether that is how it ended. */
  final?: boolean;
  /** The number of that. */
  message_state?: number;
  /** When it ends or ended, ISO 8601; as the SMSC wrote it where that is no time. */
  broadcast_end_time?: string;
  /** The number that the client gave it by. */
  user_message_reference?: number;
}

/** As much of a PDU as is looked at. */
interface Response {
  readonly command: string;
  readonly tlvs: Readonly<Record<string, unknown>>;
}

/** 5.0 section 4.8.4.5: above that it is not known. */
const WHOLE = 100;

/** Nothing where the PDU is no response about a broadcast. */
export function broadcastFields(response: Response): BroadcastFields | undefined {
  if (response.command === 'broadcast_sm_resp') return failedAreas(response.tlvs);
  return response.command === 'query_broadcast_sm_resp' ? progress(response.tlvs) : undefined;
}

/** What of a request failed although, or since, it was answered so; undefined: nothing is said of that. */
export function partialFailure(response: Response): Readonly<Record<string, unknown>> | undefined {
  const { failed_broadcast_area_identifier: failed } = failedAreas(response.tlvs);
  return failed && { failed_broadcast_area_identifier: failed };
}

const ONLY_PARTS = commandFacts('broadcast_sm_resp').id;

/** Whether a response with that command_id may say so. */
export const mayBePartial = (commandId: number): boolean => commandId === ONLY_PARTS;

/** As many statuses as areas; where there is one, it is that of all. */
function failedAreas({
  broadcast_area_identifier,
  broadcast_error_status,
}: Response['tlvs']): BroadcastFields {
  const areas = listOf(broadcast_area_identifier).map(areaOf);
  const statuses = listOf(broadcast_error_status);
  if (areas.length === 0 && statuses.length === 0) return {};
  const failed = areas.map((area, at): FailedBroadcastArea => {
    const code = statuses.length === 1 ? statuses[0] : statuses[at];
    if (typeof code !== 'number') return area;
    return { ...area, broadcast_error_status: statusName(code), broadcast_error_status_code: code };
  });
  return { failed_broadcast_area_identifier: failed };
}

function progress(tlvs: Response['tlvs']): BroadcastFields {
  const { message_state, broadcast_end_time, user_message_reference } = tlvs;
  const successes = listOf(tlvs['broadcast_area_success']);
  const areas = listOf(tlvs['broadcast_area_identifier']).map((octets, at): BroadcastAreaProgress => {
    const success = successes[at];
    const isKnown = typeof success === 'number' && success <= WHOLE;
    return isKnown ? { ...areaOf(octets), success } : areaOf(octets);
  });
  const fields: BroadcastFields = { areas };
  if (typeof message_state === 'number') {
    const { state, final } = stateOf(String(message_state));
    fields.state = state;
    fields.final = final;
    fields.message_state = message_state;
  }
  if (typeof broadcast_end_time === 'string') {
    const time = broadcast_end_time.replace(/\0$/, '');
    fields.broadcast_end_time = smppTimeToIso(time) ?? time;
  }
  if (typeof user_message_reference === 'number') fields.user_message_reference = user_message_reference;
  return fields;
}

const listOf = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** A copy: what a PDU's octets are a view of is not kept. */
const areaOf = (octets: unknown): BroadcastArea =>
  decodeBroadcastArea(Buffer.from(octets instanceof Uint8Array ? octets : []));
