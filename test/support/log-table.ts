import {
  ADDED,
  CLIENT_LINES,
  COMMON,
  FIELDS,
  SERVER_LINES,
  levelsOf,
  type Entries,
} from '../../src/observability/catalogue';

export const BEGIN =
  '<!-- The tables below are made from src/observability/catalogue: npm run log-table. -->';
export const END = '<!-- The tables end here. -->';

/** The tables of docs/logging.md, as the catalogue has them. */
export function logTables(): string {
  const common = COMMON.map((name) => [name, FIELDS[name][1]] as const);
  const fields = Object.entries(FIELDS).filter(([name]) => !(COMMON as readonly string[]).includes(name));
  return [
    '**On every line**',
    table(
      ['Field', 'What it says'],
      [['event`, `stage', 'Which line it is.'], ...common].map(([name, text]) => [code(name), text]),
    ),
    '**Of a client**',
    lines(CLIENT_LINES),
    '**Of `SmppServer` and the simulator**',
    lines(SERVER_LINES),
    '**Fields**',
    table(
      ['Field', 'What it says'],
      fields.map(([name, [, text]]) => [code(name), text]),
    ),
    '**Added** where lines like one that was written were counted in its place, and by the flight recorder:',
    table(
      ['Field', 'What it says'],
      Object.entries(ADDED).map(([name, [, text]]) => [code(name), text]),
    ),
  ].join('\n\n');
}

const code = (text: string): string => `\`${text}\``;

function lines(entries: Entries): string {
  const rows = Object.entries(entries).flatMap(([event, stages]) =>
    Object.entries(stages).map(([stage, entry]) => {
      const [, fields, meaning] = entry;
      return [
        code(event),
        code(stage),
        levelsOf(entry).map(code).join(', '),
        fields.map(code).join(', '),
        meaning,
      ];
    }),
  );
  return table(['event', 'stage', 'Level', 'Fields beside those', 'When'], rows);
}

/** As prettier has it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) =>
    Math.max(3, title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  );
}
