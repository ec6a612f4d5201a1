/**
 * Private instances of Debian's Redis and RabbitMQ, on free ports of 127.0.0.1. Knows nothing of mocha: scripts start
 * them too. Each ends with the process that started it, however that ends.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const REDIS_SERVER = '/usr/bin/redis-server';
/** Below Debian's wrapper, which insists on the user rabbitmq. */
export const RABBITMQ_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
export const EPMD = '/usr/bin/epmd';

const START_LIMIT = 60_000;

/**
 * The child is the server itself, leader of a process group; beside it, in the group, a shell reads a pipe that the
 * starting process holds open. When that process is gone, also by SIGKILL, the shell kills the group.
 */
const LAUNCH = `exec 3<&0
(read line <&3; kill -9 -$$) 2>/dev/null &
exec 3<&- </dev/null
eval "$BESIDE"
exec "$@"`;

/** Removes a directory when the process that holds its pipe has ended, and the servers with it. */
const SWEEP = 'read line; sleep 0.5; rm -rf "$0"';

interface Command {
  readonly directory: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
  /** A line of shell that starts what the server needs beside it. */
  readonly beside?: string;
}

/** A server that may be stopped and started again on the same port and directory. */
export class Server {
  readonly #command: Command;
  readonly #ready: () => Promise<boolean>;
  #child: ChildProcess | undefined;

