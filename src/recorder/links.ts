import type { RecordedLink } from './entry';

/** The connections that kept PDUs went over, by the number of the session; one of which nothing is kept is forgotten. */
export class Links {
  readonly #links = new Map<number, { readonly link: RecordedLink; entries: number }>();

  /** A PDU of it is kept. */
  add(link: RecordedLink): void {
    const known = this.#links.get(link.session);
    if (known) known.entries++;
    else this.#links.set(link.session, { link, entries: 1 });
  }

  /** One is kept no more. */
  readonly drop = (session: number): void => {
    const known = this.#links.get(session);
    if (known && --known.entries <= 0) this.#links.delete(session);
  };

  get size(): number {
    return this.#links.size;
  }

  /** As they are now. */
  copy(): ReadonlyMap<number, RecordedLink> {
    return new Map([...this.#links].map(([session, { link }]) => [session, link]));
  }
}
