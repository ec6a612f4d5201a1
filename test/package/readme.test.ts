import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import * as ts from 'typescript';
import { runAction } from '../../nodes/actions';
import { ACKNOWLEDGEMENTS, COMMANDS, ENCODINGS, LONG_MESSAGES, RECEIPTS } from '../../nodes/compose';
import type { Connection } from '../../nodes/connection';
import { editorTable } from '../../nodes/queues';
import { OPTIONS, SmppClient } from '../../src/index';
import { STATUSES } from '../../src/protocol';
import { RECEIPT_STATES } from '../../src/simulator/receipt-states';
import { findRuleProblems, type Rule } from '../../src/simulator';
import { KINDS } from '../../src/simulator/rules';
import { runsTypeScript } from '../support/child';

const root = join(__dirname, '..', '..');
const run = promisify(execFile);
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
/** The README and the pages that it leads to. */
const readme = pages.map((page) => read(page)).join('\n');
const nodeTypes = ['smpp-config', 'smpp-out', 'smpp-in', 'smpp-simulator'] as const;
type NodeType = (typeof nodeTypes)[number];

// --- the document ---

/** What stands under a heading, its lower headings included. */
function section(title: string): string {
  const lines = readme.split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === title && line.startsWith('#'));
  assert.notEqual(start, -1, `README.md has no heading "${title}"`);
  const level = lines[start]!.indexOf(' ');
  const next = lines.findIndex((line, at) => at > start && /^#+ /.test(line) && line.indexOf(' ') <= level);
  return lines.slice(start + 1, next === -1 ? undefined : next).join('\n');
}

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function tables(text: string): Table[] {
  return [...text.matchAll(/(?:^\|.*\|\n?)+/gm)].map(([table]) => {
    const [head = [], , ...rows] = table
      .trim()
      .split('\n')
      .map((line) =>
        line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    return { head, rows };
  });
}

/** All rows of those tables whose first column has this title. */
function rowsOf(text: string, first: string): (readonly string[])[] {
  return tables(text)
    .filter(({ head }) => head[0] === first)
    .flatMap(({ rows }) => rows);
}

const codeIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
const firstCodes = (rows: readonly (readonly string[])[]): string[] =>
  rows.flatMap(([cell]) => codeIn(cell!));
const isBlank = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
const sorted = (all: Iterable<string>): string[] => [...new Set(all)].sort();

/** Code blocks as [language, text]. */
const blocks = (text: string): [string, string][] =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => [language!, code!]);

// --- the nodes ---

interface EditorDefinition {
  readonly defaults: Readonly<Record<string, { readonly value?: unknown }>>;
  readonly credentials?: Readonly<Record<string, unknown>>;
}

/** What the editor's script of a node registers. */
function editorDefinition(type: NodeType): EditorDefinition {
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(read('nodes', `${type}.html`));
  let found: EditorDefinition | undefined;
  const RED = {
    _: (key: string) => key,
    validators: { typedInput: () => () => true },
    nodes: { registerType: (_type: string, definition: EditorDefinition) => (found = definition) },
  };
  runInNewContext(script![1]!.replace('__BACKENDS__', editorTable).replace('__COMMANDS__', '[]'), { RED });
  return found!;
}

function catalogue(type: NodeType): Record<string, Record<string, string>> {
  const all = JSON.parse(read('nodes', 'locales', 'en-US', `${type}.json`)) as Record<string, never>;
  return all[type]!;
}

