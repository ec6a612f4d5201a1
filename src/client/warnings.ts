import type { Log } from '../observability';
import type { Clock } from '../clock';
import { allHosts } from './connection/hosts';
import type { Settings } from './config/options';
import type { SmppClientOptions } from './plugins/client-options';
import { warnOfTls } from './config/tls';

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  readonly tls: SmppClientOptions['tls'];
}

/** What is told at the first start: values whose line end was taken off, and what plain text gives away. */
export function warnAtStart(
  settings: Settings,
  lineEnds: readonly string[],
  { clock, log, tls }: Parts,
): void {
  for (const field of lineEnds)
    log.debug({ event: 'bind', stage: 'start' }, `${field}: the line end behind it was taken off`);
  warnOfTls({ useTls: settings.useTls, tls, hosts: allHosts(settings) }, clock, log);
}
