import { resolve } from 'node:path';
import type { NodeAPI, NodeDef } from 'node-red';
import { readConfiguration, type Credentials } from './configuration';
import { Connection } from './connection';
import type { Definition } from './migrations';
import type { SmppConfigNode } from './nodes';
import { serveMonitoring } from './monitoring';
import { pluginsOf, servePlugins } from './plugins';
import { registry } from './registry';
import { tellForgotten, tellOrphans } from './removed';
import type { TlsConfig, TlsInput } from './tls';
import type { Fields } from './values';
import { wantsMessages, type FlowDefinition } from './wishes';

/** Milliseconds that Node-RED waits for a node to close, unless its settings say otherwise. */
const CLOSE_LIMIT = 15_000;

type ConfigNode = SmppConfigNode & { connection: Connection; credentials: Credentials };

export = function smppConfig(RED: NodeAPI): void {
  const warn = (text: string): void => RED.log.warn(text);
  const userDir = resolve(RED.settings.userDir ?? '.');
  const queues = resolve(userDir, 'smpp');
  const plugins = pluginsOf(RED);
  registry.attach(RED.events, (orphans) => {
    void tellOrphans(registry, warn, orphans);
    void tellForgotten(registry, queues, warn);
  });
  servePlugins(RED);
  serveMonitoring(RED, registry.monitor);

  function SmppConfig(this: ConfigNode, definition: NodeDef): void {
    RED.nodes.createNode(this, definition);
    const settings = RED.settings as { nodeCloseTimeout?: unknown };
    const configuration = readConfiguration({
      definition: definition as unknown as Definition,
      credentials: this.credentials,
      hasQueueKey: hasQueueKey(RED, this),
      closeLimit: Number(settings.nodeCloseTimeout) || CLOSE_LIMIT,
      nodeId: this.id,
      queueDirectory: queues,
      userDir,
      resolvePlugin: plugins.resolve,
      codecs: () => plugins.ids('smpp-codec'),
      ...tlsInput(RED, this),
    });
    for (const warning of configuration.warnings) this.warn(warning);
    for (const note of configuration.notes ?? []) this.debug(note);
    const connection = new Connection({
      nodeId: this.id,
      log: this,
      registry,
      wantsMessages: () => wantsMessages(flowsOf(RED), idsOf(this)),
      translate: (key, values) => RED._(`smpp-config.${key}`, values ?? {}),
      configuration,
    });
    this.connection = connection;
    this.on('close', (removed: boolean, done: () => void) => {
      const failed = (error: unknown): void =>
        this.warn(`the connection did not close cleanly: ${String(error)}`);
      void connection.close(removed).catch(failed).then(done);
    });
  }

  RED.nodes.registerType<ConfigNode, NodeDef, object, Credentials>('smpp-config', SmppConfig, {
    credentials: {
      systemId: { type: 'text' },
      password: { type: 'password' },
      receiverSystemId: { type: 'text' },
      receiverPassword: { type: 'password' },
      outbindSystemId: { type: 'text' },
      outbindPassword: { type: 'password' },
      queueKey: { type: 'password' },
      queueUrl: { type: 'password' },
      correlationUrl: { type: 'password' },
    },
  });
};

/** As it was written: by now a variable has become its value, which may be empty. */
function hasQueueKey(RED: NodeAPI, node: ConfigNode): boolean {
  const written = idsOf(node).map((id) => RED.nodes.getCredentials(id) as Credentials | undefined);
  return written.some((credentials) => (credentials?.queueKey ?? '') !== '');
}

function flowsOf(RED: NodeAPI): (FlowDefinition & Fields)[] {
  const flows: NodeDef[] = [];
  RED.nodes.eachNode((definition) => void flows.push(definition));
  return flows as unknown as (FlowDefinition & Fields)[];
}

/** In a subflow a node has an id of its own, and is known to the others of the template by the one it has there. */
function idsOf({ id, _alias }: ConfigNode & { readonly _alias?: string }): string[] {
  return _alias === undefined ? [id] : [id, _alias];
}

/** How TLS configurations, and what they leave to the environment, are found. */
function tlsInput(RED: NodeAPI, node: ConfigNode): TlsInput {
  const { getSetting } = RED.util as unknown as { getSetting: (node: unknown, name: string) => unknown };
  return {
    findTls: (id) => (RED.nodes.getNode(id) as unknown as TlsConfig | null) ?? undefined,
    findDefinition: (id) => flowsOf(RED).find((definition) => definition.id === id),
    environment: (name) => {
      const value = getSetting(node, name);
      return typeof value === 'string' ? value : undefined;
    },
  };
}
