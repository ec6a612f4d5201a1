/**
 * `smpp decode`: PDUs out of captures, files and texts, field by field or one line each.
 *
 * - `input`        what the operands name, as PDUs; `text-octets` reads hexadecimal digits, dumps and base64
 * - `filters`      which of them are shown
 * - `pairing`      which response belongs to which request
 * - `show`         tables, lines and JSON
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isoTime } from '../../clock';
import {
  SmppError,
  TlvTable,
  describeStatus,
  explain,
  isResponse,
  printable,
  type Explanation,
  type VendorTlv,
} from '../../protocol';
import { ENCODING_NAMES, TextError, decodeText } from '../../text';
import type { Command, Context } from '../command';
import { CommandError, fileFault, usageError } from '../errors';
import { exitCode, type ExitCode } from '../exit-codes';
import { CaptureError, nameOf, type CaptureSummary } from '../pcap';
import { isWanted, readFilters, type Filters } from './filters';
import { FORMATS, openInput, type Format, type Input, type Item } from './input';
import { Pairing } from './pairing';
import { milliseconds, summaryLine, table, toPlain, type Shown } from './show';

const whole = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`give a whole number from ${least} to ${most}`);
};

export const decode: Command = {
  name: 'decode',
  summary: 'explain PDUs: hexadecimal, base64, a binary file, or a capture of the network',
  details:
    'What is given is found out by itself: hexadecimal digits in any spacing, dumps of hexdump -C, xxd, tcpdump and Wireshark, base64, ' +
    'PDUs as octets, pcap and pcapng. Without an input, standard input is read. Passwords are masked; numbers and texts are shown.',
  operands: '[input...]',
  connects: false,
  options: [
    { flags: '-s, --summary', summary: 'one line for each PDU, with the latency of responses' },
    { flags: '--format <format>', summary: 'what the input is', choices: FORMATS, fallback: 'auto' },
    {
      flags: '--port <number>',
      summary: 'of a capture: only this port, taken for SMPP; several times for several',
      repeats: true,
      read: whole(1, 65_535),
    },
    {
      flags: '--command <name>',
      summary: 'only these commands, such as submit_sm,submit_sm_resp',
      repeats: true,
    },
    {
      flags: '--status <status>',
      summary: 'only responses with this command_status; errors: all but ESME_ROK',
    },
    {
      flags: '--sequence <number>',
      summary: 'only PDUs with this sequence_number',
      read: whole(0, 0xffffffff),
    },
    { flags: '--find <text>', summary: 'only PDUs with this in an address, an id or a text' },
    { flags: '--default-alphabet <name>', summary: 'what data_coding 0 means', choices: ENCODING_NAMES },
    {
      flags: '--vendor-tlvs <file|json>',
      summary: 'TLVs of the vendor: [{"tag": "0x1403", "name": "…", "type": "int16"}]',
    },
    { flags: '--sections', summary: 'say where the specifications define each field' },
    { flags: '--show-password', summary: 'show the passwords of binds' },
  ],
  examples: [
    { line: 'smpp decode 00000010 00000015 00000000 00000007', tells: 'A PDU as hexadecimal digits:' },
    {
      line: 'smpp decode --summary --status errors capture.pcapng',
      tells: 'What the SMSC refused, from a capture:',
    },
    { line: 'tcpdump -i eth0 -w - port 2775 | smpp decode --summary', tells: 'What goes on now:' },
    { line: 'smpp decode --json --command deliver_sm capture.pcap | jq .fields', tells: 'For programs:' },
  ],
  run,
};

async function run(context: Context): Promise<ExitCode> {
  const { options } = context;
  const format = (options['format'] as Format | undefined) ?? 'auto';
  const ports = (options['port'] as readonly number[] | undefined) ?? [];
  const decoder = new Decoder(context);
  const input = await openInput(context, { format, ports });
  return decoder.run(input);
}

/** Totals at the end of a summary. */
interface Totals {
  pdus: number;
  shown: number;
  faults: number;
  readonly statuses: Map<string, number>;
  answered: number;
  latency: number;
  slowest: number;
}

