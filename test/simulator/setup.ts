import { Smsc, type SmscEventName, type SmscEvents, type SmscOptions } from '../../src/simulator';
import { Esme, type EsmeOptions } from '../support/esme';

/** SMSCs and clients of one test; `close` ends them all. */
export class Scene {
  readonly #smscs: Smsc[] = [];
  readonly #esmes: Esme[] = [];

  /** An SMSC on a free port; receipts go at once unless told otherwise. */
  async smsc(options: SmscOptions = {}): Promise<Smsc> {
    const smsc = new Smsc({ receiptDelay: 0, ...options });
    this.#smscs.push(smsc);
    await smsc.start();
    return smsc;
  }

  /** A client, bound. */
  async esme(smsc: Smsc, options: Partial<EsmeOptions> = {}): Promise<Esme> {
    const esme = await Esme.bound({ port: smsc.port, ...options });
    this.#esmes.push(esme);
    return esme;
  }

  /** A client that only connected. */
  async connected(smsc: Smsc): Promise<Esme> {
    const esme = await Esme.open({ port: smsc.port });
    this.#esmes.push(esme);
    return esme;
  }

  async close(): Promise<void> {
    await Promise.all(this.#esmes.map((esme) => esme.close()));
    await Promise.all(this.#smscs.map((smsc) => smsc.stop()));
  }
}

/** All events of a name from now on. */
export function collect<E extends SmscEventName>(smsc: Smsc, name: E): SmscEvents[E][] {
  const events: SmscEvents[E][] = [];
  smsc.on(name, (event) => events.push(event));
  return events;
}

/** The next event of a name. */
export function next<E extends SmscEventName>(smsc: Smsc, name: E): Promise<SmscEvents[E]> {
  return new Promise((resolve) => {
    const handler = (event: SmscEvents[E]): void => {
      smsc.off(name, handler);
      resolve(event);
    };
    smsc.on(name, handler);
  });
}

export { pass as pause } from '../support/until';
