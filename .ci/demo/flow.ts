import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowNode } from './node-red';

export const flowIds = {
  tab: 'demo-tab',
  connection: 'demo-connection',
  hello: 'demo-hello',
  simulator: 'demo-simulator',
} as const;

/** What smpp-config asks for; the simulator of the flow takes any. */
export const flowCredentials = { [flowIds.connection]: { systemId: 'demo', password: 'demo' } };

/**
 * The flow that `npm start` shows, as Node-RED's flow file has it. `root`: the checkout, where package.json lies;
 * `withHttp`: with the http routes of the demo, else only what sends and receives.
 */
export function demoFlow(root: string, simulatorPort: number, withHttp: boolean): FlowNode[] {
  const example = JSON.parse(
    readFileSync(join(root, 'examples', '01-first-message.json'), 'utf8'),
  ) as FlowNode[];
  const address = { host: '127.0.0.1', port: simulatorPort };
  const nodes = [
    { id: flowIds.tab, type: 'tab', label: 'SMPP demo', disabled: false, info: about, env: [] },
    { id: flowIds.connection, type: 'smpp-config', name: 'Simulator', ...address },
    comment('about-simulator', 540, 'An SMSC inside the flow: it accepts, and sends receipts'),
    node('smpp-simulator', 'simulator', [180, 580], { name: 'SMSC', ...address }, []),
    ...messages,
    ...(withHttp ? httpRoute : []),
  ];
  // What is not said here is as in the example, so that nodes have all their properties as an editor would save them.
  return nodes.map((one) => ({ ...example.find(({ type }) => type === one.type), ...one }));
}

const about = `
**A first SMS.** Press the button of *Hello*: the message goes to the SMSC, and the debug sidebar shows
that it was accepted, and then its receipt.

**Your own SMSC.** Open *send*, edit its connection, set host, port, system ID and password, press Deploy.

**Starting over.** \`npm start -- --fresh\` forgets all changes.
`.trim();

/** Properties of the types that no example has, or that are always the same here. */
const common: Readonly<Record<string, object>> = {
  debug: { active: true, tosidebar: true, console: false, tostatus: false, targetType: 'msg' },
  function: { timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] },
  'smpp-out': { connection: flowIds.connection },
  'smpp-in': { connection: flowIds.connection },
};

/** `wires`: for each output the nodes that it leads to, both without the `demo-` of their ids. */
function node(
  type: string,
  id: string,
  [x, y]: readonly [number, number],
  properties: Readonly<Record<string, unknown>>,
  ...wires: string[][]
): FlowNode {
  const to = wires.map((output) => output.map((one) => `demo-${one}`));
  return { id: `demo-${id}`, type, z: flowIds.tab, x, y, ...common[type], ...properties, wires: to };
}

function comment(id: string, y: number, name: string): FlowNode {
  return node('comment', id, [270, y], { name, info: '' });
}

const hello = { name: 'Hello', payload: 'Hello', payloadType: 'str', topic: '447700900123' };
const once = { repeat: '', crontab: '', once: false, onceDelay: 0.1 };
const events = ['request', 'response', 'failure', 'session', 'throttle', 'queue'];

const messages = [
  comment('about-sending', 60, 'Press the button: an SMS goes out'),
  node('inject', 'hello', [150, 100], { ...hello, ...once }, ['out']),
  node('smpp-out', 'out', [340, 100], { name: 'send', completeWhen: 'accepted' }, ['accepted']),
  node('debug', 'accepted', [540, 100], { name: 'accepted', complete: 'smpp' }),
  comment('about-receiving', 180, 'Receipts and incoming messages come here'),
  node('smpp-in', 'in', [150, 220], { name: 'receive', events: ['message', 'receipt'] }, ['received']),
  node('debug', 'received', [540, 220], { name: 'received', complete: 'payload' }),
  node('smpp-in', 'watch', [150, 300], { name: 'watch', events }, ['watched']),
  node('debug', 'watched', [540, 300], { name: 'all the rest', complete: 'smpp', active: false }),
];

// The bodies of the function nodes: what a person reads when opening them in the editor.

const readRequest = `
let body;
try {
    body = JSON.parse(msg.payload.toString() || "{}");
} catch (error) {
    return refuse("body", "is not JSON");
}
if (typeof body !== "object" || body === null) return refuse("body", "must be an object");
for (const field of ["to", "text"]) {
    if (typeof body[field] !== "string" || body[field] === "") return refuse(field, "must be a text that is not empty");
}
msg.topic = body.to;
msg.payload = body.text;
return [msg, null];

function refuse(field, problem) {
    msg.statusCode = 400;
    msg.payload = { field, error: field + " " + problem };
    return [null, msg];
}
`;

const answerQueued = `
msg.statusCode = 202;
msg.payload = { id: msg.smpp.id };
return msg;
`;

const answerRefused = `
const names = { destination_addr: "to", short_message: "text", message_payload: "text" };
const smpp = msg.smpp || {};
const field = names[smpp.field] || smpp.field;
const full = ["QUEUE_FULL", "WAITING_FULL", "QUEUE_UNAVAILABLE"].includes(msg.error.code);
msg.statusCode = full ? 503 : field ? 400 : 500;
msg.payload = { code: msg.error.code, field, error: msg.error.message.replace(/^\\w*Error: /, "") };
return msg;
`;

const route = { url: '/send', method: 'post', upload: false, skipBodyParsing: true, swaggerDoc: '' };
const code = (func: string, outputs = 1): object => ({ func: func.trim(), outputs });

const httpRoute = [
  comment('about-http', 360, 'POST /send with {"to": "447700900123", "text": "Hello"}'),
  node('http in', 'http-in', [140, 400], { name: 'POST /send', ...route }, ['http-read']),
  node(
    'function',
    'http-read',
    [310, 400],
    { name: 'read request', ...code(readRequest, 2) },
    ['http-out'],
    ['http-response'],
  ),
  node('smpp-out', 'http-out', [460, 400], { name: 'queue', completeWhen: 'queued' }, ['http-queued']),
  node('function', 'http-queued', [600, 400], { name: 'answer 202', ...code(answerQueued) }, [
    'http-response',
  ]),
  node('http response', 'http-response', [750, 440], { name: '', statusCode: '', headers: {} }),
  node('catch', 'http-catch', [300, 480], { name: 'refused', scope: ['demo-http-out'], uncaught: false }, [
    'http-refused',
  ]),
  node('function', 'http-refused', [580, 480], { name: 'answer 400 or 503', ...code(answerRefused) }, [
    'http-response',
  ]),
];