/** A default as the README writes it. */
function written(value: unknown): string {
  if (value === undefined || value === '') return '';
  if (Array.isArray(value)) return value.length === 0 ? '`[]`' : `\`${value.join(', ')}\``;
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

describe('the README about the properties of', () => {
  for (const type of nodeTypes) {
    const definition = editorDefinition(type);
    const rows = rowsOf(section(type), 'Property');

    it(`${type}: names them all, with their defaults`, () => {
      const properties = Object.entries(definition.defaults).filter(([name]) => name !== 'version');
      const credentials = Object.keys(definition.credentials ?? {}).map((name) => [name, ''] as const);
      const wanted = [
        ...properties.map(([name, { value }]) => [name, written(value)] as const),
        ...credentials,
      ];
      const told = rows.map(([name, , fallback]) => [codeIn(name!)[0]!, fallback!] as const);
      assert.deepEqual(Object.fromEntries(told), Object.fromEntries(wanted));
      assert.equal(told.length, wanted.length, 'a property is named twice');
    });

    it(`${type}: calls them what the editor calls them`, () => {
      const labels = Object.values(catalogue(type).label!);
      const strange = rows.filter(([, label]) => label !== '' && !labels.includes(label!));
      assert.deepEqual(strange, []);
    });
  }

  it('smpp-config: gives the defaults that the engine has', () => {
    const told = new Map(rowsOf(section('smpp-config'), 'Property').map(([name, , value]) => [name, value]));
    for (const [name, kind] of Object.entries(OPTIONS)) {
      const value = told.get(`\`${name}\``);
      assert.notEqual(value, undefined, `${name} is not in the README`);
      if (value === '') assert.ok(isBlank(kind.fallback), name);
      else assert.deepEqual(kind.check(codeIn(value!)[0]), { value: kind.fallback }, name);
    }
  });

  it('smpp-out and smpp-simulator: names every choice', () => {
    const out = section('smpp-out');
    const simulator = section('smpp-simulator');
    const missing = (text: string, choices: readonly string[]): string[] =>
      choices.filter((choice) => !codeIn(text).includes(choice));
    assert.deepEqual(missing(out, [...COMMANDS, ...LONG_MESSAGES, ...RECEIPTS, ...ACKNOWLEDGEMENTS]), []);
    assert.deepEqual(missing(`${out}${section('Text')}`, ENCODINGS), []);
    assert.deepEqual(missing(simulator, RECEIPT_STATES), []);
  });

  it('the simulator: shows every fault and habit, as it takes them', () => {
    const rules = firstCodes(rowsOf(section('smpp-simulator'), 'Fault or habit')).map(
      (rule) => JSON.parse(rule) as Rule,
    );
    assert.deepEqual(findRuleProblems(rules), []);
    assert.deepEqual(
      rules.map(({ type }) => type),
      Object.keys(KINDS),
    );
  });
});

describe('the README about what comes and goes', () => {
  it('lists every event', () => {
    assert.deepEqual(
      sorted(firstCodes(rowsOf(section('Events'), 'Event'))),
      sorted(Object.keys(catalogue('smpp-in').event!)),
    );
  });

  it('lists every action', async () => {
    const connection = { touch: () => undefined } as unknown as Connection;
    const known = await runAction(connection, { action: '?' }).catch((error: unknown) =>
      /give one of ([^;]+);/.exec((error as Error).message)![1]!.split(', '),
    );
    assert.deepEqual(sorted(firstCodes(rowsOf(section('msg.action'), 'Action'))), sorted(known as string[]));
  });

  it('lists what the action "status" answers', async () => {
    const client = new SmppClient({ logLevel: 'silent' });
    const [, what] = rowsOf(section('msg.action'), 'Action').find(([name]) => name === '`status`')!;
    const told = /\{([^}]+)\}/.exec(what!)![1]!.split(', ');
    assert.deepEqual(sorted(told), sorted(Object.keys(await client.status())));
    await client.stop();
  });

  it('lists every status that a node shows', () => {
    const texts = Object.values(catalogue('smpp-config').status!);
    assert.deepEqual(
      sorted(firstCodes(rowsOf(section('What the nodes show below them'), 'Status'))),
      sorted(texts.map((text) => text.replace(/__\w+__/, '…'))),
    );
  });

  it('lists the statuses after which a message is tried again', () => {
    const told = codeIn(/These statuses are ([\s\S]*?)\.\n/.exec(readme)![1]!);
    const retried = Object.entries(STATUSES).filter(([, [, kind]]) => kind === 'retry');
    assert.deepEqual(sorted(told), sorted(retried.map(([name]) => name)));
  });
});

/** Receipt states look like codes; the conformance suite speaks of errors that stores have. */
const NO_CODES_IN = /receipt.states\.ts$|store.conformance/;

/** Not for users: a mistake of the engine's own, or told in another one's words. */
const INTERNAL = new Set([
  'NO_SLOT',
  'INVALID_STATE',
  // Always a part of INVALID_CONFIG.
  'NO_CONNECTION',
  // Of Node, told in words.
  'EAI_AGAIN',
  // Reasons in a failure's history.
  'LINK_LOST',
  // Of the event `ussd`: docs/ussd.md lists them.
  'NETWORK',
  'REPLACED',
  'TIMEOUT',
  'TOO_MANY',
]);

/** The source files that the package's entries load, themselves included; not what is only a type. */
function shippedSources(): Map<string, ts.SourceFile> {
  const { exports: faces, 'node-red': red } = JSON.parse(read('package.json')) as {
    exports: Record<string, string | { default: string }>;
    'node-red': { nodes: Record<string, string> };
  };
  const entries = [...Object.values(faces), ...Object.values(red.nodes)]
    .map((entry) => (typeof entry === 'string' ? entry : entry.default))
    .filter((entry) => entry.endsWith('.js'))
    .map((entry) => join(root, entry.replace('dist/', '').replace(/js$/, 'ts')));
  const found = new Map<string, ts.SourceFile>();
  for (let file = entries.pop(); file !== undefined; file = entries.pop()) {
    if (found.has(file)) continue;
    const text = readFileSync(file, 'utf8');
    found.set(file, ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
    for (const [, specifier] of text.matchAll(
      /^(?!(?:import|export) type\b).*(?:\bfrom |\(|^import )'(\.{1,2}\/[^']*)'/gm,
    )) {
      const path = join(dirname(file), specifier!);
      entries.push(existsSync(`${path}.ts`) ? `${path}.ts` : join(path, 'index.ts'));
    }
  }
  return found;
}

