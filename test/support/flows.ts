import type { FlowNode } from './runtime';

/** Parts of flows for tests: a tab "tab" with all nodes, and a connection "smsc". */

export const tab: FlowNode = { id: 'tab', type: 'tab', label: 'test' };

type Properties = Readonly<Record<string, unknown>>;

/** An smpp-config "smsc" that reconnects quickly. */
export function connection(port: number | string, properties: Properties = {}): FlowNode {
  return {
    id: 'smsc',
    type: 'smpp-config',
    queue: 'memory',
    name: 'Test',
    host: '127.0.0.1',
    port,
    reconnectMin: 0.1,
    reconnectMax: 0.3,
    credentials: { systemId: 'test', password: 'secret' },
    ...properties,
  };
}

/** A node of the tab. */
export function node(
  type: string,
  id: string,
  properties: Properties = {},
  to: readonly string[] = [],
): FlowNode {
  return { id, type, z: 'tab', name: '', x: 100, y: 100, ...properties, wires: [[...to]] };
}

/** What comes out of `entry` is sent; outcomes come to `outcome`, whatever smpp-in hears to `heard`. */
export function sendingFlow(
  config: FlowNode,
  properties: { out?: Properties; in?: Properties } = {},
): FlowNode[] {
  return [
    tab,
    config,
    node('probe', 'entry', {}, ['out']),
    node('smpp-out', 'out', { connection: config.id, ...properties.out }, ['outcome']),
    node('probe', 'outcome'),
    node('smpp-in', 'in', { connection: config.id, events: ['message', 'receipt'], ...properties.in }, [
      'heard',
    ]),
    node('probe', 'heard'),
  ];
}
