import type { Clock } from '../clock';
import type { Log } from '../observability';
import { WireRecorder } from '../recorder';
import type { Session, SessionHandlers } from '../session';
import { decodeText, type TextCodec } from '../text';
import { codecOf } from './config/codec-options';
import type { Settings } from './config/options';
import type { SessionPlace } from './connection/opening';
import type { LinkReporter } from './events/link-reporter';

interface RecorderOwner {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly codecs: readonly TextCodec[];
}

const TEXTS = {
  start: 'PDUs are recorded from now on',
  stop: 'PDUs are recorded no more',
  export: 'recorded PDUs are exported',
} as const;

/** The recorder of a connection. Who switches it or takes something from it is in the log. */
export function recorderOf({ settings, clock, log, codecs }: RecorderOwner): WireRecorder {
  const { defaultAlphabet, dataCodings, recorderSize } = settings;
  return new WireRecorder({
    clock,
    codec: codecOf(settings),
    size: recorderSize,
    decodeText: (octets, coding, udh) =>
      decodeText(octets, coding, { udh, defaultAlphabet, dataCodings, codecs }),
    told: (stage, facts) => log.info({ event: 'recorder', stage, ...facts }, TEXTS[stage]),
  });
}

/** What a session asks at each PDU: who is to see it, if anybody. */
export function traceOf(
  links: LinkReporter,
  recorder: WireRecorder,
  session: () => Session,
  place: SessionPlace,
): () => SessionHandlers['trace'] {
  const { number, host, port, ends } = place;
  const told = links.trace(session, place);
  const kept = recorder.tap(session, { session: number, host, port, ends });
  const both: typeof told = (direction, octets) => {
    kept(direction, octets);
    told(direction, octets);
  };
  return () => {
    if (!recorder.isOn) return links.isHeard ? told : undefined;
    return links.isHeard ? both : kept;
  };
}
