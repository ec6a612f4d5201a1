import type { NodeMessage } from 'node-red';
import { ConfigError, MessageError } from '../src/index';
import type { Connection } from './connection';
import { record } from './recording';
import { blank, isFields, shown, type Fields } from './values';

/** What an action has to say; one with a `payload` is sent on. */
export interface Answer {
  readonly smpp?: Fields;
  readonly payload?: unknown;
}

type Action = (connection: Connection, msg: NodeMessage) => Answer | Promise<Answer>;

/** Everything that `msg.action` can ask of a connection. */
const ACTIONS: ReadonlyMap<unknown, Action> = new Map<string, Action>([
  ['connect', async (connection) => (await connection.connect(), {})],
  ['disconnect', async (connection) => (await connection.disconnect(), {})],
  ['pause', (connection) => (connection.client.pause(), {})],
  ['resume', (connection) => (connection.client.resume(), {})],
  ['purge', purge],
  ['dead-letters', deadLetters],
  ['replay', replay],
  ['status', status],
  ['configure', configure],
  ['ack', ack],
  ['claim', claim],
  ['compact', compact],
  ['record', record],
  ['reopen-log', async (connection) => (await connection.client.reopenLog(), {})],
]);

/**
 * Does what `msg.action` says.
 *
 * @throws MessageError for an unknown action; what the client throws.
 */
export async function runAction(connection: Connection, msg: NodeMessage): Promise<Answer> {
  const action = ACTIONS.get(msg.action);
  if (!action) {
    const remedy = `give one of ${[...ACTIONS.keys()].join(', ')}; a message to be sent has no msg.action`;
    throw new MessageError(
      'UNKNOWN_ACTION',
      'action',
      `msg.action (${JSON.stringify(msg.action)}): ${remedy}`,
    );
  }
  try {
    return await action(connection, msg);
  } finally {
    connection.touch();
  }
}

const invalid = (field: string, text: string): MessageError => new MessageError('INVALID_FIELD', field, text);

/** What an `smpp-in` told of without an ack_id is answered already. */
const ANSWERED: ReadonlySet<unknown> = new Set(['message', 'receipt']);

function ack(connection: Connection, { smpp }: NodeMessage): Answer {
  const { event, ack_id, command_status } = fieldsOf(smpp);
  if (ack_id === undefined && ANSWERED.has(event)) return {};
  if (typeof ack_id !== 'string' || ack_id === '') {
    const remedy = 'give the ack_id of what is to be acknowledged, as smpp-in had it in msg.smpp';
    throw invalid('ack_id', `msg.smpp.ack_id (${shown(ack_id)}): ${remedy}`);
  }
  const isStatus = typeof command_status === 'string' || typeof command_status === 'number';
  if (!isStatus && command_status !== undefined && command_status !== null)
    throw invalid('command_status', 'msg.smpp.command_status: give a status such as ESME_ROK, or nothing');
  connection.client.acknowledge(ack_id, isStatus ? command_status : undefined);
  return {};
}

/** The queue and the dead letters, or what `msg.payload` names of the two. */
async function purge(connection: Connection, { payload }: NodeMessage): Promise<Answer> {
  // What is gone cannot be had back: a typing error must not mean everything.
  if (typeof payload === 'string' && !['', 'queue', 'dead-letters'].includes(payload)) {
    const remedy = 'give "queue" or "dead-letters", or nothing for both; nothing was removed';
    throw invalid('payload', `msg.payload (${shown(payload)}): ${remedy}`);
  }
  const what = { queue: payload !== 'dead-letters', deadLetters: payload !== 'queue' };
  return { smpp: { event: 'purged', ...(await connection.purge(what)) } };
}

/** What another account left in the queue is the connection's own from now on. */
async function claim(connection: Connection): Promise<Answer> {
  await connection.claim();
  const { queued } = await connection.client.status();
  return { smpp: { event: 'claimed', queued } };
}

/** Of what is gone from the queue no copy is left. */
async function compact(connection: Connection): Promise<Answer> {
  const { octetsBefore, octetsAfter, milliseconds, aside } = await connection.client.compact();
  const payload = { octets_before: octetsBefore, octets_after: octetsAfter, milliseconds, aside };
  return { payload, smpp: { event: 'compacted', ...payload } };
}

async function deadLetters(connection: Connection, { payload }: NodeMessage): Promise<Answer> {
  const { limit: given, after } = fieldsOf(payload);
  const limit = Number(given);
  if (!blank(given) && !(Number.isInteger(limit) && limit > 0))
    throw invalid(
      'payload',
      `msg.payload.limit (${shown(given)}): give a whole number from 1 on, or nothing for all`,
    );
  const list = await connection.client.deadLetters({
    ...(blank(given) ? {} : { limit }),
    ...(typeof after === 'string' ? { after } : {}),
  });
  return { payload: list, smpp: { event: 'dead-letters', total: list.total } };
}

async function replay(connection: Connection, { payload }: NodeMessage): Promise<Answer> {
  const result = await connection.client.replay(wantedIds(payload));
  return { payload: result, smpp: { event: 'replayed', ...result } };
}

/** One id, several, or undefined for all: an inject node's time stamp means nothing here. */
function wantedIds(payload: unknown): string[] | undefined {
  const given = fieldsOf(payload).ids ?? payload;
  if (blank(given) || typeof given === 'number') return undefined;
  const ids: unknown[] = Array.isArray(given) ? given : [given];
  if (ids.every((id) => typeof id === 'string')) return ids;
  throw invalid(
    'payload',
    'msg.payload: give the id of a message, a list of ids, or nothing for all that are kept',
  );
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

async function status(connection: Connection): Promise<Answer> {
  const report = await connection.client.status();
  return { payload: report, smpp: { event: 'status', ...report } };
}

/** What can be changed, by its names: in the manner of all that a flow sees, as `status` answers, and the option's. */
const SETTINGS: Fields = {
  ...{ send_rate: 'sendRate', rate: 'sendRate', sendRate: 'sendRate' },
  ...{ window_size: 'windowSize', window: 'windowSize', windowSize: 'windowSize' },
  ...{ log_level: 'logLevel', logLevel: 'logLevel' },
};

function configure(connection: Connection, { payload }: NodeMessage): Answer {
  if (!isFields(payload)) {
    const remedy = 'give an object such as {"send_rate": 20, "window_size": 10, "log_level": "debug"}';
    throw new MessageError('INVALID_CONFIG', 'payload', `msg.payload: ${remedy}`);
  }
  const changes: Record<string, unknown> = {};
  const names: Record<string, string> = {};
  const unknown = [];
  for (const [name, value] of Object.entries(payload)) {
    const option = Object.hasOwn(SETTINGS, name) ? String(SETTINGS[name]) : undefined;
    if (option === undefined)
      unknown.push({
        field: name,
        value,
        remedy: 'only send_rate, window_size and log_level can be changed',
      });
    else [changes[option], names[option]] = [value, name];
  }
  if (unknown.length > 0) throw new ConfigError(unknown);
  try {
    connection.client.configure(changes);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // By the names that the flow knows.
    throw new ConfigError(
      error.problems.map((problem) => ({ ...problem, field: names[problem.field] ?? problem.field })),
    );
  }
  return { smpp: { event: 'configured', ...payload } };
}
