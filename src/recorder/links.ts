import type { RecordedLink } from './entry';

interface Counted {
  readonly link: RecordedLink;
  entries: number;
}

/** The connections that kept PDUs went over, by the number of the session; one of which nothing is kept is forgotten. */
export class Links {
  readonly #links = new Map<number, Counted>();

  /** The one that was asked for last, for they come in rows. */
  #last: Counted | undefined;

  /** A PDU of it is kept. */
  add(link: RecordedLink): void {
    const known = this.#of(link.session);
    if (known) known.entries++;
    else this.#links.set(link.session, (this.#last = { link, entries: 1 }));
  }

  #of(session: number): Counted | undefined {
    if (this.#last?.link.session !== session) this.#last = this.#links.get(session);
    return this.#last;
  }

  /** One is kept no more. */
  readonly drop = (session: number): void => {
    const known = this.#of(session);
    if (!known || --known.entries > 0) return;
    this.#links.delete(session);
    this.#last = undefined;
  };

  get size(): number {
    return this.#links.size;
  }

  /** As they are now. */
  copy(): ReadonlyMap<number, RecordedLink> {
    return new Map([...this.#links].map(([session, { link }]) => [session, link]));
  }
}
