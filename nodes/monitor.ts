import { Metrics, withoutLineEnd, type HealthReport, type SmppClientOptions } from '../src/index';

/** How a connection is, for who watches it from outside. */
export interface ConnectionHealth extends Partial<Omit<HealthReport, 'healthy' | 'problems'>> {
  /** Of the smpp-config node. */
  readonly id: string;
  readonly name: string;
  readonly healthy: boolean;
  readonly problems: readonly string[];
}

/** A connection that is there, whether it is usable or not. */
export interface Monitored {
  readonly nodeId: string;
  /** What people call it. */
  readonly name: string;
  health(): Promise<ConnectionHealth>;
  /** Why it has no client. */
  readonly unusable: Error | undefined;
  /** Whether it is to be connected, also where its client does not know that yet, or there is none. */
  readonly isAwaited: boolean;
}

/** As in logs and metrics, which have it from the client. */
export function nameOf({ name, clientId }: SmppClientOptions, nodeId: string): string {
  const given = [name, clientId].find((one) => typeof one === 'string' && one !== '');
  return given === undefined ? nodeId : withoutLineEnd(given);
}

/** It is to come up as soon as the flows run, or its queue can be opened; `trouble`: why that did not work. */
export function awaited(report: HealthReport, isAwaited: boolean, trouble = NOT_YET): HealthReport {
  if (report.wanted || !isAwaited) return report;
  return { ...report, wanted: true, healthy: false, problems: [trouble, ...report.problems] };
}

const NOT_YET = 'it is not connected yet';

/** What is to be seen of all connections of the process. */
export class Monitor {
  readonly metrics = new Metrics();
  readonly #connections = new Map<string, Monitored>();
  readonly #detach = new Map<Monitored, () => void>();
  readonly #served = new WeakSet<object>();

  enter(connection: Monitored): void {
    this.#connections.set(connection.nodeId, connection);
    const detach = this.metrics.attach(connection.name, {
      collect: (sink) => {
        sink.value('smpp_connection_wanted', Number(connection.isAwaited));
        // One without a client is down, and would else be no alert's.
        if (connection.unusable) sink.value('smpp_connection_up', 0);
      },
    });
    this.#detach.set(connection, detach);
  }

  leave(connection: Monitored): void {
    this.#detach.get(connection)?.();
    this.#detach.delete(connection);
    // Past Node-RED's close limit the next instance may have entered already.
    if (this.#connections.get(connection.nodeId) === connection) this.#connections.delete(connection.nodeId);
  }

  /** By the id of the node, else by name, which several may have; all where neither is given. */
  find(idOrName?: string): readonly Monitored[] {
    const all = [...this.#connections.values()];
    if (idOrName === undefined) return all;
    const one = this.#connections.get(idOrName);
    return one ? [one] : all.filter(({ name }) => name === idOrName);
  }

  /** Whether routes are yet to be added to the application: once, however often the node file is loaded. */
  isToBeServed(application: object): boolean {
    if (this.#served.has(application)) return false;
    this.#served.add(application);
    return true;
  }
}
