import { secondsSince, type Clock } from '../../clock';
import { BoundedMap } from '../../collections';
import type { Log } from '../../observability';
import {
  HEADER_LENGTH,
  QUEUED,
  commandFacts,
  commandId,
  commandName,
  decodePdu,
  isResponse,
  type CodecOptions,
} from '../../protocol';
import { canReceive, type Session } from '../../session';
import type { Events } from './emitter';
import type { LinkEvent } from './events';
import { linkEvent, unreadableLinkEvent, type LinkPlace, type LinkSigns } from './wire-form';

/** Where a session is, and what it is called. */
export interface SessionAt {
  readonly number: number;
  readonly host: string;
  readonly port: number;
  readonly type: string;
}

export type LinkTrace = (direction: 'in' | 'out', octets: Buffer) => void;

export interface LinkReporterParts {
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
  readonly codec: CodecOptions;
}

/** Told as `message` or `receipt`. */
const MESSAGES = new Set([commandId('deliver_sm'), commandId('data_sm')]);
/** Told as `alert`, where it is one. */
const ALERT = commandId('alert_notification');
/** Told as `request`. */
const REQUESTS = new Set(QUEUED.map((command) => commandId(command)));
/** Requests of one direction whose responses are waited for, at most. */
const MOST_OPEN = 10_000;

/**
 * Tells of every PDU that no other event tells of, as event `link`. Sessions ask {@link isHeard} before they hand out
 * a PDU: without a listener they do nothing.
 */
export class LinkReporter {
  readonly #parts: LinkReporterParts;

  constructor(parts: LinkReporterParts) {
    this.#parts = parts;
  }

  get isHeard(): boolean {
    return this.#parts.events.has('link');
  }

  /** What a session gives every PDU to while {@link isHeard}: in, before it is handled; out, before it is written. */
  trace(session: () => Pick<Session, 'expects' | 'state'>, at: SessionAt): LinkTrace {
    const { clock } = this.#parts;
    const place: LinkPlace = { session: at.number, host: at.host, port: at.port, bind_type: at.type };
    /** When requests passed, by their numbers; monotonic milliseconds. */
    const open = { in: new BoundedMap<number>(MOST_OPEN), out: new BoundedMap<number>(MOST_OPEN) };
    return (direction, octets) => {
      const id = octets.readUInt32BE(4);
      const number = octets.readUInt32BE(12);
      if (!isResponse(id)) {
        const isTold = (direction === 'in' ? MESSAGES : REQUESTS).has(id);
        // The response to a message that comes is told here, that to a request of the queue is not.
        if (!isTold || direction === 'in') open[direction].set(String(number), clock.monotonic());
        const isAlert = id === ALERT && direction === 'in' && canReceive(session().state);
        if (!isTold) this.#tell(octets, { place, direction, duration: undefined }, isAlert);
        return;
      }
      if (direction === 'in' && session().expects(number, id)) return;
      const asked = open[direction === 'in' ? 'out' : 'in'];
      const askedAt = asked.get(String(number));
      asked.delete(String(number));
      const duration = askedAt === undefined ? undefined : secondsSince(clock, askedAt);
      this.#tell(octets, { place, direction, duration });
    };
  }

  /** `isAlert`: one that can be read is told as that. */
  #tell(octets: Buffer, signs: LinkSigns, isAlert = false): void {
    const { events, log } = this.#parts;
    try {
      const event = this.#event(octets, signs);
      if (!isAlert || event.problem !== undefined) void events.emit('link', event);
    } catch (error) {
      // The session goes on whatever it is.
      log.error({ event: 'link', stage: 'failed', err: error }, 'a PDU could not be told');
    }
  }

  #event(octets: Buffer, signs: LinkSigns): LinkEvent {
    const shown = withoutPassword(octets);
    if (!shown) return unreadableLinkEvent(octets, undefined, 'its fields cannot be told apart', signs);
    try {
      return linkEvent(decodePdu(shown, this.#parts.codec), shown, signs);
    } catch (error) {
      return unreadableLinkEvent(octets, shown, (error as Error).message, signs);
    }
  }
}

/**
 * A copy of a PDU in which the password, if it has one, is empty, and command_length accordingly smaller. Undefined:
 * it is to have one, and where that is cannot be told.
 */
export function withoutPassword(octets: Buffer): Buffer | undefined {
  const facts = commandFacts(commandName(octets.readUInt32BE(4)) as string);
  if (!facts?.fieldNames.has('password')) return Buffer.from(octets);
  // system_id and password are the first fields of all binds and of outbind (SMPP 3.4 section 4.1).
  const from = octets.indexOf(0, HEADER_LENGTH) + 1;
  const to = from === 0 ? -1 : octets.indexOf(0, from);
  if (to < 0) return undefined;
  const masked = Buffer.concat([octets.subarray(0, from), octets.subarray(to)]);
  masked.writeUInt32BE(masked.length, 0);
  return masked;
}
