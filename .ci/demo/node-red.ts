import { createServer, type RequestListener, type Server } from 'node:http';

/** As much as is used here of how a program embeds Node-RED (its documentation, "Embedding into an existing app"). */
export interface NodeRed {
  version(): string;
  init(server: Server, settings: Record<string, unknown>): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly httpAdmin: RequestListener;
  readonly httpNode: RequestListener;
  readonly events: { on(event: string, handler: (event: never) => void): unknown };
  readonly hooks: { add(hook: string, handler: (event: never) => void): void };
  readonly nodes: {
    eachNode(visit: (node: FlowNode) => void): void;
    getNode(id: string): { receive(msg?: Record<string, unknown>): void } | null;
  };
}

/** A node as the flow file has it. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

/** What Node-RED hands to a log handler. */
export interface LogLine {
  readonly level: number;
  readonly msg: unknown;
  readonly type?: string;
  readonly name?: string;
  readonly id?: string;
}

type App = RequestListener & { use(handler: RequestListener): void };

/** What embeds Node-RED: its module, and the express that it is made with, around editor and flows. */
export interface NodeRedModules {
  readonly nodeRed: NodeRed;
  readonly express: () => App;
}

/**
 * Readies Node-RED in this process: nothing is left behind when the process goes, however it goes. The server, for
 * the editor and the flows' own routes, does not listen yet. `root`: the checkout, where package.json lies.
 */
export function embed(
  { nodeRed, express }: NodeRedModules,
  root: string,
  userDir: string,
  editor: boolean,
  log: (line: LogLine) => void,
): Server {
  const app = express();
  const server = createServer(app);
  nodeRed.init(server, {
    userDir,
    flowFile: 'flows.json',
    flowFilePretty: true,
    nodesDir: [root],
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    disableEditor: !editor,
    logging: { demo: { level: 'info', metrics: false, audit: false, handler: () => log } },
    // No tour, no question about telemetry, no notice of updates: the flow is what is to be seen.
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, page: { title: 'SMPP demo' } },
  });
  app.use(nodeRed.httpAdmin);
  app.use(nodeRed.httpNode);
  return server;
}

/** Node-RED takes the checkout around it for its own, and says so. */
export function versionOf(nodeRed: NodeRed): string {
  return nodeRed.version().replace(/-git$/, '');
}
