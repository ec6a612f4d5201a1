import type { MobileMessage, Rule, Smsc } from '../../src/simulator';
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
  /** How often a segment may be taken at most, where that is bounded although answers do not come. */
  readonly most?: number;
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

/** All is answered ESME_ROK, and later than responseTimeout; from 0.3 s on later than bindTimeout, too. */
function slow(name: string, seconds: number): Fault {
  const occasions = ['submit', 'bind', 'enquire_link'] as const;
  const late = occasions.map((on): Rule => ({ type: 'slow', on, seconds }));
  return { ...rules(name, late, 2500), most: 5 };
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

/** What nobody can make anything of, each time something else. */
function junk(n: number): MobileMessage {
  const from = { source_addr: `4477009${String(n % 100_000).padStart(5, '0')}`, destination_addr: '1234' };
  const kinds: Partial<MobileMessage>[] = [
    // No text in UCS2, and octets that are no header.
    { data_coding: 8, short_message: Buffer.of(1) },
    { esm_class: 0x40, short_message: Buffer.of(200, 1, 2) },
    // The first of 255 parts.
    { esm_class: 0x40, short_message: Buffer.of(6, 8, 4, n >> 8, n & 0xff, 255, 1, 0x41) },
    // Receipts for nothing, one of them with an id of 50 kB.
    { esm_class: 4, short_message: Buffer.from(`id:junk${n} stat:DELIVRD err:000 text:`) },
    {
      esm_class: 4,
      tlvs: { message_payload: Buffer.from(`id:${'9'.repeat(50_000)} stat:JUNK err:000 text:`) },
    },
    { esm_class: 0xff, data_coding: 0xff, tlvs: { message_payload: Buffer.alloc(60_000, n) } },
  ];
  return { ...from, ...kinds[n % kinds.length] };
}

export const FAULTS: readonly Fault[] = [
  way('refuse', 'refuse'),
  way('reset', 'reset'),
  way('FIN', 'end'),
  way('silence', 'silence', 400),
  way('slow bytes', 'slow'),
  slow('slow', 0.25),
  slow('slow, binds, too', 0.35),
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
  {
    name: 'full of junk',
    lasts: 300,
    begin: async ({ smsc }) => {
      smsc.setRules([...PACE, { type: 'unsolicited' }, { type: 'duplicate', every: 3 }]);
      let n = 0;
      const timer = setInterval(() => {
        for (let at = 0; at < 5; at++) void smsc.deliver(junk(n++)).catch(() => undefined);
      }, 5);
      return () => {
        clearInterval(timer);
        smsc.setRules(PACE);
      };
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
