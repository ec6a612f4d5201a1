import type { Rule, Smsc } from '../../src/simulator';
import type { Proxy } from '../support/proxy';

/** Where a fault can be made. */
export interface Place {
  readonly smsc: Smsc;
  readonly proxy: Proxy;
  /** Sets the wall clock of client and store by so many milliseconds. */
  readonly step: (ms: number) => void;
}

export interface Fault {
  readonly name: string;
  /** Begins; returns what ends it. */
  begin(place: Place): Promise<() => unknown>;
  /**
   * How long it lasts, in milliseconds; more than a few seconds are of a clock that runs fast, so that a client
   * waits for an hour in a moment.
   */
  readonly lasts: number;
}

/** At the proxy. */
function way(name: string, mode: Parameters<Proxy['set']>[0], lasts = 120): Fault {
  return {
    name,
    lasts,
    begin: async ({ proxy }) => {
      await proxy.set(mode);
      return () => proxy.set('pass');
    },
  };
}

/** At the centre. */
function rules(name: string, list: readonly Rule[], lasts = 150): Fault {
  return {
    name,
    lasts,
    begin: async ({ smsc }) => {
      smsc.setRules([...PACE, ...list]);
      return () => smsc.setRules(PACE);
    },
  };
}

function bindRefused(status: string): Fault {
  return {
    name: `bind: ${status}`,
    lasts: 120,
    begin: async ({ smsc, proxy }) => {
      smsc.setRules([...PACE, { type: 'refuse', status }]);
      proxy.cut();
      return () => smsc.setRules(PACE);
    },
  };
}

/** So that a window can be full. */
export const PACE: readonly Rule[] = [{ type: 'slow', seconds: 0.004 }];
/** The number whose mailbox is full. */
export const FULL_MAILBOX = '447700900999';
export const POISON = 'POISON';
export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const FAULTS: readonly Fault[] = [
  way('refuse', 'refuse'),
  way('reset', 'reset'),
  way('FIN', 'end'),
  way('silence', 'silence', 400),
  way('slow bytes', 'slow'),
  rules('split PDUs', [{ type: 'split', octets: 3, seconds: 0.001 }]),
  rules('half PDUs', [{ type: 'half', every: 5, how: 'reset' }]),
  rules('wrong sequence numbers', [{ type: 'wrong-sequence', every: 4 }]),
  rules('duplicate responses', [{ type: 'duplicate', every: 2, copies: 2 }]),
  rules('unsolicited responses', [{ type: 'unsolicited' }]),
  ...[
    'ESME_RALYBND',
    'ESME_RBINDFAIL',
    'ESME_RINVPASWD',
    'ESME_RINVSYSID',
    'ESME_RINVSYSTYP',
    'ESME_RPROHIBITED',
    'ESME_RSYSERR',
    'ESME_RTHROTTLED',
    '0x00000444',
  ].map(bindRefused),
  {
    name: 'unbind by the SMSC',
    lasts: 150,
    begin: async ({ smsc }) => {
      const unbind = (): void => smsc.sessions.forEach((session) => void session.unbind());
      unbind();
      const timer = setInterval(unbind, 30);
      return () => clearInterval(timer);
    },
  },
  ...[
    { lasts: 250, name: 'clock steps' },
    { lasts: MINUTE, name: 'steps while throttled' },
  ].map(({ lasts, name }): Fault => {
    const steps = [-HOUR, HOUR, DAY, -DAY, -30 * DAY, 30 * DAY];
    return {
      name,
      lasts,
      begin: async ({ smsc, step }) => {
        let count = 0;
        const next = (): void => step(steps[count++ % steps.length] as number);
        next();
        const timer = setInterval(next, 7);
        if (lasts === MINUTE)
          smsc.setRules([...PACE, { type: 'status', status: 'ESME_RTHROTTLED', every: 2 }]);
        return () => {
          clearInterval(timer);
          smsc.setRules(PACE);
          // For good, so that all that is left goes by a clock that is wrong.
          step(-HOUR);
        };
      },
    };
  }),
  rules('throttle storm', [{ type: 'status', status: 'ESME_RTHROTTLED', every: 2 }], MINUTE),
  rules('throttle for an hour', [{ type: 'status', status: 'ESME_RTHROTTLED' }], 60 * MINUTE),
  rules(
    'one full mailbox',
    [{ type: 'status', status: 'ESME_RMSGQFUL', destination: FULL_MAILBOX }],
    5 * MINUTE,
  ),
  rules('poison message', [{ type: 'poison', text: POISON, how: 'reset' }], 2 * MINUTE),
];
