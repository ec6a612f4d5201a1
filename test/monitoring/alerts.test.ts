import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { needs } from '../support/skip';
import { SCENARIOS, type Scenario } from './scenarios';

const FILE = join(__dirname, '..', '..', 'examples', 'prometheus-alerts.yml');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}
const RULES = (parse(readFileSync(FILE, 'utf8')) as Rules).groups.flatMap(({ rules }) => rules);

describe('the alert rules', function () {
  this.timeout(60_000);
  let promtool: string;
  let folder: string;
  before(function () {
    promtool = needs(this, 'promtool');
    folder = mkdtempSync(join(tmpdir(), 'smpp-alerts-'));
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  function run(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' });
    assert.equal(status, 0, `${stdout}${stderr}`);
    return stdout;
  }

  it('are rules that Prometheus takes', () => {
    assert.match(run('check', 'rules', FILE), new RegExp(`SUCCESS: ${RULES.length} rules found`));
  });

  it('say what is wrong and what to do, and have a scenario each', () => {
    for (const { alert, annotations } of RULES) {
      assert.match(annotations?.['summary'] ?? '', /\{\{ \$labels\.connection \}\}/, alert);
      assert.ok(annotations?.['description'], alert);
    }
    assert.deepEqual(RULES.map(({ alert }) => alert).sort(), Object.keys(SCENARIOS).sort());
  });

  it('fire when they are to, and rest when it is nearly so', () => {
    // JSON is YAML. What annotations read is checked above: promtool would compare them with their figures.
    const rules = RULES.map((rule) => ({ ...rule, annotations: {} }));
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'smpp', rules }] }));
    const tests = RULES.flatMap(({ alert, labels }) => {
      const scenario = SCENARIOS[alert]!;
      const fired = { exp_labels: { connection: 'Carrier', ...labels, ...scenario.labels } };
      return [test(alert, scenario, 'fires', [fired]), test(alert, scenario, 'rests', [])];
    });
    const file = join(folder, 'tests.yml');
    writeFileSync(file, JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests }));
    run('test', 'rules', file);
  });
});

function test(
  alert: string,
  scenario: Scenario,
  which: 'fires' | 'rests',
  expected: readonly object[],
): object {
  const input = Object.entries(scenario[which]).map(([series, values]) => ({ series, values }));
  return {
    name: `${alert} ${which}`,
    interval: '1m',
    input_series: input,
    alert_rule_test: [{ eval_time: scenario.at ?? '90m', alertname: alert, exp_alerts: expected }],
  };
}
