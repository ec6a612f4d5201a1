import { createInterface, type Interface } from 'node:readline';
import type { Settings } from '../../index';
import type { Context } from '../command';
import { bind, bindFinding, openLink, silenceFinding } from './binding';
import type { ProbeLink } from './link';
import {
  MOST_MESSAGES,
  Messenger,
  candidatesFor,
  findAddresses,
  findBurst,
  findLongMethod,
  type Ends,
} from './messages';
import type { Place } from './network';
import { ALPHABET_PROBE, Receipts, alphabetFinding, receiptFinding } from './receipts';
import { GRACE, pause, within, type Steps } from './steps';

/** Two segments, whichever way it is cut. */
const LONG_TEXT = `smpp doctor: a long message. ${'It should come as one, with all of its words. '.repeat(4)}End.`;

/** What a run of the doctor shares between its parts. */
export interface Run {
  readonly context: Context;
  readonly settings: Settings;
  readonly place: Place;
  readonly steps: Steps;
  /** All that were opened: they are closed in the end. */
  readonly links: ProbeLink[];
  /** What was found to be needed, by the names of the configuration. */
  readonly found: Record<string, unknown>;
}

/** Test messages, with the consent of whoever pays for them. */
export class MessageTests {
  readonly #run: Run;
  readonly #link: ProbeLink;
  readonly #to: string;
  readonly #from: string;
  #lines: Interface | undefined;
  #typed: AsyncIterator<string, undefined> | undefined;

  /** `link`: bound to send. */
  constructor(run: Run, link: ProbeLink) {
    const { to, from } = run.context.options as { to: string; from?: string };
    this.#run = run;
    this.#link = link;
    this.#to = to;
    this.#from = from ?? '';
  }

  async send(): Promise<void> {
    try {
      await this.#send();
    } finally {
      this.#lines?.close();
    }
  }

  async #send(): Promise<void> {
    const link = this.#link;
    const { signal } = this.#run.context;
    const candidates = candidatesFor(this.#to, this.#from, this.#run.settings);
    if (this.#run.settings.bindType === 'receiver') {
      await this.#run.steps.skip('messages', 'a receiver sends no messages', 'set bindType: transceiver');
      return;
    }
    if (!(await this.#agreed(this.#to))) {
      await this.#run.steps.skip('messages', 'not sent, as you have said');
      return;
    }
    const messenger = new Messenger(link, this.#run.settings, signal);
    const receipts = new Receipts(messenger.ids);
    link.onIncoming = (pdu) => receipts.take(pdu);
    await this.#listenBeside(receipts);
    const limit = 30 * this.#run.settings.responseTimeout + GRACE;
    let ends: Ends | undefined;
    await this.#run.steps.run('TON and NPI', limit, async () => {
      const found = await findAddresses(messenger, candidates, 'smpp doctor: a test');
      ends = found.ends;
      return found.finding;
    });
    if (!ends) return;
    this.#noteAddresses(ends);
    await this.#furtherTests(messenger, ends, limit);
    await this.#awaitReceipts(receipts, messenger);
  }

