import { DeliveryError, MessageError, SmppError, type Outcome } from '../src/index';

/** What msg.smpp says of a message that failed. */
export interface Failure {
  readonly event: 'failure';
  readonly code: string;
  readonly [field: string]: unknown;
}

/** An outcome without what is the message's own: its payload, topic and id. */
export function smppOf(outcome: Outcome): Outcome {
  const smpp: Partial<Outcome> = { ...outcome };
  delete smpp.payload;
  delete smpp.topic;
  delete smpp.msgid;
  return smpp as Outcome;
}

/** What msg.smpp says of an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DeliveryError) return { event: 'failure', ...error.outcome };
  const about = { event: 'failure', code: codeOf(error), attempts: 0 } as const;
  if (error instanceof MessageError) {
    const { field, index } = error;
    return { ...about, field, ...(index === undefined ? {} : { index }) };
  }
  return about;
}

function codeOf(error: unknown): string {
  return error instanceof SmppError ? error.code : 'UNEXPECTED';
}
