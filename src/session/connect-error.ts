import { SmppError } from '../protocol';

/** Of the connection itself. */
const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED); check host and port',
  ENOTFOUND: 'the host name is not known (ENOTFOUND); check host',
  EAI_AGAIN: 'the host name could not be looked up just now (EAI_AGAIN)',
  EHOSTUNREACH: 'no route to the host (EHOSTUNREACH)',
  ENETUNREACH: 'no route to the network (ENETUNREACH)',
  ETIMEDOUT: 'no answer (ETIMEDOUT)',
};

const GIVE_CA = 'give the CA (ca) in the TLS configuration';

/** Of the SMSC's certificate, and what the SMSC says about ours. */
const TLS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the SMSC's certificate has expired (CERT_HAS_EXPIRED); the carrier has to renew it",
  CERT_NOT_YET_VALID:
    "the SMSC's certificate is not valid yet (CERT_NOT_YET_VALID); is the clock of this machine right?",
  CERT_REVOKED: "the SMSC's certificate was revoked (CERT_REVOKED); ask the carrier",
  DEPTH_ZERO_SELF_SIGNED_CERT: `the SMSC's certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT); if it is the right one, give it as CA (ca) in the TLS configuration`,
  SELF_SIGNED_CERT_IN_CHAIN: `the SMSC's certificate is signed by an unknown CA (SELF_SIGNED_CERT_IN_CHAIN); ${GIVE_CA}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `the SMSC's certificate is signed by an unknown CA (UNABLE_TO_VERIFY_LEAF_SIGNATURE); ${GIVE_CA}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `the SMSC's certificate is signed by an unknown CA (UNABLE_TO_GET_ISSUER_CERT_LOCALLY); ${GIVE_CA}`,
  UNABLE_TO_GET_ISSUER_CERT: `the CA that is given is itself signed by an unknown one (UNABLE_TO_GET_ISSUER_CERT); give the whole chain as CA (ca) in the TLS configuration`,
  CERT_SIGNATURE_FAILURE:
    "the SMSC's certificate is not signed by the CA that is given (CERT_SIGNATURE_FAILURE); give the right CA (ca)",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the SMSC's certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID); check host, or set the server name in the TLS configuration",
  ERR_SSL_WRONG_VERSION_NUMBER:
    'this port does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER); use the port for TLS, or switch TLS off',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'this port does not speak TLS (ERR_SSL_PACKET_LENGTH_TOO_LONG); use the port for TLS, or switch TLS off',
};

/** TLS alerts, by their number (RFC 8446 section 6): the SMSC's words. */
const ALERTS: Readonly<Record<string, string>> = {
  '40': 'the SMSC found no common ground, or wants a client certificate (handshake failure); give one (cert, key) in the TLS configuration',
  '42': 'the SMSC did not accept our certificate (bad certificate); check cert in the TLS configuration',
  '43': 'the SMSC does not take a certificate of our kind (unsupported certificate); check cert in the TLS configuration',
  '44': 'the SMSC says that our certificate was revoked; get a new one (cert, key)',
  '45': 'the SMSC says that our certificate has expired; get a new one (cert, key)',
  '46': 'the SMSC did not accept our certificate (certificate unknown); check cert in the TLS configuration',
  '48': 'the SMSC does not know the CA of our certificate (unknown CA); check cert in the TLS configuration, whole chain',
  '49': 'the SMSC denied us access (access denied); ask the carrier which certificate it wants',
  '51': 'the SMSC could not verify our signature (decrypt error); do cert and key belong together?',
  '70': 'the SMSC speaks another version of TLS (protocol version); ask the carrier which',
  '71': 'the SMSC wants stronger keys or ciphers (insufficient security); ask the carrier which',
  '112':
    'the SMSC does not know the server name (unrecognized name); set the right one in the TLS configuration',
  '116':
    'the SMSC wants a client certificate (certificate required); give one (cert, key) in the TLS configuration',
};

/** What a TLS error means for people; undefined: it is none that is known. */
export function describeTlsError(cause: Error): string | undefined {
  const { code = '', reason } = cause as NodeJS.ErrnoException & { reason?: string };
  const alert = /SSL alert number (\d+)/.exec(cause.message)?.[1];
  if (alert !== undefined) return ALERTS[alert] ?? `the SMSC ended TLS: ${reason ?? `alert ${alert}`}`;
  const names = /.*not in the cert's altnames: (.*)$/s.exec(cause.message.trim())?.[1];
  const known = TLS[code];
  if (known !== undefined) return names === undefined ? known : `${known}; it has ${names}`;
  if (code === 'ECONNRESET' && /before secure TLS connection/.test(cause.message)) {
    return 'the SMSC closed the connection before TLS was up; does this port speak TLS?';
  }
  return /^ERR_(SSL|TLS)_/.test(code) ? `TLS failed (${code}): ${reason ?? cause.message}` : undefined;
}

/** Why the address of a host is not known: `CONNECT_FAILED`. */
export function lookupError(cause: unknown, host: string, port: number): SmppError {
  const { code = '', message = String(cause) } = cause as Partial<NodeJS.ErrnoException>;
  const unknown = `the host name could not be looked up (${code || message}); check host`;
  return failed(cause, code, host, port, unknown);
}

/** Why there is no connection: `TLS_FAILED` or `CONNECT_FAILED`. */
export function connectError(cause: Error, host: string, port: number): SmppError {
  const tls = describeTlsError(cause);
  if (tls !== undefined)
    return new SmppError('TLS_FAILED', `no TLS with ${host}:${port}: ${tls}`, { cause, retriable: true });
  // With several addresses Node reports an AggregateError whose message is empty.
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  return failed(cause, code, host, port, cause.message || code || 'unknown cause');
}

function failed(cause: unknown, code: string, host: string, port: number, unknown: string): SmppError {
  const text = `cannot connect to ${host}:${port}: ${NETWORK[code] ?? unknown}`;
  return new SmppError('CONNECT_FAILED', text, { cause, retriable: true });
}
