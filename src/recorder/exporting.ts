import { isIPv6 } from 'node:net';
import { isoTime } from '../clock';
import {
  SmppError,
  commandName,
  explain,
  explanationData,
  explanationTable,
  maskPdu,
  type ExplainOptions,
  type ExplanationData,
  type MaskOptions,
} from '../protocol';
import type { Entry, LinkEnd, RecordedLink } from './entry';
import { PcapWriter, pcapHeader } from './pcap';

/** `data`: for programs; `text`: hexadecimal and explanation, for people; `pcap`: a capture, as Wireshark reads it. */
export const EXPORT_FORMATS = ['data', 'text', 'pcap'] as const;
/** The form that recorded PDUs are given in. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What is exported, and what of it is shown. */
export interface ExportOptions {
  /** Default `data`. */
  format?: ExportFormat | undefined;
  /** Only what belongs to the message with this id; it must have been recorded by itself. */
  id?: string | undefined;
  /** Only so many, the newest. Default: of `data` and `text` 1,000, which may have 10,000 at most; of `pcap` all. */
  last?: number | undefined;
  /** Show numbers; default false: they are asterisks, octet by octet. */
  numbers?: boolean | undefined;
  /** Show texts; default false. */
  texts?: boolean | undefined;
}

/** A PDU that was recorded, as JSON has it. */
export interface RecordedPdu {
  /** ISO 8601, with microseconds. */
  time: string;
  /** `in`: from the SMSC. */
  direction: 'in' | 'out';
  /** The number of the session, as log lines have it. */
  session: number;
  /** The SMSC. */
  host: string;
  /** TCP port of `host`. */
  port: number;
  /** The PDU as hexadecimal digits, masked unless it was asked for. */
  octets: string;
  /** Every field of it, as `explanationData` gives it. */
  explanation: ExplanationData;
}

/** What was exported. */
export interface Recording<F extends ExportFormat = ExportFormat> {
  /** As it was asked for. */
  format: F;
  /** PDUs in `content`. */
  entries: number;
  /** PDUs that are recorded; more than `entries` where only the last were asked for. */
  recorded: number;
  /** The PDUs. */
  content: F extends 'pcap' ? Buffer : F extends 'text' ? string : RecordedPdu[];
}

const DEFAULT_LAST = 1000;
const MOST_EXPLAINED = 10_000;
/** PDUs between which others get their turn. */
const AT_ONCE = 200;

/** What is exported from. */
export interface ExportSource {
  readonly entries: Iterable<Entry>;
  readonly count: number;
  readonly linkOf: (session: number) => RecordedLink | undefined;
  readonly explaining: ExplainOptions;
  readonly pause: () => Promise<void>;
}

/** Throws `INVALID_OPTION`. */
export function checkExport(options: ExportOptions): Required<Pick<ExportOptions, 'format'>> & ExportOptions {
  const { format = 'data', last } = options;
  if (!EXPORT_FORMATS.includes(format))
    throw invalid('format', format, `give one of ${EXPORT_FORMATS.join(', ')}`);
  const most = format === 'pcap' ? Number.MAX_SAFE_INTEGER : MOST_EXPLAINED;
  if (last !== undefined && !(Number.isInteger(last) && last >= 1 && last <= most))
    throw invalid(
      'last',
      last,
      `give a whole number ${format === 'pcap' ? 'from 1 on' : `from 1 to ${most}`}`,
    );
  for (const name of ['numbers', 'texts'] as const) {
    const given: unknown = options[name];
    if (given !== undefined && typeof given !== 'boolean') throw invalid(name, given, 'give true or false');
  }
  return { ...options, format };
}

export function invalid(field: string, value: unknown, remedy: string): SmppError {
  const error = new SmppError(
    'INVALID_OPTION',
    `${field} (${JSON.stringify(value) ?? 'undefined'}): ${remedy}`,
  );
  return Object.assign(error, { field });
}

/** Masks, and puts into form. Others get their turn on the way. */
export async function exportEntries(
  source: ExportSource,
  options: ExportOptions & { format: ExportFormat },
): Promise<Recording> {
  const { format, last = format === 'pcap' ? Infinity : DEFAULT_LAST } = options;
  const { count, explaining, linkOf, pause } = source;
  const mask: MaskOptions = { ...options, vendorTlvs: explaining.vendorTlvs };
  const form = FORMS[format](linkOf, explaining);
  let at = 0;
  for (const entry of source.entries) {
    if (at++ < count - last) continue;
    form.add(entry, maskPdu(entry.octets, mask));
    if (at % AT_ONCE === 0) await pause();
  }
  return { format, entries: Math.min(count, last), recorded: count, content: form.end() };
}

interface Form {
  add(entry: Entry, octets: Buffer): void;
  end(): Recording['content'];
}

type LinkOf = ExportSource['linkOf'];

const FORMS: Readonly<Record<ExportFormat, (linkOf: LinkOf, explaining: ExplainOptions) => Form>> = {
  data(linkOf, explaining) {
    const all: RecordedPdu[] = [];
    return {
      add: ({ time, direction, session }, octets) => {
        const { host = '', port = 0 } = linkOf(session) ?? {};
        all.push({
          time: isoTime(time),
          direction,
          session,
          host,
          port,
          octets: octets.toString('hex'),
          explanation: explanationData(explain(octets, explaining)),
        });
      },
      end: () => all,
    };
  },
  text(linkOf, explaining) {
    const all: string[] = [];
    return {
      add: (entry, octets) => {
        const explanation = explain(octets, explaining);
        all.push(`${headingOf(entry, octets, linkOf(entry.session))}\n${explanationTable(explanation)}\n`);
      },
      end: () => all.join('\n'),
    };
  },
  pcap(linkOf) {
    const writer = new PcapWriter(linkOf);
    const all = [pcapHeader()];
    return {
      add: (entry, octets) => void all.push(...writer.packets(entry, octets)),
      end: () => Buffer.concat(all),
    };
  },
};

function headingOf(
  { time, direction, session }: Entry,
  octets: Buffer,
  link: RecordedLink | undefined,
): string {
  const [command, number] = [commandName(octets.readUInt32BE(4)), octets.readUInt32BE(12)];
  const at = link ? `, ${nameOf({ address: link.host, port: link.port })}` : '';
  const where = `${direction === 'out' ? 'to' : 'from'} the SMSC, session ${session}${at}`;
  return `${isoTime(time)}  ${command}, sequence_number ${number}, ${octets.length} octets  [${where}]`;
}

function nameOf({ address, port }: LinkEnd): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
