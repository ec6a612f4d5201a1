import { DeliveryError, MessageError, SmppError, type EventBase } from '../src/index';

/** What msg.smpp says of a message that failed. */
export interface Failure {
  readonly event: 'failure';
  readonly code: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly [field: string]: unknown;
}

/**
 * An event or outcome as msg.smpp has it: without what is the message's own, its payload, topic and id, and without raw
 * octets unless these are wanted. Copied in a loop: rest properties take several times as long for so many fields.
 */
export function smppOf<T extends EventBase>(
  told: T,
  rawPdu = true,
  valueOf = (value: unknown): unknown => value,
): Omit<T, 'payload' | 'topic' | 'msgid'> {
  const from = told as Readonly<Record<string, unknown>>;
  const smpp: Record<string, unknown> = {};
  for (const name in from) {
    if (name === 'payload' || name === 'topic' || name === 'msgid' || (name === 'pdu' && !rawPdu)) continue;
    smpp[name] = valueOf(from[name]);
  }
  return smpp as Omit<T, 'payload' | 'topic' | 'msgid'>;
}

/** Puts the trace context of an event or outcome where other nodes look for it, beside msg.smpp. */
export function withTrace<T extends object>(msg: T, told: Traced): T {
  const into = msg as Traced;
  if (told.traceparent === undefined) return msg;
  into.traceparent = told.traceparent;
  if (told.tracestate === undefined) delete into.tracestate;
  else into.tracestate = told.tracestate;
  return msg;
}

interface Traced {
  traceparent?: string;
  tracestate?: string;
}

/** What msg.smpp says of an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DeliveryError) return { event: 'failure', ...error.outcome };
  const code = error instanceof SmppError ? error.code : 'UNEXPECTED';
  if (!(error instanceof MessageError)) return { event: 'failure', code, attempts: 0 };
  const { field, index } = error;
  return { event: 'failure', code, attempts: 0, field, ...(index === undefined ? {} : { index }) };
}
