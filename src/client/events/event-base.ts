/** What every event and outcome carries beside its own fields. */
export interface EventBase {
  /** What it is about, in one value: a text, a status, a PDU's fields. */
  payload: unknown;
  /** The other side's number: of a message or receipt that came in its sender, else the recipient; empty where there is none. */
  topic: string;
  /** The `msgid` that the message was given with, see `SendOptions`. */
  msgid?: string;
  /**
   * The id of the message of ours that it is about, as {@link SmppClient.enqueue} gave it; absent where that is not
   * known.
   */
  id?: string;
  /** The label that the message was given. */
  correlation_id?: string;
  /** What the message was given to carry: any JSON. */
  metadata?: unknown;
  /** W3C Trace Context, as the message was given it. */
  traceparent?: string;
  /** What belongs to `traceparent`, as it was given. */
  tracestate?: string;
  /** Of what belongs to a USSD dialogue: its id, the same from its first message to its end. */
  session_id?: string;
}

/** What an event that is answered has. */
export interface AckFields {
  /** With `acknowledge: manual`, and in loops over `messages()`: what the answer to the SMSC waits for. */
  ack_id?: string;
}
