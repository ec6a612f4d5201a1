import type { FlowNode, LogLine, NodeRed } from './node-red';

/** What an smpp node puts on its message. */
export interface SmppFacts {
  readonly event?: string;
  readonly id?: string;
  readonly message_id?: string;
  readonly command_status?: string;
  readonly segment?: number;
  readonly segments?: number;
  readonly [field: string]: unknown;
}

interface FlowMessage {
  readonly payload?: unknown;
  readonly topic?: unknown;
  readonly smpp?: SmppFacts;
}

/** What the runtime's hooks hand over. */
type Sent = Readonly<{ msg: FlowMessage; source: { id: string } }>;
type Completed = Readonly<{ msg: FlowMessage; node: { id: string }; error?: { message?: string } }>;

/** Node-RED's number for this level of its log; what is worse has a smaller one. */
const warnLevel = 30;

/** What Node-RED says of every userDir like this one, and nobody has to act upon here. */
const expected = /credentials? file|encrypted|system-generated key|^-+$|^Projects disabled/i;

/** Tells what the smpp nodes of any flow do, in words for the terminal. */
export class Story {
  /** Resolves when a connection is bound for the first time. */
  readonly bound: Promise<void>;
  readonly #say: (line: string) => void;
  readonly #states = new Map<string, string>();
  /** What several nodes may tell of, and is told once. */
  readonly #told = new Set<string>();
  #nodeRed: NodeRed | undefined;
  #nowBound!: () => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
    this.bound = new Promise((resolve) => (this.#nowBound = resolve));
  }

  /** `heard` is called for every message that leaves an smpp node. */
  follow(nodeRed: NodeRed, heard?: (facts: SmppFacts, payload: unknown) => void): void {
    this.#nodeRed = nodeRed;
    nodeRed.events.on('node-status', ({ id, status }: { id: string; status?: { text?: string } }) => {
      this.#tellStatus(this.#node(id), status?.text);
    });
    nodeRed.hooks.add('onSend.demo', (events: Sent[]) => {
      for (const { msg, source } of firstOfEach(events)) {
        if (!msg.smpp || !isSmpp(this.#node(source.id))) continue;
        this.#tellEvent(msg, msg.smpp);
        heard?.(msg.smpp, msg.payload);
      }
    });
    nodeRed.hooks.add('onComplete.demo', ({ msg, node, error }: Completed) => {
      if (error && isSmpp(this.#node(node.id)))
        this.#tellFailure(msg.smpp, error.message ?? 'no reason given');
    });
  }

  /** Passes on what went wrong; what went well is told in fewer words. */
  log(line: LogLine): void {
    const text = (line.msg instanceof Error ? line.msg.message : String(line.msg)).split('\n', 1)[0] ?? '';
    if (line.level > warnLevel || text === '' || expected.test(text) || this.#told.has(text)) return;
    this.#tell(line.level < warnLevel ? 'error' : 'warning', [line.name, text].filter(Boolean).join(': '));
  }

  /** What was last heard of a connection: "connecting", "bound", "disconnected", ... */
  get lastState(): string | undefined {
    return [...this.#states.values()].at(-1);
  }

  #tellStatus(node: FlowNode | undefined, text: string | undefined): void {
    const state = text?.split(' · ')[0];
    if (!state || !isSmpp(node)) return;
    const connection = this.#node(String(node.connection));
    if (!connection) return;
    const before = this.#states.get(connection.id);
    this.#states.set(connection.id, state);
    if (state === 'bound') this.#nowBound();
    // That it is not connected before it ever was goes without saying.
    if (state === before || (before === undefined && state === 'disconnected')) return;
    this.#tell(state, `${nameOf(connection)} at ${String(connection.host)}:${String(connection.port)}`);
  }

  #tellEvent({ payload, topic }: FlowMessage, facts: SmppFacts): void {
    const { event, message_id = '?', command_status } = facts;
    if (event === 'request') this.#tell('sent', `to ${String(topic)}${part(facts)}`);
    else if (event === 'response' && command_status !== 'ESME_ROK')
      this.#tell('refused', String(command_status));
    else if (event === 'response' || event === 'accepted') {
      if (this.#isNew(`accepted ${message_id}`))
        this.#tell('accepted', `message id ${message_id}${part(facts)}`);
    } else if (event === 'receipt') {
      const { state } = payload as { state?: string };
      this.#tell(state === 'DELIVRD' ? 'delivered' : 'receipt', `message id ${message_id}: ${String(state)}`);
    } else if (event === 'message') this.#tell('received', `"${shortened(payload)}" from ${String(topic)}`);
    else if (event === 'failure') this.#tellFailure(facts, String(payload));
  }

  #tellFailure(facts: SmppFacts | undefined, why: string): void {
    if (facts?.id !== undefined && !this.#isNew(`failed ${facts.id}`)) return;
    this.#isNew(why);
    this.#tell('failed', why);
  }

  #isNew(what: string): boolean {
    if (this.#told.has(what)) return false;
    if (this.#told.size > 1000) this.#told.clear();
    this.#told.add(what);
    return true;
  }

  #node(id: string): FlowNode | undefined {
    let found: FlowNode | undefined;
    this.#nodeRed?.nodes.eachNode((node) => {
      if (node.id === id) found = node;
    });
    return found;
  }

  #tell(word: string, rest: string): void {
    this.#say(`  ${word.padEnd(12)} ${rest}`);
  }
}

function isSmpp(node: FlowNode | undefined): node is FlowNode {
  return node?.type === 'smpp-out' || node?.type === 'smpp-in';
}

/** A message goes to each wire on its own, but happened once. */
function firstOfEach(events: readonly Sent[]): Sent[] {
  return events.filter(({ msg }, at) => events.findIndex((other) => other.msg.smpp === msg.smpp) === at);
}

function nameOf({ name, id }: FlowNode): string {
  return typeof name === 'string' && name !== '' ? name : id;
}

function part({ segment, segments = 1 }: SmppFacts): string {
  if (segments < 2) return '';
  return segment === undefined ? ` (${segments} segments)` : ` (segment ${segment} of ${segments})`;
}

function shortened(payload: unknown): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
