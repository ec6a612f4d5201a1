import assert from 'node:assert/strict';
import type { Context } from 'mocha';
import { needs } from '../support/skip';
import type { ToolName } from '../support/tools';
import { Producing, type Engine } from './producing';

const NUMBER = '447700900123';
const TEXT = 'Hello "ü" €';
/** As naz's `SubmitSM.to_json()` writes it. */
const NAZ_ITEM = JSON.stringify({
  version: 1,
  smpp_command: 'submit_sm',
  log_id: 'from naz',
  hook_metadata: '{"customer": 7}',
  short_message: TEXT,
  source_addr: '254722111111',
  destination_addr: NUMBER,
});
/** The item in naz's slides. */
const SLIDES_ITEM = JSON.stringify({
  smpp_event: 'submit_sm',
  short_message: TEXT,
  correlation_id: 'from the slides',
  source_addr: '254722111111',
  destination_addr: NUMBER,
});

/** A producer of docs/producers, and the tool that it needs. */
type Producer = readonly [file: string, tool: ToolName];
const IN_SHELL = {
  redis: ['redis/producer.sh', 'redis-server'],
  rabbitmq: ['rabbitmq/producer.sh', 'rabbitmqadmin'],
} as const satisfies Record<Engine, Producer>;
const PRODUCERS: Readonly<Record<Engine, readonly Producer[]>> = {
  redis: [['redis/producer.py', 'python-redis'], ['redis/producer.cjs', 'redis'], IN_SHELL.redis],
  rabbitmq: [
    ['rabbitmq/producer.py', 'python-pika'],
    ['rabbitmq/producer.cjs', 'rabbitmq'],
    IN_SHELL.rabbitmq,
  ],
};

/** A server that is away, and a queue that nobody declared. */
const WRONG: Readonly<Record<Engine, Readonly<Record<string, string>>>> = {
  redis: { REDIS_URL: 'redis://127.0.0.1:1' },
  rabbitmq: { CLIENT_ID: 'another' },
};

function programOf(context: Context, [file, tool]: Producer): string {
  const found = needs(context, tool);
  if (file.endsWith('.py')) return found as string;
  return file.endsWith('.sh') ? 'sh' : process.execPath;
}

/** Those of the shell take a message whole. */
const wordsOf = ([file]: Producer, label: string): [string, ...string[]] =>
  file.endsWith('.sh')
    ? [file, JSON.stringify({ destination_addr: NUMBER, short_message: TEXT, correlation_id: label })]
    : [file, NUMBER, TEXT, label];

describe('The example producers', function () {
  this.timeout(60_000);
  let world: Producing;
  beforeEach(() => (world = new Producing()));
  afterEach(() => world.stop());

  for (const engine of ['redis', 'rabbitmq'] as const) {
    for (const producer of PRODUCERS[engine]) {
      const [file] = producer;

      it(`${file} queues a message, which is sent with its text and label`, async function () {
        const program = programOf(this, producer);
        await world.start(this, engine);
        await world.produce(program, wordsOf(producer, 'order 7'));
        await world.sent([TEXT, 'order 7']);
      });

      it(`${file} fails where nothing was queued`, async function () {
        const program = programOf(this, producer);
        await world.start(this, engine);
        await assert.rejects(world.produce(program, wordsOf(producer, 'x'), WRONG[engine]));
      });
    }

    it(`${engine}: items of naz and of its slides are sent`, async function () {
      const program = programOf(this, IN_SHELL[engine]);
      await world.start(this, engine);
      for (const item of [NAZ_ITEM, SLIDES_ITEM]) await world.produce(program, [IN_SHELL[engine][0], item]);
      await world.sent([TEXT, 'from naz'], [TEXT, 'from the slides']);
    });

    for (const [what, record, code, reason] of [
      ['is no JSON', 'Hello', 'INVALID_RECORD', /JSON/],
      ['is of a newer version', '{"version": 9, "short_message": "Hello"}', 'INVALID_RECORD', /version/],
      ['has a field that nobody knows', NAZ_ITEM.replace('{', '{"shrt": 1, '), 'UNKNOWN_FIELD', /shrt/],
      ['has no recipient', '{"short_message": "Hello"}', 'MISSING_DESTINATION', /destination_addr/],
    ] as const)
      it(`${engine}: what ${what} goes to the dead letters with the reason`, async function () {
        const program = programOf(this, IN_SHELL[engine]);
        await world.start(this, engine);
        await world.produce(program, [IN_SHELL[engine][0], record]);
        const [letter, ...others] = await world.refused();
        assert.deepEqual([letter?.code, others], [code, []]);
        assert.match(letter!.reason, reason);
      });
  }
});

describe('The list that drainList names', function () {
  this.timeout(60_000);
  let world: Producing;
  beforeEach(() => (world = new Producing()));
  afterEach(() => world.stop());

  const push = async (context: Context, item: string): Promise<string> =>
    world.produce(programOf(context, ['redis/naz-list.sh', 'redis-server']), ['redis/naz-list.sh', item]);

  it('gives what LPUSH puts there, first in first out', async function () {
    await world.start(this, 'redis');
    for (const item of [NAZ_ITEM, SLIDES_ITEM]) await push(this, item);
    await world.sent([TEXT, 'from naz'], [TEXT, 'from the slides']);
  });

  it('gives what is wrong to the dead letters', async function () {
    await world.start(this, 'redis');
    await push(this, '{"smpp_command": "deliver_sm_resp", "sequence_number": 3}');
    const [letter, ...others] = await world.refused();
    assert.deepEqual([letter?.code, others], ['UNKNOWN_COMMAND', []]);
  });
});
