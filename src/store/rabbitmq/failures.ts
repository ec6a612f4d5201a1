import { SmppError } from '../../protocol';
import { TopologyError } from './topology';
import { placeOf, vhostOf } from './url';

/** The oldest version whose quorum queues know TTL and dead-letter at least once. */
export const OLDEST = '3.10';

export function unavailable(url: string, what: string, retriable = true): SmppError {
  return new SmppError('QUEUE_UNAVAILABLE', `RabbitMQ at ${placeOf(url)}: ${what}`, { retriable });
}

/** Whether the server is as new as it must be; a version that cannot be read is taken for new. */
export function isTooOld(version: string | undefined): boolean {
  const [major, minor] = (version ?? '').split('.').map(Number);
  if (major === undefined || minor === undefined || Number.isNaN(major) || Number.isNaN(minor)) return false;
  return major < 3 || (major === 3 && minor < 10);
}

export function tooOld(url: string, version: string): SmppError {
  const text = `version ${version} is too old: delays need quorum queues as of RabbitMQ ${OLDEST}. Upgrade the broker.`;
  return unavailable(url, text, false);
}

/** What the broker or the network said, in one line with its remedy. */
export function explained(url: string, error: unknown): SmppError {
  if (error instanceof SmppError) return error;
  const { message, code } = error as Error & { code?: unknown };
  const what = error instanceof TopologyError ? error.what : 'connecting';
  const reply = /(?:40[346]|5\d\d) \(?([A-Z-]+)\)?.*?(?:"(.*)"|- (.*))$/s.exec(message);
  const said = (reply?.[2] ?? reply?.[3] ?? message).replace(/\s+/g, ' ').slice(0, 400);
  const because = reason(url, said, what);
  return unavailable(url, because ?? `${what}: ${networkReason(code, message)}`);
}

function reason(url: string, said: string, what: string): string | undefined {
  if (/ACCESS[_-]REFUSED.*Login|ACCESS_REFUSED - Login/i.test(said) || /Login was refused/i.test(said))
    return 'the login is refused: check user and password in queueUrl ("guest" may only log in from the same machine).';
  if (/vhost .* not found|access to vhost|Expected ConnectionOpenOk; got <ConnectionClose/i.test(said))
    return (
      `the virtual host "${vhostOf(url)}" does not exist, or the user has no permission in it: ` +
      'create it (rabbitmqctl add_vhost), grant it (rabbitmqctl set_permissions), or name another at the end of queueUrl.'
    );
  if (/PRECONDITION[_-]FAILED/.test(said) && /inequivalent arg/.test(said))
    return (
      `${what} was declared otherwise by somebody else: ${said}. Nothing was changed. ` +
      'Use another keyPrefix or clientId, or remove it once it is empty.'
    );
  if (/NOT[_-]FOUND/.test(said))
    return (
      `${what} does not exist (${said}). With brokerTopology "verify" it must be there before: declare it, ` +
      'or set brokerTopology to "declare".'
    );
  if (/ACCESS[_-]REFUSED/.test(said))
    return `${what}: permission is missing (${said}). Grant configure, write and read on names that begin with the prefix.`;
  if (/RESOURCE[_-]LOCKED/.test(said)) return `${what} is locked by another connection (${said}).`;
  return undefined;
}

function networkReason(code: unknown, message: string): string {
  if (code === 'ECONNREFUSED') return `nothing listens there (${message}).`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the host name cannot be resolved (${message}).`;
  if (/wrong version number|packet length too long/i.test(message))
    return 'the port speaks no TLS: use amqp:// or the port for TLS, mostly 5671.';
  if (/certificate|self.signed|altnames/i.test(message))
    return `its certificate is not trusted (${message}): set queueTls.`;
  return message === '' ? 'the connection was lost.' : message.replace(/\s+/g, ' ').slice(0, 400);
}
