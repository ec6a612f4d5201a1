/** How a message says which command it is: our word, naz's, and that of naz's first versions. */
const COMMAND_FIELDS = ['command', 'smpp_command', 'smpp_event'] as const;

/** Which command a message asks for, under whatever name; undefined where it does not say. */
export function askedCommand(message: Readonly<Record<string, unknown>>): unknown {
  return COMMAND_FIELDS.map((name) => message[name] ?? '').find((asked) => asked !== '');
}

/**
 * The message in a queue item of naz as its `to_json()` writes it: a JSON object that says its command by naz's
 * name. Undefined for everything else, which is a text. Whether the item can be sent is not looked at: naz's own
 * answers (`enquire_link_resp`, `deliver_sm_resp`) lie in its queues as well.
 */
export function nazItem(text: string): Readonly<Record<string, unknown>> | undefined {
  // Most texts are none, and parsing is dear.
  if (!text.includes('"smpp_')) return undefined;
  let item: unknown;
  try {
    // Files begin with a byte order mark at times, which is no JSON.
    item = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const named = COMMAND_FIELDS.slice(1).some((name) => Object.hasOwn(item, name));
  return named ? (item as Readonly<Record<string, unknown>>) : undefined;
}
