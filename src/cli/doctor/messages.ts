import { describeStatus, type Pdu, type PduInput } from '../../protocol';
import { encodeText, resolveAddress, segment, type Address, type LongMessageMethod } from '../../text';
import type { Settings } from '../../index';
import type { Answered, ProbeLink } from './link';
import { isThrottling } from './pace';
import { pause, type Finding } from './steps';

/** Accepted messages at most, whatever is found: they cost money. */
export const MOST_MESSAGES = 10;
/** Requests at most: those that are refused cost nothing, but are seen. */
const MOST_REQUESTS = 30;
/** Milliseconds before a message that was throttled is tried again. */
const THROTTLE_WAIT = 1500;

export interface Ends {
  readonly source: Address;
  readonly destination: Address;
}

/** What an attempt came to. */
export interface Sent {
  readonly status: string;
  readonly meaning: string;
  readonly ids: readonly string[];
}

/** Sends test messages, and counts them. */
export class Messenger {
  readonly link: ProbeLink;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  /** message_ids of what was accepted, in order. */
  readonly ids: string[] = [];
  #requests = 0;
  #reference: number;
  /** How often a message was throttled and tried again. */
  throttled = 0;

  constructor(link: ProbeLink, settings: Settings, signal: AbortSignal) {
    this.link = link;
    this.settings = settings;
    this.signal = signal;
    this.#reference = Date.now() & 0xff;
  }

  get left(): number {
    return MOST_MESSAGES - this.ids.length;
  }

  /** A short text in the default alphabet. */
  text(text: string, ends: Ends): Promise<Sent> {
    const { data_coding, octets } = encodeText(text, { encoding: 'gsm0338' });
    return this.#send([{ data_coding, short_message: octets }], ends);
  }

  /** A text that takes two messages, cut by `method`. */
  long(text: string, ends: Ends, method: LongMessageMethod): Promise<Sent> {
    const { segments } = segment(text, { method, encoding: 'gsm0338', reference: ++this.#reference & 0xff });
    return this.#send(segments, ends);
  }

  /** Several at once. */
  async burst(texts: readonly string[], ends: Ends): Promise<readonly string[]> {
    const requests = texts.map((text) => {
      const { data_coding, octets } = encodeText(text, { encoding: 'gsm0338' });
      return this.#ask({ data_coding, short_message: octets }, ends);
    });
    const answers = await Promise.all(requests);
    return answers.map((answer) => this.#take(answer).status);
  }

  async #send(parts: readonly object[], ends: Ends): Promise<Sent> {
    const ids: string[] = [];
    let last: Sent = { status: 'ESME_ROK', meaning: '', ids };
    for (const part of parts) {
      last = await this.#patiently(part, ends);
      if (last.status !== 'ESME_ROK') return { ...last, ids };
      ids.push(...last.ids);
    }
    return { ...last, ids };
  }

  /** Throttled once or twice: it waits and tries again. */
  async #patiently(part: object, ends: Ends): Promise<Sent> {
    for (let attempt = 1; ; attempt++) {
      const sent = this.#take(await this.#ask(part, ends));
      if (!isThrottling(sent.status) || attempt === 3) return sent;
      this.throttled++;
      await pause(THROTTLE_WAIT, this.signal);
    }
  }

  #ask(part: object, { source, destination }: Ends): Promise<Answered> {
    this.signal.throwIfAborted();
    if (++this.#requests > MOST_REQUESTS)
      throw new Error(`more than ${MOST_REQUESTS} requests: no more are sent`);
    const pdu = {
      command: 'submit_sm',
      service_type: '',
      ...{ source_addr: source.addr, source_addr_ton: source.ton, source_addr_npi: source.npi },
      ...{
        destination_addr: destination.addr,
        dest_addr_ton: destination.ton,
        dest_addr_npi: destination.npi,
      },
      registered_delivery: 1,
      ...part,
    };
    return this.link.ask(pdu as PduInput, this.settings.responseTimeout);
  }

  #take({ pdu }: Answered): Sent {
    const { name, meaning } = describeStatus(pdu.command_status);
    const { message_id } = pdu as Pdu & { message_id?: string };
    const ids = pdu.command_status === 0 && message_id !== undefined ? [message_id] : [];
    this.ids.push(...ids);
    return { status: name, meaning, ids };
  }
}

/** TON and NPI that SMSCs want for one and the same number, the most usual first. */
const DESTINATIONS: readonly (readonly [ton: number, npi: number])[] = [
  [1, 1],
  [0, 1],
  [0, 0],
  [1, 0],
  [2, 1],
];

export interface Candidates {
  readonly sources: readonly Address[];
  readonly destinations: readonly Address[];
}

/** What is tried: as configured, by rule, then what SMSCs are seen to want. */
export function candidatesFor(to: string, from: string, settings: Settings): Candidates {
  const { sourceTon, sourceNpi, destinationTon, destinationNpi } = settings;
  const destination = resolveAddress(to, {
    role: 'destination',
    ton: numeric(destinationTon),
    npi: numeric(destinationNpi),
  });
  const source = resolveAddress(from, { role: 'source', ton: numeric(sourceTon), npi: numeric(sourceNpi) });
  const others = DESTINATIONS.map(([ton, npi]) => ({ ...destination, ton, npi }));
  const bySource = /^\d/.test(source.addr)
    ? DESTINATIONS.map(([ton, npi]) => ({ ...source, ton, npi }))
    : source.addr === ''
      ? []
      : [
          { ...source, ton: 5, npi: 0 },
          { ...source, ton: 5, npi: 1 },
        ];
  // Without a source the SMSC fills in its own.
  return {
    destinations: unique([destination, ...others]),
    sources: unique([source, ...bySource, { addr: '', ton: 0, npi: 0 }]),
  };
}

