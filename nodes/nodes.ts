import type { Node, NodeAPI } from 'node-red';
import { SmppError } from '../src/index';
import type { Connection } from './connection';

/** An smpp-config node as its users see it. */
export interface SmppConfigNode extends Node {
  readonly connection: Connection;
}

/** The connection that a node names, or what to do about it. */
export function findConnection(RED: NodeAPI, id: unknown): Connection | SmppError {
  if (typeof id !== 'string' || id === '') {
    return noConnection('no connection is chosen; open the node and choose one');
  }
  const node = RED.nodes.getNode(id) as Partial<SmppConfigNode> | null;
  if (node?.connection) return node.connection;
  return noConnection('the connection does not exist or is disabled; open the node and choose one');
}

function noConnection(remedy: string): SmppError {
  return new SmppError('NO_CONNECTION', `connection: ${remedy}`);
}
