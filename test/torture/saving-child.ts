/** A client that acknowledges what comes in when it is in a file, and lives to be killed. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

type Library = typeof import('../../src/index');
// The compiled code: children start faster so.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { SmppClient } = require(join(__dirname, '..', '..', 'dist', 'src', 'index.js')) as Library;

const [port, queueDirectory = '', saved = ''] = process.argv.slice(2);

const client = new SmppClient({
  port: Number(port),
  queue: 'disk',
  queueDirectory,
  acknowledge: 'manual',
  reconnectMin: 0.02,
  reconnectMax: 0.1,
  logLevel: 'silent',
});

const file = openSync(saved, 'a');
client.on('message', async ({ ack_id, payload, incomplete }) => {
  // A database takes a moment.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
  writeSync(file, `${JSON.stringify({ payload, incomplete })}\n`);
  fsyncSync(file);
  if (ack_id === undefined) return;
  try {
    client.acknowledge(ack_id);
  } catch {
    // Its session is gone: it comes again.
  }
});
process.on('exit', () => {
  closeSync(file);
});

client.start().then(
  () => process.stdout.write('bound\n'),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  },
);
