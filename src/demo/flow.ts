import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowNode } from './node-red';

export interface FlowOptions {
  /** The checkout: where package.json lies. */
  readonly root: string;
  readonly simulatorPort: number;
  /** With the http routes of the demo; else only what sends and receives. */
  readonly withHttp: boolean;
}

export const flowIds = {
  tab: 'demo-tab',
  connection: 'demo-connection',
  hello: 'demo-hello',
  simulator: 'demo-simulator',
} as const;

/** What smpp-config asks for; the simulator of the flow takes any. */
export const flowCredentials = { [flowIds.connection]: { systemId: 'demo', password: 'demo' } };

/** The flow that `npm start` shows, as Node-RED's flow file has it. */
export function demoFlow({ root, simulatorPort, withHttp }: FlowOptions): FlowNode[] {
  const build = new Builder(root);
  return [
    { id: flowIds.tab, type: 'tab', label: 'SMPP demo', disabled: false, info: about, env: [] },
    ...connection(build, simulatorPort),
    ...sending(build),
    ...receiving(build),
    ...(withHttp ? httpRoute(build) : []),
  ];
}

const about = `
**A first SMS.** Press the button of *Hello*: the message goes to the SMS centre, and the debug sidebar shows
that it was accepted, and then its receipt.

**Your own SMS centre.** Open *send*, edit its connection, set host, port, system ID and password, press Deploy.

**Starting over.** \`npm start -- --fresh\` forgets all changes.
`.trim();

/** Makes nodes that have all their properties, as an editor would save them. */
class Builder {
  readonly #example: readonly FlowNode[];

  constructor(root: string) {
    this.#example = JSON.parse(
      readFileSync(join(root, 'examples', '01-first-message.json'), 'utf8'),
    ) as FlowNode[];
  }

  config(id: string, type: string, properties: Readonly<Record<string, unknown>>): FlowNode {
    return { ...this.#example.find((node) => node.type === type), ...properties, id, type };
  }

  node(
    id: string,
    type: string,
    [x, y]: readonly [x: number, y: number],
    properties: Readonly<Record<string, unknown>>,
    ...wires: string[][]
  ): FlowNode {
    return { ...this.config(id, type, properties), z: flowIds.tab, x, y, wires };
  }

  out(
    id: string,
    at: readonly [number, number],
    properties: Readonly<Record<string, unknown>>,
    to: string,
  ): FlowNode {
    return this.node(id, 'smpp-out', at, { connection: flowIds.connection, ...properties }, [to]);
  }

  in(
    id: string,
    at: readonly [number, number],
    properties: Readonly<Record<string, unknown>>,
    to: string,
  ): FlowNode {
    return this.node(id, 'smpp-in', at, { connection: flowIds.connection, ...properties }, [to]);
  }

  debug(id: string, at: readonly [number, number], name: string, property: string, active = true): FlowNode {
    const shown = { tosidebar: true, console: false, tostatus: false, complete: property, targetType: 'msg' };
    return this.node(id, 'debug', at, { name, active, ...shown });
  }

  function(
    id: string,
    at: readonly [number, number],
    name: string,
    body: string,
    ...wires: string[][]
  ): FlowNode {
    const rest = { timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] };
    return this.node(
      id,
      'function',
      at,
      { name, func: body.trim(), outputs: wires.length, ...rest },
      ...wires,
    );
  }

  comment(id: string, y: number, name: string): FlowNode {
    return this.node(id, 'comment', [270, y], { name, info: '' });
  }
}

function connection(build: Builder, port: number): FlowNode[] {
  const address = { host: '127.0.0.1', port };
  return [
    build.config(flowIds.connection, 'smpp-config', { name: 'Simulator', ...address }),
    build.comment(
      'demo-about-simulator',
      540,
      'An SMS centre inside the flow: it accepts, and sends receipts',
    ),
    build.node(flowIds.simulator, 'smpp-simulator', [180, 580], { name: 'SMS centre', ...address }, []),
  ];
}

function sending(build: Builder): FlowNode[] {
  const message = { payload: 'Hello', payloadType: 'str', topic: '447700900123' };
  return [
    build.comment('demo-about-sending', 60, 'Press the button: an SMS goes out'),
    build.node(
      flowIds.hello,
      'inject',
      [150, 100],
      { name: 'Hello', repeat: '', crontab: '', once: false, onceDelay: 0.1, ...message },
      ['demo-out'],
    ),
    build.out('demo-out', [340, 100], { name: 'send', completeWhen: 'accepted' }, 'demo-accepted'),
    build.debug('demo-accepted', [540, 100], 'accepted', 'smpp'),
  ];
}

function receiving(build: Builder): FlowNode[] {
  const rest = ['request', 'response', 'failure', 'session', 'throttle', 'queue'];
  return [
    build.comment('demo-about-receiving', 180, 'Receipts and incoming messages come here'),
    build.in('demo-in', [150, 220], { name: 'receive', events: ['message', 'receipt'] }, 'demo-received'),
    build.debug('demo-received', [540, 220], 'received', 'payload'),
    build.in('demo-watch', [150, 300], { name: 'watch', events: rest }, 'demo-watched'),
    build.debug('demo-watched', [540, 300], 'all the rest', 'smpp', false),
  ];
}

function httpRoute(build: Builder): FlowNode[] {
  const route = {
    name: 'POST /send',
    url: '/send',
    method: 'post',
    upload: false,
    skipBodyParsing: true,
    swaggerDoc: '',
  };
  const response = 'demo-http-response';
  return [
    build.comment('demo-about-http', 360, 'POST /send with {"to": "447700900123", "text": "Hello"}'),
    build.node('demo-http-in', 'http in', [140, 400], route, ['demo-http-read']),
    build.function('demo-http-read', [310, 400], 'read request', readRequest, ['demo-http-out'], [response]),
    build.out('demo-http-out', [460, 400], { name: 'queue', completeWhen: 'queued' }, 'demo-http-queued'),
    build.function('demo-http-queued', [600, 400], 'answer 202', answerQueued, [response]),
    build.node(response, 'http response', [750, 440], { name: '', statusCode: '', headers: {} }),
    build.node(
      'demo-http-catch',
      'catch',
      [300, 480],
      { name: 'refused', scope: ['demo-http-out'], uncaught: false },
      ['demo-http-refused'],
    ),
    build.function('demo-http-refused', [580, 480], 'answer 400 or 503', answerRefused, [response]),
  ];
}

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
