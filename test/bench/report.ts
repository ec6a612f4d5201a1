import { holds, median, type Figure, type Goal, type Measured, type Row } from './rows/types';

export interface RowReport extends Measured {
  readonly name: string;
  readonly title: string;
}

export const report = ({ name, title }: Row, measured: Measured): RowReport => ({ name, title, ...measured });

/** For people: what each figure is, and how far each goal is met. */
export function formatReport({ name, title, figures, goals }: RowReport): string {
  const lines = figures.map(({ of, unit, values }) => [of, unit, readable(median(values)), spread(values)]);
  return [`${name}: ${title}`, ...aligned(lines), ...goals.map(goalLine)].join('\n');
}

/** Whether all goals are met; a row that misses one says by how much. */
export function summary(reports: readonly RowReport[]): string {
  const goals = reports.flatMap(({ name, goals: all }) => all.map((goal) => ({ name, goal })));
  const missed = goals.filter(({ goal }) => !holds(goal));
  const lines = missed.map(({ name, goal }) => `  ${name}: ${goal.text}, ${by(goal)}`);
  return [`${goals.length - missed.length} of ${goals.length} goals hold`, ...lines].join('\n');
}

function goalLine(goal: Goal): string {
  const { text, value, limit, atLeast } = goal;
  const wanted = `${atLeast === true ? 'at least' : 'at most'} ${readable(limit)}`;
  return `  goal  ${text} ${wanted}: ${readable(value)}, ${holds(goal) ? 'holds' : by(goal)}`;
}

function by({ value, limit, atLeast }: Goal): string {
  const off = atLeast === true ? limit / value - 1 : value / limit - 1;
  return `missed by ${(off * 100).toFixed(0)} %`;
}

function aligned(lines: readonly (readonly string[])[]): string[] {
  const width = (column: number): number => Math.max(...lines.map((line) => line[column]?.length ?? 0));
  const widths = [0, 1, 2].map(width);
  return lines.map(([of = '', unit = '', value = '', range = '']) =>
    `  ${of.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[2] ?? 0)} ${unit.padEnd(widths[1] ?? 0)}  ${range}`.trimEnd(),
  );
}

function spread(values: readonly number[]): string {
  if (values.length < 2) return '';
  return `(${readable(Math.min(...values))} … ${readable(Math.max(...values))})`;
}

const WHOLE_FROM = 1000;

function readable(value: Figure['values'][number]): string {
  return value >= WHOLE_FROM ? Math.round(value).toLocaleString('en-GB') : value.toFixed(2);
}
