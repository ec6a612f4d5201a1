import type { Clock } from '../../clock';
import type { Log, LogLine } from '../../observability';
import type { Claim, DeliveryState, KeyValueState, QueueItem, Settlement, Store } from '../../store';
import { noClaims, newDeliveryState } from '../../store';
import { failureFields, failureText } from '../events/outcome-form';
import type { FailureFields, Outcome, ReceiptReport } from '../events/outcome';
import type { Settings } from '../config/options';

/** What became of the message of a key; empty: it waits to be sent. */
export interface KeyOutcome {
  /** The SMSC has accepted it. */
  readonly accepted?: Pick<Outcome, 'message_ids' | 'attempts' | 'redelivered'>;
  /** Or it failed for good. */
  readonly failed?: { readonly text: string; readonly fields: FailureFields };
  /** What its final receipts said, where somebody waited for them. */
  readonly receipts?: readonly ReceiptReport[];
  /** It is on its way into a queue that takes no claims: nobody knows yet whether it is there. */
  readonly pending?: true;
}

/** What is kept of a key. */
export interface KeyRecord extends KeyOutcome {
  /** Of the message. */
  readonly id: string;
  /** Of what it said: see `QueueItem.idempotency`. */
  readonly digest: string;
}

type Keyed = Pick<QueueItem, 'id' | 'idempotency'>;

const VERSION = '1';
/** Octets of a record; one that has more is kept without its details. */
const LONGEST = 8 * 1024;

/** Begins every record of a message, whatever has become of it. */
const startOf = (id: string): Buffer => Buffer.from(`${VERSION} ${id} `);

/**
 * A record: `1 <id> <digest> <JSON of the outcome>`. Of the message there are digests alone, and of receipts no text.
 */
export function encodeKeyRecord({ id, idempotency }: Keyed, outcome: KeyOutcome = {}): Buffer {
  const start = `${VERSION} ${id} ${idempotency?.digest ?? ''} `;
  const full = Buffer.from(start + JSON.stringify(outcome));
  return full.length <= LONGEST ? full : Buffer.from(start + JSON.stringify(brief(outcome)));
}

/** What must not be forgotten of an outcome that is too long. */
function brief({ accepted, failed }: KeyOutcome): KeyOutcome {
  if (accepted) return { accepted: { ...accepted, message_ids: accepted.message_ids.slice(0, 1) } };
  if (!failed) return {};
  const { code, attempts, segments, redelivered } = failed.fields;
  const fields = { code, attempts, segments, redelivered, message_ids: [], history: [] };
  return { failed: { text: failed.text.slice(0, 1000), fields } };
}

/** Undefined: it is in no form that is known here. */
export function decodeKeyRecord(octets: Buffer): KeyRecord | undefined {
  const [version, id = '', digest = '', ...json] = octets.toString('utf8').split(' ');
  if (version !== VERSION) return undefined;
  try {
    return { id, digest, ...(JSON.parse(json.join(' ')) as KeyOutcome) };
  } catch {
    return undefined;
  }
}

export interface KeyRecordsParts {
  readonly settings: Settings;
  readonly store: Pick<Store, 'state' | 'capabilities'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is known of idempotency keys: facts in the state of the store, which forgets them when their time is over. */
export class KeyRecords {
  readonly #parts: KeyRecordsParts;

  constructor(parts: KeyRecordsParts) {
    this.#parts = parts;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  /** Whether keys are kept at all. */
  get isOn(): boolean {
    return this.#parts.settings.idempotencyTtl > 0;
  }

  /** Whether the queue claims keys in one step with the messages. */
  get areAtomic(): boolean {
    return this.#parts.store.capabilities.claims === true;
  }

  /** Claims the key of a message that has one. */
  claimOf(item: QueueItem & Required<Pick<QueueItem, 'idempotency'>>, outcome?: KeyOutcome): Claim {
    const key = item.idempotency?.key ?? '';
    return { key, value: encodeKeyRecord(item, outcome), ttl: this.#parts.settings.idempotencyTtl };
  }

  get #state(): KeyValueState {
    return this.#parts.store.state;
  }

  async claim(claim: Claim): Promise<Buffer | undefined> {
    if (!this.#state.claim || !this.#state.update) throw noClaims();
    return this.#state.claim(claim);
  }

  async read(key: string): Promise<KeyRecord | undefined> {
    const octets = await this.#state.get(key);
    return octets && decodeKeyRecord(octets);
  }

  async forget(keys: readonly string[]): Promise<void> {
    await this.#state.delete(keys);
  }

  /** What became of a message, as long as the key is still its own. */
  async update(item: Keyed, outcome: KeyOutcome): Promise<void> {
    const { key } = item.idempotency ?? {};
    if (key === undefined) return;
    await this.#state.update?.(key, encodeKeyRecord(item, outcome), startOf(item.id));
  }

  /** The queue has it; where something has become of it by now, that counts. */
  tellQueued(item: Keyed): void {
    const { key } = item.idempotency ?? {};
    if (key === undefined) return;
    const pending = encodeKeyRecord(item, { pending: true });
    this.#try(this.#state.update?.(key, encodeKeyRecord(item), pending));
  }

  /** A record that nobody has ended in time becomes this message's. */
  async takeOver(item: Keyed, from: Buffer, outcome: KeyOutcome): Promise<boolean> {
    const { key } = item.idempotency ?? {};
    if (key === undefined) return false;
    const mine = encodeKeyRecord(item, outcome);
    await this.#state.update?.(key, mine, from);
    return (await this.#state.get(key))?.equals(mine) === true;
  }

  /** Before they are settled, so that no key forgets its outcome in a crash between the two. */
  async settling(settlements: readonly Settlement[]): Promise<void> {
    await Promise.all(
      settlements.map((settlement) => this.update(settlement.lease.item, outcomeOf(settlement))),
    );
  }

  /** As {@link update}; what the store does not take is passed over: it stays as it was. */
  tell(item: Keyed, outcome: KeyOutcome): void {
    this.#try(this.update(item, outcome));
  }

  #try(work: Promise<void> | undefined): void {
    work?.catch((error: unknown) => {
      const line = { event: 'queue', stage: 'idempotency', err: error } satisfies LogLine;
      this.#parts.log.debug(line, 'the store does not take the outcome of an idempotency key');
    });
  }
}

function outcomeOf(settlement: Settlement): KeyOutcome {
  const { item, state } = settlement.lease;
  if (settlement.outcome === 'retry') return {};
  if (!settlement.reason) return { accepted: acceptedFacts(state) };
  const fields = { ...failureFields(item, state, settlement.reason), history: [] };
  return { failed: { text: failureText(state, settlement.reason), fields } };
}

/** As `acceptedOutcome` makes them. */
function acceptedFacts(state: DeliveryState): NonNullable<KeyOutcome['accepted']> {
  const message_ids = state.accepted.map((id) => id ?? '');
  return { message_ids, attempts: state.attempts, redelivered: state.redelivered };
}

/** The state of a message as its record tells it. */
export function stateOf(item: QueueItem, accepted: NonNullable<KeyOutcome['accepted']>): DeliveryState {
  const { message_ids, attempts, redelivered } = accepted;
  const fresh = newDeliveryState(item);
  return { ...fresh, accepted: fresh.accepted.map((_, at) => message_ids[at] ?? ''), attempts, redelivered };
}

/** Receipts without the text that they quote. */
export const withoutText = (receipts: readonly ReceiptReport[]): ReceiptReport[] =>
  receipts.map((receipt) => {
    const { text: _text, ...rest } = receipt;
    return rest;
  });