  async #furtherTests(messenger: Messenger, ends: Ends, limit: number): Promise<void> {
    const all = this.#run.context.options['allMethods'] === true;
    await this.#run.steps.run('two at once', limit, async () => {
      const { window, finding } = await findBurst(messenger, ends);
      if (window !== undefined) this.#run.found['windowSize'] = window;
      return finding;
    });
    await this.#run.steps.run('long messages', limit, async () => {
      const { method, finding } = await findLongMethod(messenger, ends, { text: LONG_TEXT, all });
      if (method !== undefined && method !== 'udh8')
        this.#run.found['defaults'] = { ...this.#run.settings.defaults, long_messages: method };
      return finding;
    });
    await this.#alphabet(messenger, ends, limit);
  }

  /** Half of a pair: receipts come to the receiver. */
  async #listenBeside(receipts: Receipts): Promise<void> {
    const {
      bindType,
      receiverHost,
      receiverPort,
      receiverSystemId,
      receiverPassword,
      systemId,
      password,
      bindTimeout,
    } = this.#run.settings;
    if (bindType !== 'pair') return;
    const place = {
      ...this.#run.place,
      host: receiverHost || this.#run.place.host,
      port: receiverPort ?? this.#run.place.port,
    };
    await this.#run.steps.run('bind receiver', bindTimeout + GRACE, async () => {
      const link = await openLink(place, place.host);
      this.#run.links.push(link);
      link.onIncoming = (pdu) => receipts.take(pdu);
      const credentials = { systemId: receiverSystemId || systemId, password: receiverPassword || password };
      try {
        return bindFinding(await bind(link, place, 'receiver', credentials), 'receiver');
      } catch (error) {
        return silenceFinding(error, place, place.host);
      }
    });
  }

  #noteAddresses({ source, destination }: Ends): void {
    const rule = candidatesFor(this.#to, this.#from, this.#run.settings);
    const [ruleTo, ruleFrom] = [rule.destinations[0], rule.sources[0]];
    if (destination.ton !== ruleTo?.ton) this.#run.found['destinationTon'] = destination.ton;
    if (destination.npi !== ruleTo?.npi) this.#run.found['destinationNpi'] = destination.npi;
    if (source.addr === '') return;
    if (source.ton !== ruleFrom?.ton) this.#run.found['sourceTon'] = source.ton;
    if (source.npi !== ruleFrom?.npi) this.#run.found['sourceNpi'] = source.npi;
  }

  async #alphabet(messenger: Messenger, ends: Ends, limit: number): Promise<void> {
    const { options, stdin } = this.#run.context;
    const sent = await this.#run.steps.run('alphabet', limit, async () => {
      if (messenger.left < 1) return { outcome: 'skipped', text: `${MOST_MESSAGES} messages have been sent` };
      const { status, meaning } = await messenger.text(ALPHABET_PROBE, ends);
      if (status !== 'ESME_ROK') return { outcome: 'failed', text: `refused: ${status}: ${meaning}` };
      return { outcome: 'ok', text: `sent ${JSON.stringify(ALPHABET_PROBE)} with data_coding 0` };
    });
    if (sent.outcome !== 'ok') return;
    const given = options['fromScreen'];
    const shown =
      typeof given === 'string'
        ? given
        : stdin.isTTY && options['yes'] !== true
          ? await this.#ask(
              `What does the phone show of ${ALPHABET_PROBE}? Type it, or press Enter if it is the same: `,
            )
          : undefined;
    if (shown === undefined) {
      await this.#run.steps.skip(
        'default alphabet',
        'not known',
        `look at the phone: if it does not show ${ALPHABET_PROBE}, run this again with --from-screen and what it shows`,
      );
      return;
    }
    await this.#run.steps.run('default alphabet', GRACE, async () => {
      const { options: more, finding } = alphabetFinding(shown.trim() === '' ? ALPHABET_PROBE : shown);
      Object.assign(this.#run.found, more);
      return Promise.resolve(finding);
    });
  }

  async #awaitReceipts(receipts: Receipts, { ids }: Messenger): Promise<void> {
    const seconds = Number(this.#run.context.options['receiptWait'] ?? 30);
    if (this.#run.settings.bindType === 'transmitter') {
      {
        await this.#run.steps.skip(
          'receipts',
          'a transmitter gets none',
          'set bindType: transceiver or pair to see them',
        );
        return;
      }
    }
    await this.#run.steps.run('receipts', seconds * 1000 + GRACE, async () => {
      const end = performance.now() + seconds * 1000;
      while (receipts.arrived.length < ids.length && performance.now() < end)
        await pause(50, this.#run.context.signal);
      const { options, finding } = receiptFinding(receipts, ids, seconds);
      Object.assign(this.#run.found, options);
      return finding;
    });
  }

  async #agreed(to: string): Promise<boolean> {
    const { options } = this.#run.context;
    if (options['yes'] === true) return true;
    const question = `This sends up to ${MOST_MESSAGES} messages to ${to}; the operator charges each as any other. Go on? [y/N] `;
    return /^\s*y(es)?\s*$/i.test(await this.#ask(question));
  }

  /** A line that is typed; empty at the end of input. */
  async #ask(question: string): Promise<string> {
    const { stdin, output, signal } = this.#run.context;
    output.stderr.write(question);
    this.#lines ??= createInterface({ input: stdin, terminal: false });
    this.#typed ??= this.#lines[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
    const typed = this.#typed;
    try {
      return await within(3_600_000, signal, async () => {
        const { done, value } = await typed.next();
        return done ? '' : value;
      });
    } catch (error) {
      // What comes next stands in a line of its own.
      output.stderr.write('\n');
      throw error;
    }
  }
}
