import {
  MessageError,
  SmppClient,
  type Message,
  type OutboundQueue,
  type SmppClientOptions,
} from '../../index';
import { commandFacts, decodePdu } from '../../protocol';
import { codingOf } from '../../text';
import type { Output } from '../output';
import type { Row } from '../rows';
import type { Report, Totals } from './report';

type Item = Parameters<OutboundQueue['enqueue']>[0][number];

/** What the messages would come to: they pass all checks, are encoded and cut, and go nowhere. */
export async function dryRun(
  rows: AsyncIterable<Row>,
  options: SmppClientOptions,
  parts: {
    output: Output;
    report: Report;
    totals: Totals;
    isOne: boolean;
    strict: boolean;
    signal: AbortSignal;
  },
): Promise<void> {
  const { output, report, totals, isOne, strict, signal } = parts;
  let last: Item | undefined;
  const queue = catching((item) => (last = item));
  const client = new SmppClient({ ...options, queue });
  const alphabet = typeof options.defaultAlphabet === 'string' ? options.defaultAlphabet : undefined;
  try {
    for await (const row of rows) {
      if (signal.aborted) break;
      totals.rows++;
      const problem = row.fields === undefined ? row.problem : await problemOf(client, row.fields);
      if (problem !== undefined) {
        totals.invalid++;
        await report.invalid(row, problem instanceof MessageError ? problem.message : problem, problem);
        if (strict) break;
        continue;
      }
      totals.accepted++;
      if (!last) continue;
      const facts = factsOf(last, alphabet);
      totals.segments += facts.segments;
      const place = isOne ? {} : { row: row.number, line: row.line };
      if (output.json) await output.printJson({ event: 'checked', ...place, ...facts });
      else if (isOne)
        await output.print(
          `${counted(facts.segments, 'segment')}, ${facts.encoding}, ${facts.octets} octets`,
        );
    }
  } finally {
    await client.stop();
  }
}

export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

async function problemOf(client: SmppClient, message: Message): Promise<MessageError | undefined> {
  try {
    await client.enqueue(message);
    return undefined;
  } catch (error) {
    if (error instanceof MessageError) return error;
    throw error;
  }
}

interface Facts {
  readonly segments: number;
  readonly encoding: string;
  readonly data_coding: number | undefined;
  /** Of text or data, with user data headers. */
  readonly octets: number;
}

/** Of what would go out, PDU by PDU. */
function factsOf({ command, segments }: Item, defaultAlphabet: string | undefined): Facts {
  let octets = 0;
  let data_coding: number | undefined;
  for (const body of segments) {
    const head = Buffer.alloc(16);
    head.writeUInt32BE(16 + body.length, 0);
    head.writeUInt32BE(commandFacts(command).id, 4);
    const pdu = decodePdu(Buffer.concat([head, body])) as unknown as Record<string, unknown>;
    const payload = (pdu['tlvs'] as Record<string, unknown>)['message_payload'];
    const message = (payload ?? pdu['short_message']) as Buffer | undefined;
    octets += message?.length ?? 0;
    data_coding = pdu['data_coding'] as number | undefined;
  }
  const coding = data_coding === undefined ? undefined : codingOf(data_coding, { defaultAlphabet });
  return { segments: segments.length, encoding: coding?.encoding ?? 'unknown', data_coding, octets };
}

/** A queue that nothing comes out of. */
function catching(take: (item: Item) => void): OutboundQueue {
  return {
    enqueue: (items) => {
      items.forEach(take);
      return items.map(({ id }) => id);
    },
    take: (_max, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    settle: () => undefined,
    extend: () => undefined,
    release: () => undefined,
    stats: async () => ({ queued: 0, delayed: 0, leased: 0 }),
    purge: async () => ({ removed: 0, items: [] }),
    close: async () => undefined,
  };
}
