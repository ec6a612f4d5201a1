import { createRequire } from 'node:module';
import { once, type EventEmitter } from 'node:events';
import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import smppConfig from '../../../nodes/smpp-config';
import smppIn from '../../../nodes/smpp-in';
import smppOut from '../../../nodes/smpp-out';
import smppSimulator from '../../../nodes/smpp-simulator';
import { freePort as firstFreePort } from '../../../.ci/demo/ports';

export { until } from '../../support/until';

export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

type NodeFile = (RED: NodeAPI) => void;
type DeployType = 'full' | 'flows' | 'nodes';

interface TestHelper {
  init(runtime: string): void;
  startServer(done: () => void): void;
  stopServer(done: () => void): void;
  load(files: NodeFile[], flow: readonly FlowNode[], credentials?: object): Promise<void>;
  unload(): Promise<void>;
  clearFlows(): Promise<void>;
  getNode(id: string): TestNode;
  log(): { args: [{ level: number; msg: unknown; type?: string; id?: string }][] };
  readonly _log: {
    readonly ERROR: number;
    readonly WARN: number;
    readonly INFO: number;
    readonly DEBUG: number;
  };
  readonly _events: EventEmitter;
  readonly _redNodes: {
    setFlows(flow: readonly FlowNode[], credentials: object, type: DeployType): Promise<unknown>;
  };
  readonly _nodeModules: Record<string, NodeFile>;
}

/** A node under test: its methods are spies, one for all nodes. */
export type TestNode = Node & { readonly status: { args: [NodeStatus][]; thisValues: { id: string }[] } };

export interface NodeStatus {
  readonly fill: string;
  readonly shape: string;
  readonly text: string;
}

const required = createRequire(__filename);
export const helper = required('node-red-node-test-helper') as TestHelper;
helper.init(required.resolve('node-red'));
const CORE = { ...helper._nodeModules };

/** When the nodes of the type `slow-to-close` have closed. */
export const closing = { until: Promise.resolve() };

function slowToClose(RED: NodeAPI): void {
  RED.nodes.registerType('slow-to-close', function (this: Node, definition: NodeDef) {
    RED.nodes.createNode(this, definition);
    this.on('close', (done: () => void) => void closing.until.then(done));
  });
}

const FILES: NodeFile[] = [smppConfig, smppOut, smppIn, smppSimulator, slowToClose];

/** Starts the runtime once for a file of tests, and stops the flow after each. */
export function useHelper(): void {
  before(function (done) {
    helper.startServer(done);
  });
  after(function (done) {
    helper.stopServer(done);
  });
  afterEach(async () => {
    await helper.unload();
  });
}

export function load(
  flow: readonly FlowNode[],
  credentials: object = {},
  further: readonly NodeFile[] = [],
): Promise<void> {
  registerOnce();
  return helper.load([...FILES, ...further], flow, credentials);
}

/** Resolves when the flow runs again. The helper's own `setFlows` gives up after 0.3 s, which a close may take. */
export async function deploy(
  flow: readonly FlowNode[],
  type: DeployType,
  credentials: object = {},
): Promise<void> {
  const started = once(helper._events, 'flows:started');
  await helper._redNodes.setFlows(flow, credentials, type);
  await started;
}

/** Resolves when a node, of those that run now, is told to close. */
export function closes(id: string): Promise<void> {
  return new Promise((resolve) => helper.getNode(id).on('close', () => resolve()));
}

/** Of core nodes that it knows the helper registers the type for each node of the flow: the second would fail. */
function registerOnce(): void {
  for (const [type, register] of Object.entries(CORE)) {
    let registered = false;
    helper._nodeModules[type] = (RED) => {
      if (!registered) register(RED);
      registered = true;
    };
  }
}

/** A port that nobody listens on; below those that the system gives to whoever connects, who would be faster. */
export async function freePort(): Promise<number> {
  const port = await firstFreePort(nextPort);
  nextPort = port + 1;
  return port;
}

let nextPort = 20_000 + Math.floor(Math.random() * 10_000);

/** What a helper node gets, in order; `next` waits for it. */
export class Inbox {
  readonly messages: NodeMessage[] = [];
  readonly #waiting: ((msg: NodeMessage) => void)[] = [];

  constructor(id: string) {
    helper.getNode(id).on('input', (msg: NodeMessage) => {
      const waiting = this.#waiting.shift();
      if (waiting) waiting(msg);
      else this.messages.push(msg);
    });
  }

  next(): Promise<NodeMessage> {
    const ready = this.messages.shift();
    if (ready) return Promise.resolve(ready);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** What Node-RED's log got from a node at `level` or worse, as text. */
export function logged(level: 'ERROR' | 'WARN' | 'INFO' | 'DEBUG', id?: string): string[] {
  return helper
    .log()
    .args.map(([line]) => line)
    .filter((line) => line.level <= helper._log[level] && (id === undefined || line.id === id))
    .map((line) => String(line.msg));
}

/** All statuses that a node has shown so far. */
export function statuses(id: string): NodeStatus[] {
  const { args, thisValues } = helper.getNode(id).status;
  return args.flatMap(([status], index) => (thisValues[index]?.id === id ? [status] : []));
}
