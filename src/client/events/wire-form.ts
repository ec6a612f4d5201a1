import { traceFacts, type TraceContext } from '../../observability';
import { commandName, decodeHeader, plainCopy, statusCode, statusName, type Pdu } from '../../protocol';
import type { CorrelationEntry, QueueItem } from '../../store';
import type { Receipt, UdhFields } from '../../text';
import type { DirectRequest } from '../message/requests';
import type {
  ClientEvents,
  LinkEvent,
  QualityEvent,
  MessageEvent,
  ReceiptEvent,
  RequestEvent,
  ResponseEvent,
} from './events';
import { broadcastFields } from './broadcast-form';
import type { EventBase } from './event-base';
import type { ReceiptReport } from './outcome';
import { unsuccessOf } from './unsuccess-form';

/*
 * Everything that leaves the client has one form: fields by their snake_case names, `payload` and `topic` beside them.
 * It is made here, that of outcomes in outcome-form.ts, of alerts in alert-form.ts, and nowhere else, from the camelCase of queue items, correlation entries and requests.
 */

/** What a message is known by, wherever the client keeps it. */
export interface Labelled {
  readonly id?: string;
  readonly correlationId?: string | undefined;
  readonly metadata?: unknown;
  readonly msgid?: string | undefined;
  readonly trace?: TraceContext | undefined;
  readonly session?: string | undefined;
}

/** What a message is known by, in whatever is told of it. */
export type Labels = Omit<EventBase, 'payload' | 'topic'>;

/** Adds what a message is known by to what is told of it; of the metadata a copy, for the queue keeps its own. */
export function labelled<T extends object>(told: T, source: Labelled): T & Labels {
  const into: T & Labels = told;
  if (source.id !== undefined) into.id = source.id;
  if (source.correlationId !== undefined) into.correlation_id = source.correlationId;
  if (source.metadata !== undefined) into.metadata = plainCopy(source.metadata);
  if (source.msgid !== undefined) into.msgid = source.msgid;
  if (source.trace !== undefined) into.traceparent = source.trace.traceparent;
  if (source.trace?.tracestate !== undefined) into.tracestate = source.trace.tracestate;
  if (source.session !== undefined) into.session_id = source.session;
  return into;
}

/** The same in a line of the log, which shows no metadata; the segment counts from 1. */
export function logFacts(
  of: Pick<Labelled, 'id' | 'correlationId' | 'trace'> & {
    readonly command: string;
    readonly destination: string;
  },
  segment?: number,
  segments = 1,
): {
  command: string;
  id: string | undefined;
  correlation_id: string | undefined;
  destination: string;
  segment?: number;
  segments?: number;
  trace_id?: string;
  span_id?: string;
} {
  const { command, id, correlationId, destination, trace } = of;
  const labels = { command, id, correlation_id: correlationId, destination };
  const facts = trace ? { ...labels, ...traceFacts(trace) } : labels;
  return segment === undefined || segments === 1 ? facts : { ...facts, segment: segment + 1, segments };
}

// --- PDUs ---

/** A PDU's fields by their specification names. */
export interface ShownPdu {
  command: string;
  command_status: string;
  command_status_code: number;
  sequence_number: number;
  tlvs: Record<string, unknown>;
  [field: string]: unknown;
}

/**
 * A PDU as an event shows it: status by name and by number, and nothing but plain objects, all of them copies. What
 * an event has beside that is set on it afterwards: to spread what {@link decodePdu} gives takes 20 times as long.
 */
export function pduFields(pdu: Pdu, fields = {} as ShownPdu): ShownPdu {
  const from = pdu as unknown as Readonly<Record<string, unknown>>;
  for (const name in from) {
    const value = from[name];
    fields[name] = typeof value === 'object' ? plainCopy(value) : value;
  }
  fields.command_status = statusName(pdu.command_status);
  fields.command_status_code = pdu.command_status;
  return fields;
}

/**
 * Makes a plain object, empty, with room for the properties of a receipt: V8 makes it for as many as are assigned in the
 * constructor. `{}` has room for four, and is copied again and again while it grows, which takes half the time.
 */
