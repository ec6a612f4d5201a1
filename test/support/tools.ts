import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EPMD, RABBITMQ_SERVER, REDIS_SERVER } from './servers';

const root = join(__dirname, '..', '..');

/** Something that a test needs and a machine may lack. */
interface Tool<T> {
  /** Reads before "is not here". */
  readonly what: string;
  /** What the test works with; undefined where this machine lacks it. */
  find(): T | undefined;
  /** `.ci/run` cannot bring it, so that its absence is no failure there. */
  readonly optional?: boolean;
}

const works = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const allThere = <T extends readonly string[]>(...paths: T): T | undefined =>
  paths.every((path) => existsSync(path)) ? paths : undefined;

/** All of them, by the names that HIDE_TOOLS takes. */
const TOOLS = {
  'net-smpp': {
    what: 'Net::SMPP (libnet-smpp-perl)',
    find: () => (works('perl', '-MNet::SMPP', '-e', '1') ? 'perl' : undefined),
  },
  tshark: {
    what: 'tshark',
    find: () => (works('tshark', '-v') && works('text2pcap', '-v') ? 'tshark' : undefined),
  },
  promtool: {
    what: 'promtool (prometheus)',
    find: () => (works('promtool', '--version') ? 'promtool' : undefined),
  },
  capture: {
    what: 'the right to capture on the loopback interface (dumpcap)',
    find: () => (works('dumpcap', '-i', 'lo', '-L') ? 'dumpcap' : undefined),
    optional: true,
  },
  kannel: {
    what: 'kannel',
    // Debian has them beside other daemons.
    find: () => allThere('/usr/sbin/bearerbox', '/usr/sbin/smsbox'),
  },
  strace: {
    what: 'strace',
    find: () => (works('strace', '-f', '-o', '/dev/null', 'true') ? 'strace' : undefined),
  },
  tmux: { what: 'tmux', find: () => (works('tmux', '-V') ? 'tmux' : undefined) },
  mount: {
    what: 'the right to mount a small file system',
    find: () => (mayMount() ? { mount, unmount } : undefined),
  },
  root: {
    what: 'the right to be another user (root)',
    find: () => (process.getuid?.() === 0 ? { nobody: 65_534 } : undefined),
  },
  redis: { what: 'a Redis server', find: () => broker('SMPP_TEST_REDIS_URL', 6379, REDIS_SERVER) },
  'redis-server': { what: 'redis-server', find: () => allThere(REDIS_SERVER, '/usr/bin/redis-cli') },
  rabbitmq: {
    what: 'a RabbitMQ server',
    find: () => broker('SMPP_TEST_AMQP_URL', 5672, RABBITMQ_SERVER, EPMD),
  },
  'rabbitmq-server': { what: 'rabbitmq-server', find: () => allThere(RABBITMQ_SERVER, EPMD) },
  rabbitmqadmin: { what: 'rabbitmqadmin', find: () => allThere('/usr/bin/rabbitmqadmin')?.[0] },
  'python-redis': {
    what: 'redis for Python (python3-redis)',
    find: () => pythonWith('redis'),
  },
  'python-pika': {
    what: 'pika for Python (python3-pika)',
    find: () => pythonWith('pika'),
  },
  registry: { what: 'the registry of packages', find: () => 'npm' },
  'sms-segments-calculator': { what: 'sms-segments-calculator', find: calculator },
  vectors: {
    what: 'the folder of shared vectors',
    find: () => allThere(join(root, '..', 'shared', 'vectors'))?.[0],
    optional: true,
  },
  'node-red-4': {
    what: 'Node-RED 4 under a Node that runs it',
    // The dependency; runs on this very Node.
    find: () => runtime('Node-RED 4', process.execPath, join(root, 'node_modules', 'node-red', 'red.js')),
  },
  'node-red-5': { what: 'Node-RED 5 under a Node that runs it', find: nodeRed5 },
} satisfies Record<string, Tool<unknown>>;

export type ToolName = keyof typeof TOOLS;
export type Found<N extends ToolName> = NonNullable<ReturnType<(typeof TOOLS)[N]['find']>>;

/** Names between commas, or "all": these are taken to be absent, so that the tests for it can be tested. */
const hidden = (process.env.HIDE_TOOLS ?? '').split(',').map((name) => name.trim());

const found = new Map<ToolName, unknown>();

/** The tool, undefined where it is absent or hidden. Looked for once. */
export function findTool<N extends ToolName>(name: N): Found<N> | undefined {
  if (hidden.includes('all') || hidden.includes(name)) return undefined;
  if (!found.has(name)) found.set(name, TOOLS[name].find());
  return found.get(name) as Found<N> | undefined;
}

export function describeTool(name: ToolName): { readonly what: string; readonly optional: boolean } {
  const { what, optional = false }: Tool<unknown> = TOOLS[name];
  return { what, optional };
}

/** A Node-RED and the Node that runs it. */
export interface RuntimeKind {
  readonly name: 'Node-RED 4' | 'Node-RED 5';
  readonly node: string;
  readonly red: string;
}

function runtime(name: RuntimeKind['name'], node: string, red: string): RuntimeKind | undefined {
  return existsSync(red) ? { name, node, red } : undefined;
}

/** Node-RED 5 under Node 22, where .ci/run has put them. */
function nodeRed5(): RuntimeKind | undefined {
  const modules = (folder: string, ...path: string[]): string =>
    join(root, '.cache', folder, 'node_modules', ...path);
  const node = ['x64', 'arm64']
    .map((arch) => modules('node-22', `node-linux-${arch}`, 'bin', 'node'))
    .find((path) => existsSync(path));
  return node === undefined
    ? undefined
    : runtime('Node-RED 5', node, modules('node-red-5', 'node-red', 'red.js'));
}

/** @throws Error where it fails */
const mount = (...words: string[]): unknown => execFileSync('mount', words, { stdio: 'ignore' });
const unmount = (folder: string): unknown => execFileSync('umount', [folder], { stdio: 'ignore' });

/** Only root may, and not in every container. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'smpp-mount-'));
  try {
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder);
    unmount(folder);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** Where a broker may be had, in the order of preference; test/support/brokers.ts looks which answers. */
export interface BrokerSources {
  /** As the environment says. */
  readonly url: string | undefined;
  readonly defaultPort: number;
  /** Debian's server is installed and can be started. */
  readonly installed: boolean;
}

function broker(variable: string, defaultPort: number, ...programs: string[]): BrokerSources | undefined {
  const url = process.env[variable] || undefined;
  const installed = allThere(...programs) !== undefined;
  const listens = `require('net').connect(${defaultPort}, '127.0.0.1', process.exit).on('error', () => process.exit(1))`;
  const isThere = url !== undefined || installed || works(process.execPath, '-e', listens);
  return isThere ? { url, defaultPort, installed } : undefined;
}

/** Debian's modules are for Debian's Python, which need not be the first on the PATH. */
const pythonWith = (module: string): string | undefined =>
  ['python3', '/usr/bin/python3'].find((python) => works(python, '-c', `import ${module}`));

interface Counted {
  readonly encodingName: string;
  readonly segmentsCount: number;
}
interface Calculator {
  readonly SegmentedMessage: new (text: string) => Counted;
}

/** npm sms-segments-calculator, an implementation of its own. */
function calculator(): Calculator | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return require('sms-segments-calculator') as Calculator;
  } catch {
    return undefined;
  }
}
