import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { SmppError } from '../src/index';
import { Reader } from './choices';
import { ACKNOWLEDGEMENTS, COMMANDS, ENCODINGS, FROM_MESSAGE, LONG_MESSAGES, RECEIPTS } from './compose';
import { findConnection } from './nodes';
import { registry } from './registry';
import { Sender, type Done, type Send, type SenderSettings } from './sender';
import { TypedInputReader } from './typed-inputs';

/** The longest wait that a timer can keep: 24 days. */
const LONGEST = 2_000_000;

export = function smppOut(RED: NodeAPI): void {
  function SmppOut(this: Node, given: NodeDef): void {
    RED.nodes.createNode(this, given);
    const reader = new Reader('smpp-out', given);
    const { definition } = reader;
    const settings = readSettings(reader);
    const found = findConnection(RED, definition.connection);
    const problems = [...reader.problems, ...(found instanceof SmppError ? [found.message] : [])];
    const connection = problems.length === 0 ? found : new SmppError('INVALID_CONFIG', problems.join('; '));
    if (connection instanceof SmppError) {
      this.error(`this node cannot send: ${connection.message}`);
      this.status({ fill: 'red', shape: 'ring', text: RED._('smpp-out.status.error') });
    } else connection.view(this);

    const inputs = new TypedInputReader(RED, this, definition);
    const sender = new Sender({ RED, node: this, connection, settings, inputs, registry });
    this.on('input', (msg: NodeMessageInFlow, send: Send, done: Done) => sender.handle(msg, send, done));
    this.on('close', () => {
      if (!(connection instanceof SmppError)) connection.unview(this);
    });
  }

  RED.nodes.registerType('smpp-out', SmppOut);
};

function readSettings(reader: Reader): SenderSettings {
  return {
    command: reader.choice('command', [...COMMANDS, FROM_MESSAGE]),
    encoding: reader.choice('encoding', ENCODINGS),
    longMessages: reader.choice('longMessages', LONG_MESSAGES),
    registeredDelivery: reader.choice('registeredDelivery', RECEIPTS),
    intermediateNotification: reader.flag('intermediateNotification'),
    smeAcknowledgement: reader.choice('smeAcknowledgement', ACKNOWLEDGEMENTS),
    completeWhen: reader.choice('completeWhen', ['accepted', 'queued', 'delivered']),
    deliveredTimeout: reader.number('deliveredTimeout', 86_400, { min: 0.001, max: LONGEST }),
  };
}
