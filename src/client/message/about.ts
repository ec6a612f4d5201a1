import { invalidField, show } from '../config/errors';

/** Which message a query, cancel or replace is about, beside its message_id. */
export interface About {
  /** Its own id. */
  id?: string;
  /** The SMSC's ids of its segments. */
  messageIds?: readonly string[];
}

/** Segments of a message, and with each a few repeats. */
const MOST_IDS = 1000;

/** Whether `name` says which message it is; then it is in `about`, checked. Throws `MessageError`. */
export function takeAbout(about: About, name: string, value: unknown): boolean {
  if (name === 'id') about.id = idOf(value);
  else if (name === 'message_ids') about.messageIds = idsOf(value);
  else return false;
  return true;
}

function idOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalidField('id', `id ${show(value)}: give the id that the message was queued by, a text`);
}

function idsOf(value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.length <= MOST_IDS;
  if (isList && value.every((one) => typeof one === 'string')) return value.filter((one) => one !== '');
  const text = `message_ids ${show(value)}: give a list of message_ids, each a text, ${MOST_IDS} at most`;
  throw invalidField('message_ids', text);
}
