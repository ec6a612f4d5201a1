import assert from 'node:assert/strict';
import {
  COMMON,
  ADDED,
  FIELDS,
  entriesOf,
  levelsOf,
  type Field,
  type FieldKind,
} from '../../src/observability/catalogue';

/** What pino itself puts on a line. */
const OF_PINO = ['level', 'time', 'msg'];

const IS: Record<FieldKind, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  numbers: (value) => Array.isArray(value) && value.every((one) => typeof one === 'number'),
  error: (value) => typeof value === 'object' || typeof value === 'string',
};

const KINDS: Record<string, readonly [FieldKind, string]> = { ...FIELDS, ...ADDED };

/**
 * Fails where a line is not in the catalogue, has a level or a field that it does not have there, or a value of another
 * kind. `metadata`: the user's own fields.
 */
export function checkLine(line: Readonly<Record<string, unknown>>, metadata: readonly string[] = []): void {
  const { event, stage, level } = line;
  const shown = JSON.stringify(line);
  const entries = entriesOf(event, stage);
  assert.ok(entries.length > 0, `a log line that the catalogue does not have: ${shown}`);
  const isCounted = 'repeated' in line;
  const fits = entries.some((entry) => levelsOf(entry).some((one) => one === level || isCounted));
  // A repeated line of any level is written at debug, too.
  assert.ok(fits || level === 'debug', `the level of a log line is not in the catalogue: ${shown}`);
  const allowed: readonly string[] = [
    ...['event', 'stage', ...OF_PINO, ...COMMON, ...Object.keys(ADDED), ...metadata],
    ...entries.flatMap(([, fields]) => fields),
  ];
  for (const [name, value] of Object.entries(line)) {
    assert.ok(allowed.includes(name), `a field ${name} that the catalogue does not have: ${shown}`);
    const kind = metadata.includes(name) ? undefined : KINDS[name as Field]?.[0];
    if (kind) assert.ok(IS[kind](value), `${name} is to be of the kind ${kind}: ${shown}`);
  }
}

/** Every line of a client: it says of which connection, account and SMSC it is. */
export function checkLines(
  lines: readonly Readonly<Record<string, unknown>>[],
  metadata?: readonly string[],
): void {
  for (const line of lines) {
    checkLine(line, metadata);
    for (const name of ['connection', 'system_id', 'host'])
      assert.equal(typeof line[name], 'string', `a log line without ${name}: ${JSON.stringify(line)}`);
  }
}