const Roomy = function (this: Record<string, unknown>, fill: boolean): void {
  if (!fill) return;
  this['a'] = this['b'] = this['c'] = this['d'] = this['e'] = this['f'] = this['g'] = this['h'] = undefined;
  this['i'] = this['j'] = this['k'] = this['l'] = this['m'] = this['n'] = this['o'] = this['p'] = undefined;
  this['q'] = this['r'] = this['s'] = this['t'] = this['u'] = this['v'] = this['w'] = this['x'] = undefined;
  this['y'] = this['z'] = this['A'] = this['B'] = this['C'] = this['D'] = this['E'] = this['F'] = undefined;
} as unknown as new (fill: boolean) => ShownPdu;
Roomy.prototype = Object.prototype;

/** A status by its name, and its number beside it where it has one; nothing where there is no status. */
export function statusFields(name: string | undefined): {
  command_status?: string;
  command_status_code?: number;
} {
  if (name === undefined) return {};
  const code = statusCode(name);
  return code === undefined ? { command_status: name } : { command_status: name, command_status_code: code };
}

/** What the SMSC said to a refusal in words, where it did. */
export function infoField(info: string | undefined): { additional_status_info_text?: string } {
  return info === undefined ? {} : { additional_status_info_text: info };
}

/** The message_id of a response; empty where it has none. */
export function messageIdOf(pdu: Pdu): string {
  return 'message_id' in pdu && typeof pdu.message_id === 'string' ? pdu.message_id : '';
}

/** One segment of a message, as it is on the wire. */
interface OnWire {
  readonly item: QueueItem;
  /** From 0. */
  readonly segment: number;
  readonly redelivered: boolean;
  readonly pdu: Pdu;
  readonly octets: Buffer;
}

export function requestEvent(sent: OnWire): RequestEvent {
  return eventOnWire(sent, 'request', pduFields(sent.pdu));
}

/** `duration`: seconds from writing the request. */
export function responseEvent(answer: OnWire, duration: number, late: boolean): ResponseEvent {
  const event: ResponseEvent = eventOnWire(answer, 'response', statusName(answer.pdu.command_status));
  event.duration = duration;
  if (late) event.late = true;
  const refused = unsuccessOf(answer.pdu);
  if (refused) event.unsuccess_sme = refused;
  return event;
}

function eventOnWire<E extends 'request' | 'response', P>(on: OnWire, name: E, payload: P) {
  const event = pduFields(on.pdu) as ShownPdu &
    EventBase & { event: E; payload: P; segment: number; segments: number };
  event.event = name;
  event.payload = payload;
  event.topic = on.item.destination;
  event.segment = on.segment;
  event.segments = on.item.segments.length;
  event['redelivered'] = on.redelivered;
  if (name === 'response') Object.assign(event, broadcastFields(on.pdu));
  event['pdu'] = on.octets;
  return labelled(event, on.item);
}

/** What a message that came in was found to be. */
interface MessageSigns {
  readonly payload: string | Buffer;
  readonly type: string;
  /** Of how many parts it is, and which of them did not come. */
  readonly segments: number;
  readonly missing: readonly number[];
  /** Why it cannot be read. */
  readonly problem: string | undefined;
  readonly flaws: readonly string[];
  readonly udh: UdhFields | undefined;
}

/** From the fields of its first or only PDU, which become the event. */
export function messageEvent(fields: ShownPdu, signs: MessageSigns): MessageEvent {
  const { payload, type, segments, missing, problem, flaws, udh } = signs;
  const event = fields as MessageEvent;
  event.event = 'message';
  event.payload = payload;
  event.topic = String(fields['source_addr']);
  event.message_type = type;
  event.segments = segments;
  if (udh) event.udh = udh;
  if (missing.length > 0) event.incomplete = true;
  if (missing.length > 0) event.missing = missing;
  if (problem !== undefined) event.problem = problem;
  if (flaws.length > 0) event.flaws = [...(event.flaws ?? []), ...flaws];
  return event;
}

/** Octets that were to be a message, but are no PDU. */
export function malformedEvent(command: string, octets: Buffer, problem: string): MessageEvent {
  const { command_status: code, sequence_number } = decodeHeader(octets);
  return {
    command,
    command_status: statusName(code),
    command_status_code: code,
    sequence_number,
    tlvs: {},
    event: 'message',
    payload: octets,
    topic: '',
    message_type: 'malformed',
    segments: 1,
    problem,
    pdu: octets,
  };
}

