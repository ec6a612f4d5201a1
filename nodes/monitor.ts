import { Metrics, type HealthReport } from '../src/index';

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
  readonly #served = new WeakSet<object>();

  enter(connection: Monitored): void {
    this.#connections.set(connection.nodeId, connection);
  }

  leave(connection: Monitored): void {
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