function numeric(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function unique(all: readonly Address[]): Address[] {
  return all.filter(
    ({ addr, ton, npi }, at) =>
      at === all.findIndex((one) => one.addr === addr && one.ton === ton && one.npi === npi),
  );
}

const ABOUT_SOURCE = new Set(['ESME_RINVSRCADR', 'ESME_RINVSRCTON', 'ESME_RINVSRCNPI']);
const ABOUT_DESTINATION = new Set(['ESME_RINVDSTADR', 'ESME_RINVDSTTON', 'ESME_RINVDSTNPI', 'ESME_RINVADR']);

/** The first pair of addresses that is accepted. */
export async function findAddresses(
  messenger: Messenger,
  { sources, destinations }: Candidates,
  text: string,
): Promise<{ ends?: Ends; finding: Finding }> {
  let [from, to] = [0, 0];
  const refused: string[] = [];
  for (;;) {
    const [source, destination] = [sources[from], destinations[to]];
    if (!source || !destination) break;
    const ends = { source, destination };
    const { status, meaning } = await messenger.text(text, ends);
    const tried = `source ${typeOf(source)}, destination ${typeOf(destination)}`;
    if (status === 'ESME_ROK') return { ends, finding: accepted(tried, refused, ends) };
    refused.push(`${tried}: ${status}`);
    if (ABOUT_SOURCE.has(status)) from++;
    else if (ABOUT_DESTINATION.has(status)) to++;
    else
      return {
        finding: {
          outcome: 'failed',
          text: `refused: ${status}: ${meaning}`,
          remedy: refusalRemedy(status),
          facts: { refused },
        },
      };
  }
  const remedy =
    'ask the operator which type of number (TON) and numbering plan (NPI) it wants, and which senders are allowed';
  return {
    finding: {
      outcome: 'failed',
      text: `no TON and NPI are accepted: ${refused.join('; ')}`,
      remedy,
      facts: { refused },
    },
  };
}

function accepted(tried: string, refused: readonly string[], { source, destination }: Ends): Finding {
  const facts = {
    source: { ton: source.ton, npi: source.npi },
    destination: { ton: destination.ton, npi: destination.npi },
    refused,
  };
  const before = refused.length > 0 ? `; refused before: ${refused.join('; ')}` : '';
  const dropped = source.addr === '' ? '; only without a sender' : '';
  return { outcome: 'ok', text: `accepted: ${tried}${dropped}${before}`, facts };
}

function typeOf({ ton, npi }: Address): string {
  return `ton ${ton} npi ${npi}`;
}

export function refusalRemedy(status: string): string {
  if (isThrottling(status))
    return 'the SMSC takes nothing at present: set a lower sendRate and windowSize: 1, then ask the operator what is allowed';
  return 'ask the operator, with the time and this status; smpp decode explains a capture of it';
}

const METHODS: readonly LongMessageMethod[] = ['udh8', 'payload', 'sar', 'udh16'];

/** The first way for long messages that is accepted; with `all`, every way. */
export async function findLongMethod(
  messenger: Messenger,
  ends: Ends,
  { text, all }: { text: string; all: boolean },
): Promise<{ method?: LongMessageMethod; finding: Finding }> {
  const [good, bad]: [LongMessageMethod[], string[]] = [[], []];
  for (const method of METHODS) {
    if (messenger.left < 2) break;
    const { status } = await messenger.long(text, ends, method);
    if (status === 'ESME_ROK') good.push(method);
    else bad.push(`${method}: ${status}`);
    if (status === 'ESME_ROK' && !all) break;
  }
  const facts = { accepted: good, refused: bad };
  const refused = bad.length > 0 ? `; refused: ${bad.join(', ')}` : '';
  const [method] = good;
  if (method !== undefined)
    return { method, finding: { outcome: 'ok', text: `accepted: ${good.join(', ')}${refused}`, facts } };
  const remedy = 'set long_messages to reject, or ask the operator how it takes long messages';
  return {
    finding: { outcome: 'failed', text: `no long message is accepted: ${bad.join(', ')}`, remedy, facts },
  };
}

/** Whether messages may be sent some at once, or one after the other. */
export async function findBurst(
  messenger: Messenger,
  ends: Ends,
): Promise<{ window?: number; finding: Finding }> {
  const statuses = await messenger.burst(
    ['smpp doctor: two at once (1)', 'smpp doctor: two at once (2)'],
    ends,
  );
  const facts = { statuses };
  if (statuses.every((status) => status === 'ESME_ROK'))
    return { finding: { outcome: 'ok', text: '2 messages at once are accepted', facts } };
  if (!statuses.some(isThrottling)) {
    return { finding: { outcome: 'warning', text: `2 messages at once: ${statuses.join(', ')}`, facts } };
  }
  await pause(THROTTLE_WAIT, messenger.signal);
  const [first, second] = [
    await messenger.text('smpp doctor: one by one (1)', ends),
    await messenger.text('smpp doctor: one by one (2)', ends),
  ];
  const oneByOne = first.status === 'ESME_ROK' && second.status === 'ESME_ROK' && messenger.throttled === 0;
  const remedy = oneByOne
    ? 'set windowSize: 1'
    : 'set windowSize: 1 and a low sendRate; ask the operator what is allowed';
  const how = oneByOne ? 'one by one they are accepted' : 'one by one they are throttled, too';
  return {
    window: 1,
    finding: {
      outcome: 'warning',
      text: `2 messages at once are throttled (${statuses.join(', ')}); ${how}`,
      remedy,
      facts,
    },
  };
}