const CODE = /^[A-Z]{2,}(_[A-Z]+)*$/;

function codesOf(node: ts.Node): string[] {
  if (ts.isStringLiteral(node)) return CODE.test(node.text) ? [node.text] : [];
  return ts.isConditionalExpression(node) ? [...codesOf(node.whenTrue), ...codesOf(node.whenFalse)] : [];
}

/** The places where a code becomes, or may become, an error's. */
function candidates(node: ts.Node): readonly ts.Node[] {
  if (ts.isPropertyAssignment(node) && node.name.getText() === 'code') return [node.initializer];
  // Handed to a helper, or kept in a constant, before it becomes an error's.
  if (ts.isStringLiteral(node)) return node.text.includes('_') ? [node] : [];
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return [];
  const { expression, arguments: given } = node;
  const makes = expression.kind === ts.SyntaxKind.SuperKeyword || /Error$/.test(expression.getText());
  return makes ? (given?.slice(0, 1) ?? []) : [];
}

/** Every code that an error of the source may have. */
function codesOfTheSource(): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    for (const code of candidates(node).flatMap(codesOf)) if (!code.startsWith('ESME_')) found.add(code);
    ts.forEachChild(node, visit);
  };
  for (const [file, source] of shippedSources()) if (!NO_CODES_IN.test(file)) visit(source);
  return found;
}

describe('the README about errors', () => {
  it('lists every code that the source has, and no other', () => {
    const told = firstCodes(rowsOf(readme, 'Code'));
    const had = [...codesOfTheSource()].filter((code) => !INTERNAL.has(code));
    assert.deepEqual(sorted(told), sorted(had));
  });

  it('says of every code what happened', () => {
    for (const { head, rows } of tables(readme)) {
      if (head[0] !== 'Code') continue;
      const at = head.indexOf('What happened');
      for (const row of rows) assert.match(row[at]!, /\.$/, row[0]);
    }
  });
});

describe('the code in the README', () => {
  const folder = join(root, '.cache', 'readme');

  before(() => mkdirSync(folder, { recursive: true }));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('of the reply is a function that sets the payload', () => {
    const [[language, code] = ['', '']] = blocks(section('Reply to a message'));
    assert.equal(language, 'js');
    const msg = { payload: 'Hi', topic: '447700900123' };
    const replied = runInNewContext(`(() => {${code}})()`, { msg }) as typeof msg;
    assert.equal(replied.payload, 'You wrote "Hi". Thank you.');
    assert.equal(replied.topic, '447700900123');
  });

  /** On the sources in place of the package, which need not be built. */
  const onSources = (code: string): string =>
    code.replace(/'@nazjs\/node-red-smpp(\/\w+)?'/g, (_, face = '') =>
      JSON.stringify(join(root, 'src', `.${String(face)}`, 'index.ts')),
    );

  for (const [title, count] of [
    ['The library', 5],
    ['In the library', 1],
    ["naz's examples", 12],
    ['Parts that you wrote for naz', 1],
  ] as const)
    it(`of "${title}" prints what stands below it`, async function () {
      this.timeout(count * 15_000);
      const all = blocks(section(title));
      const programs = all.flatMap(([language, code], at) => (language === 'js' ? [{ code, at }] : []));
      assert.equal(programs.length, count);
      for (const { code, at } of programs) {
        const file = join(folder, 'example.cjs');
        writeFileSync(file, onSources(code));
        const { stdout } = await run(process.execPath, [...runsTypeScript, file], { cwd: root });
        assert.equal(stdout, all[at + 1]![1]);
      }
    });

  for (const page of pages) {
    it(`${page}: names files, headings and scripts that exist`, () => {
      const text = read(page);
      for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
        if (/^https:/.test(target!)) continue;
        const [path = '', heading] = target!.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(join(root, file)), `${target!} is not there`);
        if (heading !== undefined) assert.ok(headingsOf(file).includes(heading), `no heading for ${target!}`);
      }
      const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
      for (const [, name] of text.matchAll(/`npm run ([\w:]+)`/g)) assert.ok(name! in scripts, name);
    });
  }
});

function headingsOf(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replace(/ /g, '-'),
  );
}