/** What a receipt was found to be. */
interface ReceiptSigns {
  /** Of which message, where that is known. */
  readonly entry: CorrelationEntry | undefined;
  readonly duplicate: boolean;
  readonly type: ReceiptEvent['message_type'];
  /** Where it comes from: the recipient of the message. */
  readonly topic: string;
  /** Of a message to several: whose receipt it is. */
  readonly address: string | undefined;
}

/** `receipt` becomes the payload. */
export function receiptEvent(pdu: Pdu, octets: Buffer, receipt: Receipt, signs: ReceiptSigns): ReceiptEvent {
  const { entry, duplicate, type, topic, address } = signs;
  const event = pduFields(pdu, new Roomy(false)) as ReceiptEvent;
  const payload: ReceiptReport = receipt;
  for (const name in payload) event[name] = payload[name as keyof ReceiptReport];
  if (duplicate) event.duplicate = payload.duplicate = true;
  if (address !== undefined) event.address = payload.address = address;
  if (pdu.flaws) event.flaws = [...pdu.flaws, ...(receipt.flaws ?? [])];
  event.message_id = receipt.message_id ?? '';
  event.event = 'receipt';
  event.payload = payload;
  event.topic = topic;
  event.message_type = type;
  event.matched = entry !== undefined;
  event.pdu = octets;
  if (!entry) return event;
  event.segment = entry.segment;
  event.segments = entry.segments;
  return labelled(event, entry);
}

/** The answer to a query, cancel or replace. */
export interface DirectResponse {
  readonly request: DirectRequest;
  readonly response: Pdu;
  readonly msgid: string | undefined;
  /** It came after its time-out. */
  readonly late?: true;
}

export function directResponseEvent({ request, response, msgid, late }: DirectResponse): ResponseEvent {
  const fields = pduFields(response);
  const { correlationId, metadata, trace, destination: topic } = request;
  const event: ResponseEvent = { ...fields, event: 'response', payload: fields.command_status, topic };
  Object.assign(event, broadcastFields(response));
  if (late) event.late = true;
  return labelled(event, { correlationId, metadata, msgid, trace });
}

export interface LinkPlace {
  readonly session: number;
  readonly host: string;
  readonly port: number;
  readonly bind_type: string;
}

export interface LinkSigns {
  readonly place: LinkPlace;
  readonly direction: 'in' | 'out';
  /** Seconds. */
  readonly duration: number | undefined;
}

/** Of a PDU without its password. */
export function linkEvent(pdu: Pdu, octets: Buffer, signs: LinkSigns): LinkEvent {
  const event = pduFields(pdu);
  const payload = pduFields(pdu);
  delete event['password'];
  delete payload['password'];
  return linked(event, payload, octets, signs);
}

/** Of octets that are no PDU as far as this codec knows. */
export function unreadableLinkEvent(
  octets: Buffer,
  shown: Buffer | undefined,
  problem: string,
  signs: LinkSigns,
): LinkEvent {
  const { command_id, command_status: code, sequence_number } = decodeHeader(octets);
  const command_status = statusName(code);
  const header = { command: commandName(command_id), command_status, command_status_code: code };
  const fields: ShownPdu = { ...header, sequence_number, tlvs: {} };
  const event = linked({ ...fields }, { ...fields, tlvs: {} }, shown, signs);
  event.problem = problem;
  return event;
}

function linked(
  fields: ShownPdu,
  payload: ShownPdu,
  octets: Buffer | undefined,
  signs: LinkSigns,
): LinkEvent {
  const { place, direction, duration } = signs;
  const event = Object.assign(fields, place) as LinkEvent;
  event.event = 'link';
  event.direction = direction;
  if (duration !== undefined) event.duration = duration;
  event.payload = payload;
  event.topic = '';
  if (octets) event.pdu = octets;
  return event;
}

/** How well messages to a prefix arrive. */
export function qualityEvent(facts: Omit<QualityEvent, keyof EventBase | 'event'>): QualityEvent {
  return { ...facts, event: 'quality', payload: { ...facts }, topic: facts.prefix };
}

// --- states ---

type StateName = 'session' | 'throttle' | 'queue';

/** How the connection, sending or the queue is now; it belongs to no message. */
export function stateEvent<E extends StateName>(
  event: E,
  state: Omit<ClientEvents[E], keyof EventBase | 'event'>,
): ClientEvents[E] {
  return { ...state, event, payload: { ...state }, topic: '' } as unknown as ClientEvents[E];
}
