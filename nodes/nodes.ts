import type { Node, NodeAPI } from 'node-red';
import { SmppError } from '../src/index';
import type { Connection } from './connection';

/** An smpp-config node as its users see it. */
export interface SmppConfigNode extends Node {
  readonly connection: Connection;
}

/** The connection that a node names, or what to do about it. */
export function findConnection(RED: NodeAPI, id: unknown): Connection | SmppError {
  const isChosen = typeof id === 'string' && id !== '';
  const node = isChosen ? (RED.nodes.getNode(id) as Partial<SmppConfigNode> | null) : null;
  if (node?.connection) return node.connection;
  const problem = isChosen ? 'the connection does not exist or is disabled' : 'no connection is chosen';
  return new SmppError('NO_CONNECTION', `connection: ${problem}; open the node and choose one`);
}
