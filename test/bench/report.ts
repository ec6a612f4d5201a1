import type { Result } from './client';
import { CONTENDERS, type ContenderName } from './contenders';
import type { Row } from './rows';

export interface Measured {
  readonly contender: ContenderName;
  /** Medians of the rounds; ratios under 2 are ties on a noisy machine. */
  readonly cpuSecondsPer100k: number;
  readonly messagesPerSecond: number;
  readonly rounds: readonly Result[];
}

export interface RowReport {
  readonly name: string;
  readonly window: number;
  readonly measured: readonly Measured[];
}

export function report(row: Row, results: ReadonlyMap<string, readonly Result[]>): RowReport {
  const measured = row.contenders.map((contender) => {
    const rounds = results.get(contender) ?? [];
    return {
      contender,
      cpuSecondsPer100k: median(rounds.map(({ cpuSeconds, messages }) => (cpuSeconds / messages) * 100_000)),
      messagesPerSecond: median(rounds.map(({ seconds, messages }) => messages / seconds)),
      rounds,
    };
  });
  return { name: row.name, window: row.window, measured };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** A table for people: lower CPU time is better, a ratio above 1 says how many times as much the other takes. */
export function formatTable(reports: readonly RowReport[]): string {
  const head = ['row', 'window', 'client', 'CPU s / 100k', 'spread', 'messages / s', 'CPU, times ours'];
  const lines = reports.flatMap(({ name, window, measured }) => {
    const ours = measured[0]?.cpuSecondsPer100k ?? NaN;
    return measured.map((one) => [
      name,
      String(window),
      CONTENDERS[one.contender].title,
      one.cpuSecondsPer100k.toFixed(2),
      spread(one.rounds),
      Math.round(one.messagesPerSecond).toLocaleString('en-GB'),
      (one.cpuSecondsPer100k / ours).toFixed(2),
    ]);
  });
  const table = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  const texts = table.map((line) =>
    line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  '),
  );
  texts.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return texts.join('\n');
}

function spread(rounds: readonly Result[]): string {
  const values = rounds.map(({ cpuSeconds, messages }) => (cpuSeconds / messages) * 100_000);
  return `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;
}

const NUMBERS_FROM = 3;

function pad(cell: string, width: number, column: number): string {
  return column >= NUMBERS_FROM ? cell.padStart(width) : cell.padEnd(width);
}
