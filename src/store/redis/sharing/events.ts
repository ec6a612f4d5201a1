import { CALM, EVENTS, RATE_CHANGED } from '../connection/keys';
import type { RedisCalls } from '../connection/calls';

/** One entry of the stream: `fields` are names and values in turn. */
export interface StreamEntry {
  readonly id: string;
  readonly fields: ReadonlyMap<string, Buffer>;
}

/** What the stream of events tells, apart from wake-ups of the queue. */
export interface EventHandlers {
  /** Another instance was throttled. */
  calm(seconds: number): void;
  /** The common rate may be another. */
  rateChanged(): void;
}

/** What {@link CALM} says, unless it says nothing that can be understood. */
export function readCalm(value: Buffer): { seconds: number; by: string } | undefined {
  const text = value.toString();
  const space = text.indexOf(' ');
  const seconds = Number(text.slice(0, Math.max(0, space)));
  if (space < 1 || !(seconds >= 0 && seconds < Infinity)) return undefined;
  return { seconds, by: text.slice(space + 1) };
}

export const writeCalm = (seconds: number, by: string): string => `${seconds} ${by}`;

/** Tells `handlers` what other instances have said. Entries of other kinds are passed over. */
export function dispatchEvents(
  entries: readonly StreamEntry[],
  instance: string,
  handlers: EventHandlers,
): void {
  for (const { fields } of entries) {
    const calm = fields.get(CALM);
    const told = calm && readCalm(calm);
    if (told && told.by !== instance) handlers.calm(told.seconds);
    const rate = fields.get(RATE_CHANGED);
    if (rate && rate.toString() !== instance) handlers.rateChanged();
  }
}

/** The id of the latest event; what comes behind it is new. */
export async function latestEvent(calls: RedisCalls): Promise<string> {
  const reply = await calls.command(['XREVRANGE', calls.keys.of(EVENTS), '+', '-', 'COUNT', 1]);
  return readEntries(reply)[0]?.id ?? '0-0';
}

/** Entries as XRANGE returns them; what has no such shape is passed over, as are entries that were deleted meanwhile. */
export function readEntries(reply: unknown): StreamEntry[] {
  if (!Array.isArray(reply)) return [];
  return reply.flatMap((entry: unknown): StreamEntry[] => {
    if (!Array.isArray(entry) || !Array.isArray(entry[1])) return [];
    const fields = new Map<string, Buffer>();
    const list: unknown[] = entry[1];
    for (let at = 0; at + 1 < list.length; at += 2)
      if (Buffer.isBuffer(list[at + 1])) fields.set(String(list[at]), list[at + 1] as Buffer);
    return [{ id: String(entry[0]), fields }];
  });
}

/** The reply of XREAD: by the name of the stream. */
export function readStreams(reply: unknown): Map<string, StreamEntry[]> {
  const streams = new Map<string, StreamEntry[]>();
  if (Array.isArray(reply))
    for (const stream of reply as unknown[])
      if (Array.isArray(stream)) streams.set(String(stream[0]), readEntries(stream[1]));
  return streams;
}
