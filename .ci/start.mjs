// `npm start`: dependencies, build, then the demo (.ci/demo) in this same process, so that one signal ends it all.
// Nothing but Node is there at first: what is needed of the project is imported once it is built.
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { install, SetupError } from './install.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const usage = `Usage: npm start -- [options]

Starts Node-RED with the SMPP nodes and a flow that sends a first SMS to a simulated SMS centre.

  --once         send one message without the editor, print its outcome as a line of JSON, and end:
                 exit code 0 when it was delivered, 1 when not (30 s)
  --fresh        forget what was edited in the demo's flow before
  --port <port>  first port to try for the editor (1880)
  --folder <f>   where the flow and what you edit is kept (.demo)
  --help         print this

With --once standard output has the line of JSON alone; everything else goes to standard error.`;

/** @throws Error with a sentence about the option that is wrong */
function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      once: { type: 'boolean' },
      fresh: { type: 'boolean' },
      port: { type: 'string' },
      folder: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.once && (values.fresh || values.port !== undefined || values.folder !== undefined))
    throw new Error(
      '--once has a flow, ports and a folder of its own: leave out --fresh, --port and --folder.',
    );
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new Error(`--port takes a number from 1 to 65535, not "${values.port}".`);
  return { ...values, port };
}

/** Aborts when asked to end, or when the one who started this is gone without a word. */
function untilStopped() {
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      if (stopped.signal.aborted) process.exit(1);
      stopped.abort();
    });
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stopped.abort(), 500).unref();
  return stopped.signal;
}

/** Only now they are installed. The http nodes expect the express of Node-RED itself. */
async function nodeRedModules() {
  const { default: nodeRed } = await import('node-red');
  const path = createRequire(import.meta.url).resolve('node-red');
  return { nodeRed, express: createRequire(path)('express') };
}

async function once(demo, signal) {
  const delivered = await demo.sendOnce({
    ...{ modules: await nodeRedModules(), root, signal },
    say: (line) => console.error(line),
  });
  await new Promise((written) => process.stdout.write(`${JSON.stringify(delivered)}\n`, written));
}

async function stay(demo, signal, { fresh, port, folder = join(root, '.demo') }) {
  const { stop } = await demo.startDemo({
    modules: await nodeRedModules(),
    root,
    folder: resolve(folder),
    fresh,
    port,
    say: (line) => console.log(line),
  });
  if (!signal.aborted) await new Promise((stopped) => signal.addEventListener('abort', stopped));
  console.log('Stopping ...');
  await stop();
}

async function start(options) {
  // Standard output is for the result of --once alone; all else is told on standard error.
  const say = options.once ? (line) => console.error(line) : (line) => console.log(line);
  const signal = untilStopped();
  await install(say, signal);
  if (!build(2)) throw new SetupError('The build failed: the compiler says above what is wrong.');
  const require = createRequire(import.meta.url);
  require('./compiled.cjs');
  const demo = require('./demo/index.ts');
  try {
    await (options.once ? once(demo, signal) : stay(demo, signal, options));
  } catch (error) {
    if (error instanceof demo.DemoError) throw new SetupError(error.message);
    throw error;
  }
}

async function main() {
  let options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  try {
    await start(options);
    return 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    return 1;
  }
}

// Node-RED keeps handles of its own open after it has stopped.
process.exit(await main());
