/**
 * What the engine says in terms of its options, fields and methods, and what a flow has in their place:
 * [code of the error, or `event stage` of the log line; the engine's words; the flow's].
 */
const WORDINGS: readonly (readonly [of: string, engine: string, flow: string])[] = [
  [
    'MISSING_DESTINATION',
    'give it as destination_addr',
    'give it as msg.topic, in the node, or as destination_addr',
  ],
  ['MISSING_TEXT', 'give it as short_message', 'give it as msg.payload, in the node, or as short_message'],
  ['STORE_ACCOUNT', 'client.claim()', 'msg.action "claim" to an smpp-out of this connection'],
  ['STORE_ACCOUNT', 'client.purge() and client.purgeDeadLetters()', 'msg.action "purge"'],
  [
    'ack timeout',
    'acknowledge each message and receipt by its ack_id',
    'send each message and receipt to an smpp-out with msg.action "ack"',
  ],
];

/** A text of the engine's, as a flow has it. */
export function inFlow(of: string, text: string): string {
  return WORDINGS.reduce(
    (said, [about, engine, flow]) => (about === of ? said.replace(engine, flow) : said),
    text,
  );
}

/** The same error, saying so. */
export function saidInFlow<E extends Error>(error: E): E {
  const said = inFlow(String((error as { code?: unknown }).code), error.message);
  if (said !== error.message) error.message = said;
  return error;
}
