import { SmppError, describeStatus, type Pdu } from '../protocol';

/** Why a session ended. */
export type CloseCode =
  | 'unbound'
  | 'closed'
  | 'peer-unbound'
  | 'peer-closed'
  | 'session-unknown'
  | 'link-lost'
  | 'tls-failed'
  | 'peer-silent'
  | 'peer-stalled'
  | 'no-responses'
  | 'framing-lost'
  | 'bind-refused'
  | 'bind-timeout'
  | 'destroyed';

/** Why a session is gone. */
export interface CloseReason {
  /** For programs. */
  readonly code: CloseCode;
  /** For people. */
  readonly text: string;
}

const TEXTS: Record<CloseCode, string> = {
  unbound: 'unbound by us',
  closed: 'closed by us without unbind',
  'peer-unbound': 'unbound by the peer',
  'peer-closed': 'closed by the peer without unbind',
  'session-unknown': 'the SMSC knows no session of ours any more',
  'link-lost': 'the connection broke',
  'tls-failed': 'TLS failed',
  'peer-silent': 'the peer stopped answering',
  'peer-stalled': 'the peer got stuck',
  'no-responses': 'requests stay unanswered',
  'framing-lost': 'the peer sent octets that are not SMPP',
  'bind-refused': 'bind refused',
  'bind-timeout': 'no answer to bind in time',
  destroyed: 'dropped',
};

export function closeReason(code: CloseCode, detail?: string): CloseReason {
  return { code, text: detail ? `${TEXTS[code]}: ${detail}` : TEXTS[code] };
}

/** By why the session ended: the error of a bind that was under way. */
export const BIND_ERRORS: Partial<Record<CloseCode, string>> = {
  'bind-timeout': 'BIND_TIMEOUT',
  'tls-failed': 'TLS_FAILED',
};

/** Why a session ends whose connection closed. */
export function lossOf(error: Error | undefined): CloseCode {
  if (!error) return 'peer-closed';
  return error instanceof SmppError && error.code === 'TLS_FAILED' ? 'tls-failed' : 'link-lost';
}

/** ESME_RINVBNDSTS: to whom it is said of a session that was bound, the SMSC knows that no more. */
const NO_SESSION = new Set([0x04]);

/** Whether a command_status, in answer to a request over a bound session, says that the SMSC knows no such session. */
export function saysNoSession(status: number): boolean {
  return NO_SESSION.has(status);
}

/** A refusal for people. `info` is the SMSC's own text (additional_status_info_text), where it has one. */
export function refusalOf({ command_status, tlvs }: Pick<Pdu, 'command_status' | 'tlvs'>): {
  readonly name: string;
  readonly text: string;
  readonly info?: string;
} {
  const { name, meaning } = describeStatus(command_status);
  const given: unknown = tlvs['additional_status_info_text'];
  const info = typeof given === 'string' ? given.trim() : '';
  const text = `${name}: ${meaning}`;
  return info === '' ? { name, text } : { name, text: text + itSays(info), info };
}

/** Goes on behind a sentence. */
export function itSays(info: string | undefined): string {
  return info === undefined ? '' : ` It says ${JSON.stringify(info)}.`;
}

/** The SMSC answered bind with an error. `code` is `BIND_REFUSED`. */
export class BindError extends SmppError {
  readonly command_status: string;
  /** Wrong credentials or rights: trying again soon is of no use. */
  readonly credentials: boolean;

  /** `password`: what was bound with, which an SMSC may quote. */
  constructor(command_status: number, peer: string, tlvs: Pdu['tlvs'] = {}, password?: unknown) {
    const { name, text } = refusalOf({ command_status, tlvs });
    super('BIND_REFUSED', `${peer} refused the bind with ${withoutSecret(text, password)}`, {
      retriable: true,
    });
    this.command_status = name;
    this.credentials = CREDENTIALS.has(name);
  }
}

/** Shorter ones are in words of any text, too. */
const SHORTEST_SECRET = 4;

function withoutSecret(text: string, secret: unknown): string {
  if (typeof secret !== 'string' || secret.length < SHORTEST_SECRET) return text;
  // As it stands there in quotes.
  return [secret, JSON.stringify(secret).slice(1, -1)].reduce(
    (rest, each) => rest.replaceAll(each, '[secret]'),
    text,
  );
}

/** Not ESME_RBINDFAIL, which many say where there are too many binds just now. */
const CREDENTIALS = new Set(['ESME_RINVPASWD', 'ESME_RINVSYSID', 'ESME_RINVSYSTYP', 'ESME_RPROHIBITED']);
