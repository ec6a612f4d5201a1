/** What the engine says in terms of its options, fields and methods, and what a flow has in their place. */
interface Wording {
  /** The code of the error, or `event stage` of the log line, that has it. */
  readonly of: string;
  readonly engine: string;
  readonly flow: string;
}

const WORDINGS: readonly Wording[] = [
  {
    of: 'MISSING_DESTINATION',
    engine: 'give it as destination_addr',
    flow: 'give it as msg.topic, in the node, or as destination_addr',
  },
  {
    of: 'MISSING_TEXT',
    engine: 'give it as short_message',
    flow: 'give it as msg.payload, in the node, or as short_message',
  },
  {
    of: 'STORE_ACCOUNT',
    engine: 'client.claim()',
    flow: 'msg.action "claim" to an smpp-out of this connection',
  },
  {
    of: 'STORE_ACCOUNT',
    engine: 'client.purge() and client.purgeDeadLetters()',
    flow: 'msg.action "purge"',
  },
  {
    of: 'ack timeout',
    engine: 'acknowledge each message and receipt by its ack_id',
    flow: 'send each message and receipt to an smpp-out with msg.action "ack"',
  },
];

/** A text of the engine's, as a flow has it. */
export function inFlow(of: string, text: string): string {
  return WORDINGS.reduce(
    (said, wording) => (wording.of === of ? said.replace(wording.engine, wording.flow) : said),
    text,
  );
}

/** The same error, saying so. */
export function saidInFlow<E extends Error>(error: E): E {
  const { code } = error as { code?: unknown };
  const said = inFlow(String(code), error.message);
  if (said !== error.message) error.message = said;
  return error;
}
