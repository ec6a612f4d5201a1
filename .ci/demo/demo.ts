import { flowIds } from './flow';
import { embed, versionOf, type FlowNode, type NodeRed, type NodeRedModules } from './node-red';
import { host, listenFrom } from './ports';
import { Story } from './story';
import { UserFolder } from './user-folder';

export interface DemoOptions {
  readonly modules: NodeRedModules;
  /** The checkout: where package.json lies. */
  readonly root: string;
  /** Where Node-RED keeps the flow and its settings between starts. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Forget what was edited in earlier runs. */
  readonly fresh?: boolean;
  /** First port to try for the editor; default 1880. */
  readonly port?: number;
}

export interface Demo {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts Node-RED with the demo's flow, and sends one message by itself so that there is something to see.
 * @throws DemoError when another demo runs in the folder, or no port is free
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { modules, root, say, fresh = false, port = 1880 } = options;
  const { nodeRed } = modules;
  const folder = new UserFolder(root, options.folder);
  await folder.claim();
  if (fresh) folder.reset();
  const held = await folder.prepareFlow(say);
  say('Starting Node-RED ...');
  const story = new Story(say);
  const server = embed(modules, root, folder.path, true, (line) => story.log(line));
  const url = `http://${host}:${await listenFrom(server, port)}`;
  folder.note(url);
  story.follow(nodeRed);
  nodeRed.events.on('flows:starting', () => {
    for (const port of held.splice(0)) void port.release();
  });
  await nodeRed.start();
  say(`Node-RED ${versionOf(nodeRed)} is listening: open ${url} in a browser (Ctrl-C stops it).`);
  let stopping = false;
  void story.bound.then(() => {
    if (!stopping) sendGreeting(nodeRed);
  });
  return {
    url,
    stop: async () => {
      stopping = true;
      await nodeRed.stop();
      server.closeAllConnections();
      server.close();
      folder.release();
    },
  };
}

/** Presses the flow's button once. Only towards the simulator of the flow: with a real SMSC it would cost. */
function sendGreeting(nodeRed: NodeRed): void {
  if (bindsToOwnSimulator(nodeRed)) nodeRed.nodes.getNode(flowIds.hello)?.receive();
}

function bindsToOwnSimulator(nodeRed: NodeRed): boolean {
  const nodes = new Map<string, FlowNode>();
  nodeRed.nodes.eachNode((node) => nodes.set(node.id, node));
  const connection = nodes.get(flowIds.connection);
  const simulator = nodes.get(flowIds.simulator);
  return (
    connection?.host === host && simulator?.d !== true && String(connection.port) === String(simulator?.port)
  );
}
