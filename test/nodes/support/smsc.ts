import { Smsc, type SmscOptions } from '../../../src/simulator';
import type { FlowNode } from './helper';

let count = 0;

/** A real SMSC for one test, and the nodes that point at it. */
export class Centre {
  readonly smsc: Smsc;
  /** Unlike those of other tests: what one leaves behind must not come to the next. */
  readonly id = `connection-${++count}`;

  private constructor(smsc: Smsc) {
    this.smsc = smsc;
  }

  static async start(options: SmscOptions = {}): Promise<Centre> {
    const smsc = new Smsc({ receiptDelay: 0.02, ...options });
    await smsc.start();
    return new Centre(smsc);
  }

  /** A tab, a connection to this centre, and the nodes given; wires to `out` lead to a helper node. */
  flow(nodes: readonly FlowNode[], config: Record<string, unknown> = {}): FlowNode[] {
    return [
      { id: 'tab', type: 'tab' },
      this.config(config),
      // Without a place on the canvas Node-RED takes a node for a config node.
      ...nodes.map((node) => ({ z: 'tab', x: 0, y: 0, ...node })),
      { id: 'result', type: 'helper', z: 'tab', x: 0, y: 0 },
    ];
  }

  config(config: Record<string, unknown> = {}): FlowNode {
    return {
      id: this.id,
      type: 'smpp-config',
      host: '127.0.0.1',
      port: this.smsc.port,
      reconnectMin: 0.05,
      // There is no user directory here.
      queue: 'memory',
      ...config,
    };
  }

  /** An smpp-out node, its output on the helper node `result`. */
  out(properties: Record<string, unknown> = {}): FlowNode {
    return { id: 'out', type: 'smpp-out', connection: this.id, wires: [['result']], ...properties };
  }

  /** An smpp-in node, its output on the helper node `result`. */
  in(properties: Record<string, unknown> = {}): FlowNode {
    return { id: 'in', type: 'smpp-in', connection: this.id, wires: [['result']], ...properties };
  }
}
