import { BACKENDS, isBackend, type Backend, type Settings } from '../src/index';

/** The kind of queue where none is chosen. */
export const DEFAULT_QUEUE = Object.keys(BACKENDS)[0] as string;

/** What the engine's table says of a kind of queue; undefined: it is a plugin's. */
export const backendOf = (queue: unknown): Backend | undefined =>
  isBackend(queue) ? BACKENDS[queue] : undefined;

/** The kinds of queue as the dialog of smpp-config has them, in JSON; the build puts it there. */
export function editorTable(): string {
  const rows = Object.entries<Backend>(BACKENDS).map(([name, backend]) => {
    const { label, hint, reads, placeholders = {}, capabilities } = backend;
    return [name, { label, hint, reads, placeholders, shared: capabilities.shared }] as const;
  });
  // The html has it in a script, which nothing in it may end.
  return JSON.stringify(Object.fromEntries(rows)).replaceAll('</', '<\\/');
}

/** The scheme of a queue's URLs with TLS; undefined: it has no URL. */
export function secureScheme(backend: Backend | undefined): string | undefined {
  const scheme = backend?.placeholders?.queueUrl?.split(':')[0];
  return scheme === undefined ? undefined : `${scheme}s`;
}

/** Where a queue lies that several instances share, for people: without user and password. Undefined: this one is not shared. */
export function sharedPlace(queue: string, settings: Settings): string | undefined {
  const backend = backendOf(queue);
  if (!backend?.capabilities.shared) return undefined;
  const url = settings.queueUrl || (backend.placeholders?.queueUrl ?? '');
  return `${queue} at ${withoutUser(url)}, names ${settings.keyPrefix} and ${settings.clientId}`;
}

const UNKNOWN = 'its server';

function withoutUser(given: string): string {
  try {
    const { protocol, host, pathname } = new URL(given);
    // A password with a "/" that is not written as %2F ends the host, and stands in the path.
    return host === '' || pathname.includes('@') ? UNKNOWN : `${protocol}//${host}${pathname}`;
  } catch {
    return UNKNOWN;
  }
}
