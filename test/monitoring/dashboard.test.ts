import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAMILIES, Histogram, Metrics, type FamilyName } from '../../src/observability/metrics';
import type { Family, HistogramName, ValueName } from '../../src/observability/metrics';
import { needs } from '../support/skip';

const root = join(__dirname, '..', '..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const NAMES = Object.keys(FAMILIES) as FamilyName[];

/** Every family, with each of its labels. */
async function exposition(): Promise<string> {
  const metrics = new Metrics();
  const detach = metrics.attach('Carrier', {
    collect: (sink) => {
      for (const name of NAMES) {
        const family: Family = FAMILIES[name];
        const labels = Object.fromEntries(family.labels.map((label) => [label, 'x']));
        if (family.type !== 'histogram') sink.value(name as ValueName, 1, labels);
        else sink.histogram(name as HistogramName, new Histogram(family.buckets), labels);
      }
    },
  });
  const text = await metrics.text();
  detach();
  return text;
}

/** Names of families in a text, histograms by their base. */
function namesIn(text: string): string[] {
  const found = [...text.matchAll(/\bsmpp_[a-z0-9_]+/g)].map(([name]) => {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    return base in FAMILIES ? base : name;
  });
  return [...new Set(found)].sort();
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
}
const dashboard = JSON.parse(read('examples', 'grafana-dashboard.json.txt')) as Dashboard;
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

describe('the dashboard', () => {
  it('shows every metric, and none that there is not', () => {
    assert.deepEqual(namesIn(expressions.join('\n')), [...NAMES].sort());
  });

  it('has expressions that Prometheus takes', function () {
    this.timeout(60_000);
    const promtool = needs(this, 'promtool');
    const rules = expressions.map((expr, at) => ({
      record: `dashboard:${at}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$connection', '.*'),
    }));
    const folder = mkdtempSync(join(tmpdir(), 'smpp-dashboard-'));
    const file = join(folder, 'rules.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'rules', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    assert.equal(status, 0, `${stdout}${stderr}`);
  });

  it('has panels that do not lie on each other', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(!taken.has(`${x},${y}`) && x < 24, title);
          taken.add(`${x},${y}`);
        }
  });
});

describe('the names of metrics', () => {
  it('in the alert rules are there', () => {
    for (const name of namesIn(read('examples', 'prometheus-alerts.yml'))) assert.ok(name in FAMILIES, name);
  });

  it('are all told in docs/metrics.md with type and labels, and no other', () => {
    const page = read('docs', 'metrics.md');
    const rows = [...page.matchAll(/^\| `(smpp_\w+)`\s*\| (\w+)\s*\| (.*?)\s*\|/gm)];
    const told = rows.map(([, name, type, labels = '']) => [
      name,
      type,
      [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    ]);
    const there = NAMES.map((name): unknown[] => [name, FAMILIES[name].type, FAMILIES[name].labels]);
    const byName = (one: unknown[], other: unknown[]): number => (String(one[0]) < String(other[0]) ? -1 : 1);
    assert.deepEqual(told.sort(byName), there.sort(byName));
    for (const name of namesIn(page)) assert.ok(name in FAMILIES, name);
  });

  it('are those that Prometheus asks for', async function () {
    this.timeout(60_000);
    const promtool = needs(this, 'promtool');
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], {
      input: await exposition(),
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });

  it('come with a text that says what to do with them', () => {
    for (const name of NAMES) assert.match(FAMILIES[name].help, /^[A-Z0-9].*\.$/s, name);
  });
});

describe('the files for monitoring', () => {
  it('are none that the import menu of Node-RED lists', () => {
    const files = readdirSync(join(root, 'examples')).filter((name) => /grafana|prometheus/.test(name));
    assert.deepEqual(files.sort(), ['grafana-dashboard.json.txt', 'prometheus-alerts.yml']);
    for (const file of files) assert.doesNotMatch(file, /\.json$/);
  });
});
