/** What a session takes per PDU to find that nobody wants to see it. Sends `{ nanoseconds }`. */
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { destination, pino } from 'pino';
import type { collapseRepeats, redactedLog, withFacts } from '../../src/observability';
import type { systemClock } from '../../src/clock';
import type { Events } from '../../src/client/events/emitter';
import type { traceOf } from '../../src/client/recording';
import type { WireRecorder } from '../../src/recorder';
import type { SessionCore } from '../../src/session/core';

const PDUS = 10_000_000;

const shipped = (file: string): unknown =>
  createRequire(__filename)(path.resolve(__dirname, '../../dist/src', file));

interface Observability {
  readonly collapseRepeats: typeof collapseRepeats;
  readonly redactedLog: typeof redactedLog;
  readonly withFacts: typeof withFacts;
}
const observability = shipped('observability/index.js') as Observability;
const { systemClock: clock } = shipped('clock.js') as { systemClock: typeof systemClock };
const { traceOf: trace } = shipped('client/recording.js') as { traceOf: typeof traceOf };
const { WireRecorder: Recorder } = shipped('recorder/index.js') as { WireRecorder: typeof WireRecorder };
const { Events: ClientEvents } = shipped('client/events/emitter.js') as { Events: typeof Events };
const { SessionCore: Core } = shipped('session/core.js') as { SessionCore: typeof SessionCore };

/** The log of a client at info, as a session has it. */
function logOfSession(): ReturnType<typeof withFacts> {
  const lines = pino({ level: 'info' }, destination('/dev/null'));
  const log = observability.redactedLog(lines).child({ connection: 'bench' });
  return observability.withFacts(observability.collapseRepeats(log, clock), { session: 1 });
}

const events = new ClientEvents(logOfSession());
// As a client has it: nobody listens for the event, and the recorder is off.
const links = {
  get isHeard() {
    return events.has('link');
  },
  trace: () => () => undefined,
} as unknown as Parameters<typeof traceOf>[0];
const recorder = new Recorder({ clock, codec: {}, decodeText: () => '', size: 0 });
const place = { host: 'bench', port: 1, number: 1, type: 'transceiver', ends: undefined } as const;
const traced = trace(links, recorder, () => undefined as never, place);
const transport = { peer: 'bench', backlog: 0 } as unknown as SessionCore['options']['transport'];
const core = new Core({
  role: 'esme',
  transport,
  handlers: {
    request: () => undefined,
    get trace() {
      return traced();
    },
  },
  clock,
  log: logOfSession(),
  windowSize: 10,
  responseTimeout: 30_000,
  enquireLinkInterval: 0,
  maxPduLength: 1000,
});

function look(): number {
  let seen = 0;
  const before = process.cpuUsage();
  for (let pdu = 0; pdu < PDUS; pdu++) if (core.isTraced) seen++;
  const { user, system } = process.cpuUsage(before);
  if (seen > 0) throw new Error('it is traced');
  return ((user + system) * 1000) / PDUS;
}

look();
process.send?.({ nanoseconds: look() });
