import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import type { Definition } from './migrations';
import { SimulatorRunner, type SimulatorCredentials } from './simulator-runner';

type SimulatorNode = Node<SimulatorCredentials>;

export = function smppSimulator(RED: NodeAPI): void {
  function SmppSimulator(this: SimulatorNode, definition: NodeDef): void {
    RED.nodes.createNode(this, definition);
    const runner = new SimulatorRunner({
      definition: definition as unknown as Definition,
      credentials: this.credentials,
      log: this,
      send: (msg) => this.send(msg),
      status: (status) => this.status(status),
      translate: (key, values) => RED._(`smpp-simulator.${key}`, values ?? {}),
    });
    this.on('input', (msg: NodeMessageInFlow, _send: unknown, done: (error?: Error) => void) => {
      runner.take(msg).then(() => done(), done);
    });
    this.on('close', (_removed: boolean, done: () => void) => {
      runner.stop().then(done, done);
    });
  }

  RED.nodes.registerType<SimulatorNode, NodeDef, object, SimulatorCredentials>(
    'smpp-simulator',
    SmppSimulator,
    {
      credentials: { systemId: { type: 'text' }, password: { type: 'password' } },
    },
  );
};
