import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { EVENT_NAMES, SmppError, type EventName } from '../src/index';
import { Reader } from './choices';
import type { AnyEvent, Listener } from './listeners';
import { findConnection } from './nodes';
import { smppOf, withTrace } from './outcomes';
import { eventNames } from './wishes';

export = function smppIn(RED: NodeAPI): void {
  function SmppIn(this: Node, given: NodeDef): void {
    RED.nodes.createNode(this, given);
    const reader = new Reader('smpp-in', given);
    const events = readEvents(reader);
    const rawPdu = reader.flag('rawPdu');
    const connection = findConnection(RED, reader.definition.connection);
    if (connection instanceof SmppError) reader.add(connection.message);
    if (connection instanceof SmppError || reader.problems.length > 0) {
      this.error(`this node cannot receive: ${reader.problems.join('; ')}`);
      this.status({ fill: 'red', shape: 'ring', text: RED._('smpp-in.status.error') });
      return;
    }
    const receive: Listener['receive'] = (event, shared) => {
      const msg = toMessage(event, rawPdu);
      this.send(shared ? RED.util.cloneMessage(msg) : msg);
    };
    const listener = { id: this.id, events, receive };
    connection.view(this);
    connection.listen(listener);
    this.on('close', (removed: boolean, done: () => void) => {
      connection.unview(this);
      connection.unlisten(listener, removed);
      done();
    });
  }

  RED.nodes.registerType('smpp-in', SmppIn);
};

function readEvents(reader: Reader): ReadonlySet<EventName> {
  const names = eventNames(reader.definition.events);
  const known = EVENT_NAMES.filter((name) => names.includes(name));
  const unknown = names.filter((name) => !known.some((event) => event === name));
  if (unknown.length > 0)
    reader.add(`events (${JSON.stringify(unknown)}): give some of ${EVENT_NAMES.join(', ')}`);
  else if (known.length === 0) reader.add('events: choose at least one');
  return new Set(known);
}

/** An event as a message of the flow: its own `_msgid` is that of the message it belongs to. */
function toMessage(event: AnyEvent, rawPdu: boolean): NodeMessage {
  const { payload, topic, msgid } = event;
  // Of what cannot be read the octets are all that there is.
  const smpp = smppOf(event, rawPdu || 'problem' in event);
  const msg = msgid === undefined ? { payload, topic, smpp } : { _msgid: msgid, payload, topic, smpp };
  return withTrace(msg, event);
}