  /** @param ready whether it serves now */
  constructor(command: Command, ready: () => Promise<boolean>) {
    this.#command = command;
    this.#ready = ready;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    if (this.#child) return;
    const { directory, command, env, beside = '' } = this.#command;
    const child = spawn('/bin/sh', ['-c', LAUNCH, 'sh', ...command], {
      cwd: directory,
      env: { ...process.env, ...env, BESIDE: beside },
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#child = child;
    RUNNING.add(child);
    letGo(child);
    child.once('exit', () => {
      killGroup(child);
      RUNNING.delete(child);
      if (this.#child === child) this.#child = undefined;
    });
    const end = Date.now() + START_LIMIT;
    while (!(await this.#ready())) {
      if (this.#child !== child) throw new Error(`${command[0]} ended while it started: see ${directory}`);
      if (Date.now() > end) throw new Error(`${command[0]} did not serve within ${START_LIMIT} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** In good order (SIGTERM); what is written is kept. */
  async stop(): Promise<void> {
    await this.#end((child) => child.kill('SIGTERM'));
  }

  /** As if the machine had lost its power, but for what the kernel holds (SIGKILL). */
  async kill(): Promise<void> {
    await this.#end(killGroup);
  }

  /** SIGSTOP: connections stay and nothing is answered, until `thaw`. */
  freeze(): void {
    if (this.#child) signalGroup(this.#child, 'SIGSTOP');
  }

  thaw(): void {
    if (this.#child) signalGroup(this.#child, 'SIGCONT');
  }

  async #end(how: (child: ChildProcess) => unknown): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const ended = once(child, 'exit');
    child.ref();
    how(child);
    await ended;
  }
}

const RUNNING = new Set<ChildProcess>();

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended.
  }
}

function killGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGKILL');
}

/** It does not keep this process alive, and its stdin ends with this process. */
function letGo(child: ChildProcess): void {
  child.unref();
  // A socket in fact, of which its type says nothing.
  (child.stdin as unknown as Socket).unref();
  child.stdin?.on('error', () => undefined);
}

let base: string | undefined;

/** A new directory, which is removed when this process ends. */
function newDirectory(name: string): string {
  if (base === undefined) {
    base = mkdtempSync(join(tmpdir(), 'smpp-servers-'));
    const folder = base;
    letGo(spawn('/bin/sh', ['-c', SWEEP, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true }));
    process.once('exit', () => {
      for (const child of RUNNING) killGroup(child);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });
  }
  return mkdtempSync(join(base, `${name}-`));
}

/** Below those that the system gives to whoever asks for any: a client that comes back to a stopped server must find nobody else. */
const [FIRST_PORT, PORTS] = [20_000, 10_000];

/** So many ports that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    ports.add(port);
  }
  return [...ports];
}

/** Whether what listens there answers `greeting` with octets that begin with `reply`. */
export function answers(port: number, greeting: string, reply: string, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const end = (good: boolean): void => {
      socket.destroy();
      resolve(good);
    };
    socket.setTimeout(1000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('connect', () => socket.write(greeting, 'latin1'));
    socket.once('data', (octets) => end(octets.toString('latin1').startsWith(reply)));
  });
}

export const servesRedis = (port: number): Promise<boolean> => answers(port, 'PING\r\n', '+PONG');
export const servesAmqp = (port: number): Promise<boolean> => answers(port, 'AMQP\0\0\x09\x01', '\x01');

export interface OwnRedis {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly server: Server;
}

export interface RedisSettings {
  /** An append-only file that is synchronised with every write, as "safe" demands. Default: nothing is kept. */
  readonly appendonly?: boolean;
  readonly port?: number;
  /** More of redis-server's command line. */
  readonly args?: readonly string[];
}

export async function startRedisServer(settings: RedisSettings = {}): Promise<OwnRedis> {
  const [free = 0] = await freePorts(1);
  const { appendonly = false, port = free, args = [] } = settings;
  const directory = newDirectory('redis');
  const kept = appendonly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const server = new Server(
    {
      directory,
      command: [
        REDIS_SERVER,
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory],
        ...['--save', '', '--logfile', 'redis.log', ...kept, ...args],
      ],
    },
    // A password is asked for where the command line says so.
    async () => (await servesRedis(port)) || (await answers(port, 'PING\r\n', '-NOAUTH')),
  );
  await server.start();
  return { url: `redis://127.0.0.1:${port}`, port, directory, server };
}

export interface OwnCluster {
  /** Of one of the nodes. */
  readonly url: string;
  readonly ports: readonly number[];
  readonly servers: readonly Server[];
}

/** Three masters, which share the slots; needs redis-cli beside redis-server. */
export async function startClusterServers(): Promise<OwnCluster> {
  const ports = await freePorts(6);
  const serving = ports.slice(0, 3);
  const nodes = await Promise.all(
    serving.map((port, at) =>
      startRedisServer({
        port,
        args: ['--cluster-enabled', 'yes', '--cluster-port', String(ports[at + 3])],
      }),
    ),
  );
  const addresses = serving.map((port) => `127.0.0.1:${port}`);
  const settings = ['--cluster-replicas', '0', '--cluster-yes'];
  execFileSync('redis-cli', ['--cluster', 'create', ...addresses, ...settings], { stdio: 'ignore' });
  // The nodes agree a moment after the tool has ended.
  for (const port of serving)
    while (!(await answers(port, 'CLUSTER INFO\r\n', '$')) || !clusterIsWell(port))
      await new Promise((resolve) => setTimeout(resolve, 50));
  return { url: nodes[0]?.url ?? '', ports: serving, servers: nodes.map(({ server }) => server) };
}

function clusterIsWell(port: number): boolean {
  return execFileSync('redis-cli', ['-p', String(port), 'cluster', 'info'])
    .toString()
    .includes('cluster_state:ok');
}

export interface OwnRabbit {
  readonly url: string;
  readonly port: number;
  /** Of the management plugin, without a path: http://guest:guest@127.0.0.1:…; undefined where it is not enabled. */
  readonly apiUrl: string | undefined;
  readonly directory: string;
  readonly server: Server;
}

export interface RabbitSettings {
  readonly port?: number;
  /** Enables the management plugin: an API, and `rabbitmqadmin`. */
  readonly management?: boolean;
  /** More lines of rabbitmq.conf. */
  readonly conf?: readonly string[];
}

export async function startRabbitServer(settings: RabbitSettings = {}): Promise<OwnRabbit> {
  const [free = 0, distributionPort, epmdPort, apiPort = 0] = await freePorts(4);
  const { port = free, management = false, conf = [] } = settings;
  const directory = newDirectory('rabbitmq');
  const inside = (name: string): string => join(directory, name);
  mkdirSync(inside('mnesia'));
  writeFileSync(inside('enabled_plugins'), management ? '[rabbitmq_management].\n' : '[].\n');
  const lines = [
    ...['disk_free_limit.absolute = 1MB', 'vm_memory_high_watermark.absolute = 2GB'],
    ...(management ? [`management.tcp.port = ${apiPort}`, 'management.tcp.ip = 127.0.0.1'] : []),
    ...conf,
  ];
  writeFileSync(inside('rabbitmq.conf'), `${lines.join('\n')}\n`);
  const env = {
    HOME: directory, // its cookie
    ERL_EPMD_PORT: String(epmdPort), // a port mapper of its own, which ends with it
    RABBITMQ_NODENAME: `smpp-${process.pid}-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: inside('mnesia'),
    RABBITMQ_LOG_BASE: directory,
    RABBITMQ_CONFIG_FILE: inside('rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_ENABLED_PLUGINS_FILE: inside('enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  const command = [RABBITMQ_SERVER] as const;
  const beside = `${EPMD} -port ${epmdPort} -address 127.0.0.1 >/dev/null 2>&1 &`;
  const serves = async (): Promise<boolean> =>
    (await servesAmqp(port)) && (!management || (await answers(apiPort, 'GET / HTTP/1.0\r\n\r\n', 'HTTP')));
  const server = new Server({ directory, command, env, beside }, serves);
  await server.start();
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    ...{ port, directory, server },
    apiUrl: management ? `http://guest:guest@127.0.0.1:${apiPort}` : undefined,
  };
}