class Decoder {
  readonly #context: Context;
  readonly #filters: Filters;
  readonly #explain: (octets: Buffer) => Explanation;
  readonly #pairing = new Pairing();
  readonly #totals: Totals = {
    pdus: 0,
    shown: 0,
    faults: 0,
    statuses: new Map(),
    answered: 0,
    latency: 0,
    slowest: 0,
  };

  constructor(context: Context) {
    const { options } = context;
    this.#context = context;
    this.#filters = readFilters(options);
    const defaultAlphabet = options['defaultAlphabet'] as string | undefined;
    const explainOptions = {
      showPassword: options['showPassword'] === true,
      vendorTlvs: vendorTlvsOf(context),
      decodeText: (octets: Buffer, coding: number, udh?: Buffer) =>
        decodeText(octets, coding, { udh, defaultAlphabet }),
    };
    this.#explain = (octets) => explain(octets, explainOptions);
  }

  async run(input: Input): Promise<ExitCode> {
    const { output, signal } = this.#context;
    let isWhole = true;
    try {
      for await (const item of input.items) {
        if (signal.aborted) break;
        await this.#show(item);
      }
    } catch (error) {
      if (!(error instanceof CaptureError)) throw readable(error);
      output.error(error.message);
      if (error.code !== 'CUT_SHORT' && this.#totals.pdus === 0) return exitCode('usage');
      isWhole = false;
    }
    await this.#tellEnd(input.summary);
    signal.throwIfAborted();
    return isWhole && this.#totals.faults === 0 ? exitCode('ok') : exitCode('failed');
  }

  async #show(item: Item): Promise<void> {
    const { output, options } = this.#context;
    const isBrief = options['summary'] === true;
    const { octets } = item;
    if (octets === undefined) return this.#tellProblem(item);
    const explanation = this.#explain(octets);
    const { command, header } = explanation;
    const paired = command !== undefined && header ? this.#pairing.see(item, command, header) : undefined;
    const shown: Shown = { item, explanation, paired };
    this.#count(shown);
    if (!isWanted(this.#filters, explanation)) return;
    this.#totals.shown++;
    if (output.json) await output.printJson(toPlain(shown, isBrief));
    else await output.print(isBrief ? summaryLine(shown) : table(shown, options['sections'] === true));
  }

  #count({ explanation: { command, header, fault }, paired }: Shown): void {
    const totals = this.#totals;
    totals.pdus++;
    if (fault) totals.faults++;
    if (header && command !== undefined) {
      const status = isResponse(header.command_id) ? ` ${describeStatus(header.command_status).name}` : '';
      const key = `${command}${status}`;
      // Statuses of vendors are many at most; a capture of nonsense may have more.
      if (totals.statuses.size < 1000 || totals.statuses.has(key))
        totals.statuses.set(key, (totals.statuses.get(key) ?? 0) + 1);
    }
    if (paired?.latency === undefined) return;
    totals.answered++;
    totals.latency += paired.latency;
    totals.slowest = Math.max(totals.slowest, paired.latency);
  }

  async #tellProblem({ problem = '', number, time, source, destination, connection }: Item): Promise<void> {
    const { output } = this.#context;
    this.#totals.faults++;
    const ends = source && destination ? `${nameOf(source)} > ${nameOf(destination)}` : '';
    if (output.json) {
      const at = time === undefined ? {} : { time: isoTime(time) };
      return output.printJson({
        number,
        ...at,
        connection,
        source: source && nameOf(source),
        destination: destination && nameOf(destination),
        problem,
      });
    }
    output.warn(`#${number} ${ends}: ${printable(problem)}`);
  }

  async #tellEnd(summary: CaptureSummary | undefined): Promise<void> {
    const { output, options } = this.#context;
    for (const end of summary?.encrypted.slice(0, 20) ?? []) {
      output.warn(
        `${end} speaks TLS: SMPP in it cannot be read. Capture behind what ends TLS, or trace in the client`,
      );
    }
    if (summary && this.#totals.pdus === 0) output.warn(nothingFound(summary));
    if (options['summary'] !== true || output.json || this.#totals.pdus === 0) return;
    for (const line of this.#totalLines()) output.note(line);
    if (summary)
      for (const [why, times] of summary.passed)
        output.note(`${times} packet${times === 1 ? '' : 's'} passed over: ${why}`);
    await Promise.resolve();
  }

  #totalLines(): string[] {
    const { pdus, shown, statuses, answered, latency, slowest } = this.#totals;
    const lines = [`${pdus} PDU${pdus === 1 ? '' : 's'}${shown === pdus ? '' : `, ${shown} shown`}`];
    for (const [name, times] of [...statuses].sort(([one], [other]) => (one < other ? -1 : 1)))
      lines.push(`  ${String(times).padStart(6)} ${name}`);
    if (answered > 0)
      lines.push(
        `latency of ${answered} responses: mean ${milliseconds(latency / answered)}, slowest ${milliseconds(slowest)}`,
      );
    const { unanswered } = this.#pairing;
    const some = unanswered
      .slice(0, 10)
      .map(({ command, sequence_number, number }) => `${command} seq ${sequence_number} (#${number})`);
    if (some.length > 0)
      lines.push(
        `without a response: ${some.join(', ')}${unanswered.length > 10 ? ` and ${unanswered.length - 10} more` : ''}`,
      );
    return lines;
  }
}

function nothingFound({ packets, passed }: CaptureSummary): string {
  const reasons = [...passed].map(([why, times]) => `${times} ${why}`);
  const others = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  return `no SMPP was found in ${packets} packets${others}; if you know its port, give --port`;
}

function vendorTlvsOf({ options, cwd }: Context): TlvTable | undefined {
  const given = options['vendorTlvs'];
  if (typeof given !== 'string') return undefined;
  try {
    const text = given.trim().startsWith('[') ? given : readFileSync(resolve(cwd, given), 'utf8');
    return new TlvTable(JSON.parse(text) as VendorTlv[]);
  } catch (error) {
    const why = error instanceof SmppError || error instanceof SyntaxError ? error.message : fileFault(error);
    throw usageError(`--vendor-tlvs: ${why}`);
  }
}

/** A file that cannot be read to its end. */
function readable(error: unknown): unknown {
  const isOurs = error instanceof CommandError || error instanceof TextError || error instanceof SmppError;
  const code = (error as NodeJS.ErrnoException).syscall;
  return isOurs || code === undefined ? error : usageError(`the input cannot be read: ${fileFault(error)}`);
}
