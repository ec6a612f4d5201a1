// The rules of this project's own that the linter holds: which room may import which, and through which door.
// A message says what is allowed and where the wanted thing should come from, so that nobody has to look it up.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';

/** Room → rooms it may import. */
const mayImport = {
  nodes: ['index', 'simulator'],
  cli: ['index', 'simulator', 'text', 'protocol'],
  index: ['client', 'recorder', 'session', 'flow-control', 'store', 'text', 'protocol'],
  client: ['recorder', 'session', 'flow-control', 'store', 'text', 'protocol'],
  server: ['session', 'text', 'protocol'],
  simulator: ['server', 'session', 'text', 'protocol'],
  session: ['protocol'],
  recorder: ['protocol'],
  'flow-control': ['protocol'],
  store: ['flow-control', 'protocol'],
  text: ['protocol'],
  protocol: [],
  observability: [],
  clock: [],
  waiting: [],
  folders: [],
  collections: [],
};
/** What every room may import. */
const openToAll = ['observability', 'clock', 'waiting', 'collections', 'folders'];
/** The bases, which may not import each other but this way. */
const mayImportOpen = {
  observability: ['clock', 'folders'],
  clock: [],
  waiting: ['clock'],
  collections: [],
  folders: [],
};

/**
 * Rooms of several floors: folder → folders of the same room that it may import, besides itself. What lies in no
 * folder of them is the top, which may import all and which none of them imports.
 */
const floors = {
  'src/client': {
    config: [],
    metrics: [],
    message: ['config'],
    plugins: ['config', 'message', 'metrics'],
    events: ['config', 'message', 'metrics'],
    connection: ['config', 'message', 'events', 'metrics'],
    outbound: ['config', 'message', 'events', 'metrics'],
    quality: ['config', 'events'],
    ussd: ['config', 'message', 'events'],
    inbound: ['config', 'message', 'events', 'outbound', 'metrics', 'quality', 'ussd'],
  },
  'src/store/disk': {
    record: [],
    lmdb: ['record'],
    commit: ['record', 'lmdb'],
    queue: ['record', 'lmdb', 'commit'],
    correlation: ['record', 'lmdb', 'commit'],
    repair: ['record', 'lmdb', 'commit'],
  },
  'src/store/redis': {
    connection: [],
    lua: ['connection'],
    queue: ['connection', 'lua'],
    correlation: ['connection', 'lua'],
    sharing: ['connection', 'lua'],
  },
};
const direction =
  'imports point one way: nodes → index, simulator; cli → index, simulator, text, protocol; index → client → {recorder, session, store → flow-control, text} → protocol; simulator → server → {session, text, protocol}';

/** @returns {string | undefined} the room of a file given relative to the root, undefined outside of all rooms */
function roomOf(file) {
  const [top, second, ...rest] = file.split(/[\\/]/);
  if (top === 'nodes') return 'nodes';
  if (top !== 'src' || second === undefined) return undefined;
  return rest.length > 0 || mayImport[second] ? second : second.replace(/\.ts$/, '');
}

/**
 * Doors beside the index of a room: the base of all errors, which needs nothing of the codec; how a table of options is
 * read, which server and simulator share and which is no part of the package's face.
 */
const sideDoors = ['src/protocol/errors', 'src/server/option-table'];

/** What an import names: its room, and whether it comes through a door of the room. */
function target(root, from, specifier) {
  const path = relative(root, join(dirname(from), specifier))
    .split(sep)
    .join('/');
  const door =
    path === 'src' || path.split('/').length === 2 || path.split('/').slice(2).join('/') === 'index';
  return { room: path === 'src' ? 'index' : roomOf(path), isDoor: door || sideDoors.includes(path) };
}

function listed(rooms) {
  return rooms.length > 1 ? `${rooms.slice(0, -1).join(', ')} and ${rooms.at(-1)}` : rooms.join('');
}

/** @returns {[room: string, folder: string] | undefined} where a file lies in a room that has floors; '' is its top */
function floorOf(path) {
  const room = Object.keys(floors).find((one) => path.startsWith(`${one}/`));
  if (room === undefined) return undefined;
  const [folder, ...rest] = path.slice(room.length + 1).split('/');
  return [room, rest.length > 0 || floors[room][folder] ? folder : ''];
}

function wrongFloor(root, file, specifier) {
  const slashed = (path) => relative(root, path).split(sep).join('/');
  const [room, from] = floorOf(slashed(file)) ?? [];
  const [targetRoom, to] = floorOf(slashed(join(dirname(file), specifier))) ?? [];
  if (room === undefined || room !== targetRoom || from === '' || from === to) return undefined;
  const allowed = floors[room][from] ?? [];
  if (allowed.includes(to)) return undefined;
  const wanted = to === '' ? `the top of ${room}` : `"${to}"`;
  return `In ${room} "${from}" may not import ${wanted}, only ${listed(allowed) || 'its own files'}: imports between its folders point one way. What it needs beyond that is handed to it as an argument, by an interface that it declares itself; what both need moves to the lower folder.`;
}

