import { closeSync, openSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SmppClient } from '../index';
import type { Context, OptionSpec } from './command';
import { fileFault, usageError } from './errors';

/** KiB: some 60,000 messages. */
const SIZE = 16_384;

/** Options of commands that record what goes over the wire. */
export const RECORD_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--record <file>',
    summary: 'write a capture for Wireshark there at the end, plain also with TLS: the last 16 MiB',
  },
  {
    flags: '--record-plain',
    summary: 'with whole numbers and texts, which are masked else; a password never',
  },
];

/**
 * Records for `--record`. What it returns writes the file; to be called when the client has stopped. Throws a CommandError
 * where the file cannot be written, before anything is sent.
 */
export function recordTo({ options, cwd, output }: Context, client: SmppClient): () => Promise<void> {
  const name = options['record'];
  const isPlain = options['recordPlain'] === true;
  if (typeof name !== 'string') {
    if (isPlain) throw usageError('--record-plain: give --record, too');
    return () => Promise.resolve();
  }
  const path = resolve(cwd, name);
  try {
    // What was there goes when there is something in its place.
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw usageError(`--record ${name}: ${fileFault(error)}`);
  }
  client.recorder.start({ size: SIZE });
  return async () => {
    client.recorder.stop();
    const { overwritten } = client.recorder.status();
    const shown = { numbers: isPlain, texts: isPlain };
    const { content, entries } = await client.recorder.export({ format: 'pcap', ...shown });
    try {
      writeFileSync(path, content);
    } catch (error) {
      return output.warn(`--record ${name}: ${fileFault(error)}`);
    }
    const gone = overwritten > 0 ? `; ${overwritten} before them had to make room` : '';
    output.note(`${entries} PDUs recorded in ${name}${gone}`);
  };
}
