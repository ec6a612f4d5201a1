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

/** The recorder of a connection. Who switches it or takes something from it is in the log. */
export function recorderOf({ settings, clock, log, codecs }: RecorderOwner): WireRecorder {
  const { defaultAlphabet, dataCodings, recorderSize } = settings;
  return new WireRecorder({
    clock,
    codec: codecOf(settings),
    size: recorderSize,
    decodeText: (octets, coding, udh) =>
      decodeText(octets, coding, { udh, defaultAlphabet, dataCodings, codecs }),
    told: (stage, { id, entries, numbers, texts }) => {
      if (stage === 'start')
        log.info({ event: 'recorder', stage: 'start', id }, 'PDUs are recorded from now on');
      else if (stage === 'stop')
        log.info({ event: 'recorder', stage: 'stop', id }, 'PDUs are recorded no more');
      else
        log.info(
          { event: 'recorder', stage: 'export', id, entries, numbers, texts },
          'recorded PDUs are exported',
        );
    },
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
