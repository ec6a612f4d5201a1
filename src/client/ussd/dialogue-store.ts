import { createHash } from 'node:crypto';
import type { KeyValueState } from '../../store';
import { DIALOGUES, decodeDialogue, encodeDialogue, nameOf, type Dialogue } from './dialogue';

/** Milliseconds that a dialogue is kept beyond its time, so that who comes up later tells that it is over. */
const GRACE = 3_600_000;
const COUNT = 2 ** 31;
const LONGEST_NUMBER = 40;

/** Dialogues as the store has them: each under its id, and of each number the one that is open. */
export class DialogueStore {
  readonly #state: KeyValueState;
  readonly #ttl: number;

  /** `timeout`: of a dialogue, milliseconds. */
  constructor(state: KeyValueState, timeout: number) {
    this.#state = state;
    this.#ttl = timeout + GRACE;
  }

  async get(id: string): Promise<Dialogue | undefined> {
    const stored = await this.#state.get(nameOf(id));
    return stored && decodeDialogue(stored);
  }

  /** The one that is open with this number. */
  async with(number: string): Promise<Dialogue | undefined> {
    const id = await this.#state.get(numberName(number));
    return id && this.get(id.toString());
  }

  /** Safe when it resolves. */
  async put(dialogue: Dialogue, isNew = false): Promise<void> {
    await this.#state.set(nameOf(dialogue.id), encodeDialogue(dialogue), this.#ttl);
    // By then whoever finds it by its number finds all of it. Each message renews both.
    if (isNew || dialogue.next === 'us')
      await this.#state.set(numberName(dialogue.phone.addr), Buffer.from(dialogue.id), this.#ttl);
  }

  /** `isOpen`: it is the one that is open with its number. */
  async delete({ id, turn, phone }: Dialogue, isOpen: boolean): Promise<void> {
    const names = [nameOf(id), turnName(id, turn)];
    await this.#state.delete(isOpen ? [...names, numberName(phone.addr)] : names);
  }

  async all(): Promise<Dialogue[]> {
    const found = await this.#state.list(DIALOGUES);
    return found.map(([, value]) => decodeDialogue(value)).filter((one) => one !== undefined);
  }

  /** Where instances share the store: whether nobody else has taken this turn of it. */
  async take({ id, turn }: Dialogue): Promise<boolean> {
    return (await this.#state.increment(turnName(id, turn), COUNT, 0, this.#ttl)) === 0;
  }

  /** Gives a turn back. */
  release({ id, turn }: Dialogue): Promise<void> {
    return this.#state.delete([turnName(id, turn)]);
  }

  /** Where instances share the store: whether this one is to tell that it is over. */
  async end({ id }: Dialogue): Promise<boolean> {
    return (await this.#state.increment(`ussd-end:${id}`, COUNT, 0, this.#ttl)) === 0;
  }
}

const turnName = (id: string, turn: number): string => `ussd-turn:${id}/${turn}`;

/** What a PDU says may be longer than a store's keys. */
function numberName(number: string): string {
  const isLong = number.length > LONGEST_NUMBER;
  return `ussd-number:${isLong ? createHash('sha256').update(number).digest('hex') : number}`;
}
