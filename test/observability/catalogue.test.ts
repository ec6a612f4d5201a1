import assert from 'node:assert/strict';
import {
  CLIENT_LINES,
  COMMON,
  FIELDS,
  SERVER_LINES,
  entriesOf,
  levelsOf,
  type Entries,
} from '../../src/observability/catalogue';
import { linesOfSources, type WrittenLine } from '../support/log-sources';

describe('The catalogue of log lines', function () {
  this.timeout(120_000);
  let lines: readonly WrittenLine[];
  let unknown: readonly string[];

  before(() => {
    ({ lines, unknown } = linesOfSources());
  });

  const isOfServer = ({ place }: WrittenLine): boolean => /^src\/(server|simulator)\//.test(place);
  const pairsOf = (entries: Entries): string[] =>
    Object.entries(entries).flatMap(([event, stages]) =>
      Object.keys(stages).map((stage) => `${event} ${stage}`),
    );

  it('has every line that the code writes, whose event and stage the compiler knows', () => {
    assert.deepEqual(unknown, [], 'log calls whose event or stage is no literal');
    assert.ok(lines.length > 100);
    for (const { place, event, stage } of lines)
      assert.ok(entriesOf(event, stage).length > 0, `${place} writes ${event} ${stage}`);
  });

  it('has the levels at which each is written, and the fields that it is given', () => {
    const wrong = lines.flatMap(({ place, event, stage, levels, fields }) => {
      const entries = entriesOf(event, stage);
      const allowed: readonly string[] = [
        ...COMMON,
        ...entries.flatMap(levelsOf),
        ...entries.flatMap(([, all]) => all),
      ];
      return [...levels, ...fields]
        .filter((one) => !allowed.includes(one))
        .map((one) => `${place}: ${event} ${stage} has ${one}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('has no line that nobody writes, no level at which none is written, and no field that none has', () => {
    const of = (entries: Entries, written: readonly WrittenLine[]): string[] =>
      pairsOf(entries).flatMap((pair) => {
        const [event, stage] = pair.split(' ');
        const own = written.filter((line) => line.event === event && line.stage === stage);
        if (own.length === 0) return [pair];
        const [entry] = entriesOf(event, stage).filter((one) => entries[event ?? '']?.[stage ?? ''] === one);
        const levels = new Set(own.flatMap((line) => line.levels));
        const fields = new Set(own.flatMap((line) => line.fields));
        return [
          ...(entry ? levelsOf(entry) : []).filter((level) => levels.size > 0 && !levels.has(level)),
          ...(entry?.[1] ?? []).filter((field) => !fields.has(field)),
        ].map((what) => `${pair}: ${what}`);
      });
    const client = lines.filter((line) => !isOfServer(line));
    assert.deepEqual(of(CLIENT_LINES, client), []);
    assert.deepEqual(of(SERVER_LINES, lines), []);
  });

  it('has no field that no line has', () => {
    const used = new Set<string>([
      ...COMMON,
      ...[CLIENT_LINES, SERVER_LINES].flatMap((all: Entries) =>
        Object.values(all).flatMap((stages) => Object.values(stages).flatMap(([, fields]) => fields)),
      ),
    ]);
    assert.deepEqual(
      Object.keys(FIELDS).filter((field) => !used.has(field)),
      [],
    );
  });

  it('has each field, event and stage in small letters and underscores, and a sentence for each', () => {
    for (const [event, stages] of Object.entries<Entries[string]>({ ...CLIENT_LINES, ...SERVER_LINES }))
      for (const [stage, [, fields, meaning]] of Object.entries(stages)) {
        for (const name of [event, stage, ...fields]) assert.match(name, /^[a-z]+(_[a-z]+)*$/);
        assert.match(meaning, /\.$/);
      }
  });
});