function complaint(root, file, specifier) {
  if (isBuiltin(specifier) && !specifier.startsWith('node:'))
    return `Write "node:${specifier}": it is Node's own.`;
  if (!specifier.startsWith('.')) return undefined;
  const from = roomOf(relative(root, file));
  const { room, isDoor } = target(root, file, specifier);
  if (from === undefined) return undefined;
  if (room === from) return wrongFloor(root, file, specifier);
  if (room === undefined)
    return `"${specifier}" lies outside of src/ and nodes/: what ships imports only what ships.`;
  const allowed = [...(mayImport[from] ?? []), ...(mayImportOpen[from] ?? openToAll)];
  if (!allowed.includes(room))
    return `"${from}" may not import "${room}": ${direction}. "${from}" may import ${listed(allowed)}; what it needs beyond that is handed to it as an argument, by an interface that it declares itself.`;
  if (!isDoor)
    return `"${specifier}" is a side door of the room "${room}": import its index instead. What is not exported there is not meant for others, or belongs into its API.`;
  return undefined;
}

const rooms = {
  meta: { type: 'problem', schema: [{ type: 'object', properties: { root: { type: 'string' } } }] },
  create(context) {
    const [{ root }] = context.options;
    const look = (node) => {
      if (typeof node?.value !== 'string') return;
      const message = complaint(root, context.filename, node.value);
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => look(node.source),
      ExportNamedDeclaration: (node) => look(node.source),
      ExportAllDeclaration: (node) => look(node.source),
      ImportExpression: (node) => look(node.source),
      TSImportType: (node) => look(node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => look(node.expression),
      'CallExpression[callee.name="require"]': (node) => look(node.arguments[0]),
    };
  },
};

/** file → files that it imports by a relative path, types as well. */
function importsOf(root, top) {
  const graph = new Map();
  for (const name of readdirSync(join(root, top), { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const file = join(root, top, name);
    const found = readFileSync(file, 'utf8').matchAll(/\bfrom\s+'(\.[^']*)'/g);
    const paths = [...found].map(([, specifier]) => join(dirname(file), specifier));
    graph.set(
      file,
      paths.map((path) => (existsSync(`${path}.ts`) ? `${path}.ts` : join(path, 'index.ts'))),
    );
  }
  return graph;
}

const graphs = new Map();

/** The shortest way from a file back to itself; undefined where there is none. */
function circleOf(graph, start) {
  const before = new Map();
  const open = [start];
  for (const file of open)
    for (const next of graph.get(file) ?? []) {
      if (next === start) {
        const way = [start];
        for (let at = file; at !== start; at = before.get(at)) way.unshift(at);
        return [start, ...way];
      }
      if (before.has(next)) continue;
      before.set(next, file);
      open.push(next);
    }
  return undefined;
}

const noTypeCircles = {
  meta: { type: 'problem', schema: [{ type: 'object', properties: { root: { type: 'string' } } }] },
  create(context) {
    const [{ root }] = context.options;
    return {
      Program(node) {
        const [top] = relative(root, context.filename).split(sep);
        if (!graphs.has(top)) graphs.set(top, importsOf(root, top));
        const way = circleOf(graphs.get(top), context.filename);
        if (way === undefined) return;
        const names = way.map((file) => relative(root, file).split(sep).join('/')).join(' → ');
        const message = `These import each other, if only types: ${names}. What both need moves to a file of its own, or below; or one declares the interface that it needs.`;
        context.report({ node, message });
      },
    };
  },
};

/** What only a flow has: its messages, its nodes, Node-RED itself. The name of the package is no such word. */
const FLOW_WORDS =
  /\bmsg\.\w+|\bin the node\b|\b(?:a|the|this) flows?\b|\bdeploy|\bsmpp[- ](?:config|out|in)\b|\bcatch node|(?<!@nazjs\/)\bnode-red\b(?!-smpp)/i;

/** The engine is a library: its errors and log lines name its own options, fields and methods. */
const libraryWords = {
  meta: { type: 'problem' },
  create(context) {
    const look = (node, text) => {
      const [found] = FLOW_WORDS.exec(text) ?? [];
      if (found === undefined) return;
      const message = `"${found}" is a flow's word: src/ is a library, and says what its own options, fields and methods are called. Give the error a \`remedy\`, and say it for flows by its code and field (a log line by event and stage) in nodes/wording.ts.`;
      context.report({ node, message });
    };
    return {
      Literal: (node) => typeof node.value === 'string' && look(node, node.value),
      TemplateElement: (node) => look(node, node.value.raw),
    };
  },
};

export const projectRules = {
  meta: { name: 'project' },
  rules: { rooms, 'no-type-circles': noTypeCircles, 'library-words': libraryWords },
};

/** The files that `entry` reaches by relative imports, itself included: what a browser bundle of it would hold. */
export function reachableFrom(root, entry) {
  const found = new Set();
  const open = [join(root, entry)];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    if (!existsSync(file)) continue;
    for (const [, type, specifier] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export|\})(\s+type\b)?[^'"]*?\bfrom\s+'(\.[^']*)'/gms,
    )) {
      if (type) continue;
      const path = join(dirname(file), specifier);
      open.push(existsSync(`${path}.ts`) ? `${path}.ts` : join(path, 'index.ts'));
    }
  }
  return [...found].map((file) => relative(root, file).split(sep).join('/'));
}
