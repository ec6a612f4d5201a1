/**
 * What intake alone costs: messages as flows and programs give them, from the object to the queue record.
 * `node --import tsx test/bench/intake.ts [messages]`
 */
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import type * as Parts from '../../src/client/message/intake';
import type { Message } from '../../src/client/message/message';
import type * as Options from '../../src/client/plugins/normalise';
import type * as Emitters from '../../src/client/events/emitter';
import type * as Ussd from '../../src/client/ussd';
import type * as Clocks from '../../src/clock';
import type * as Logs from '../../src/observability';
import type * as Stores from '../../src/store';

/** As it is shipped: compiled (`npm run build`). */
const require = createRequire(__filename);
const compiled = (file: string): unknown => require(path.resolve(__dirname, '../../dist/src', file));
const { Intake } = compiled('client/message/intake') as typeof Parts;
const { normalise } = compiled('client/plugins/normalise') as typeof Options;
const { Events } = compiled('client/events/emitter') as typeof Emitters;
const { Dialogues } = compiled('client/ussd') as typeof Ussd;
const { systemClock } = compiled('clock') as typeof Clocks;
const { silentLog } = compiled('observability') as typeof Logs;
const { openMemoryStore } = compiled('store') as typeof Stores;

const MESSAGES = Number(process.argv[2] ?? 100_000);
const ROUNDS = 5;
const TEXT =
  'Your parcel 0123456789 arrives today between 10 and 12. Track it at https://example.com/t/0123456789';

const number = (at: number): string => String(447_700_000_000 + (at % 1_000_000));
const plain = (at: number): Message => ({
  source_addr: '12345',
  destination_addr: number(at),
  short_message: TEXT,
});

const KINDS: Readonly<Record<string, (at: number) => Message>> = {
  plain,
  /** As smpp-out gives them. */
  node: (at) => ({
    command: 'submit_sm',
    source_addr: '12345',
    destination_addr: number(at),
    short_message: TEXT,
    correlation_id: `f00dbabe${at}`,
  }),
  'two senders': (at) => ({ ...plain(at), source_addr: at % 2 ? '12345' : 'Shop' }),
  'own TLVs': (at) => ({ ...plain(at), tlvs: { user_message_reference: at & 0xffff } }),
  ucs2: (at) => ({ ...plain(at), short_message: 'Привет, ваш заказ уже в пути и будет сегодня' }),
};

function cpuMicroseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function measure(intake: Parts.Intake, kind: (at: number) => Message): number {
  const run = (): void => {
    for (let at = 0; at < MESSAGES; at++) void intake.prepare(kind(at), {});
  };
  run();
  const rounds = Array.from({ length: ROUNDS }, () => cpuMicroseconds(run) / MESSAGES);
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}

const settings = normalise({});
const store = openMemoryStore({ capacity: 0, whenFull: 'reject' });
const parts = {
  settings,
  clock: systemClock,
  log: silentLog,
  random: Math.random,
  randomOctets: randomBytes,
};
const intake = new Intake({
  ...parts,
  state: store.state,
  codecs: [],
  sessions: new Dialogues({ ...parts, store, events: new Events(silentLog) }),
});
for (const [name, kind] of Object.entries(KINDS)) {
  if (process.argv[3] !== undefined && process.argv[3] !== name) continue;
  const each = measure(intake, kind);
  const rate = Math.round(1e6 / each).toLocaleString('en');
  process.stdout.write(`${name.padEnd(12)} ${each.toFixed(2)} µs CPU each, ${rate} messages/s\n`);
}
