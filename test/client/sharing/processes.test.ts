import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SmppClientOptions } from '../../../src/index';
import { needs } from '../../support/skip';
import { startChild } from '../../support/child';
import type { Script } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO } from '../setup';
import type { Order } from './instance-child';
import { Instances, refusing, sharedOptions } from './setup';

type Said = Record<string, Record<string, unknown> | undefined>;

/** An instance in a process of its own. */
class Child {
  readonly process: ChildProcess;
  readonly said: Said[] = [];

  constructor(options: SmppClientOptions) {
    const child = startChild(join(__dirname, 'instance-child.ts'), [JSON.stringify(options)]);
    this.process = child;
    createInterface(child.stdout).on('line', (line) => this.said.push(JSON.parse(line) as Said));
  }

  order(order: Order): void {
    this.process.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  find(name: string): Said | undefined {
    return this.said.find((one) => one[name] !== undefined);
  }

  async until(name: string): Promise<Record<string, unknown>> {
    await until(() => this.find(name) !== undefined, name);
    return this.find(name)?.[name] as Record<string, unknown>;
  }
}

describe('Instances in several processes', () => {
  const world = new Instances();
  const children: Child[] = [];
  let options: SmppClientOptions;

  before(function () {
    needs(this, 'redis');
  });
  beforeEach(async function () {
    options = await sharedOptions(this);
  });
  afterEach(async () => {
    for (const { process: child } of children.splice(0)) child.kill('SIGKILL');
    await world.end();
  });

  const child = (more: SmppClientOptions = {}): Child => {
    const made = new Child({ systemId: 'a', password: 'secret', logLevel: 'error', ...options, ...more });
    children.push(made);
    return made;
  };
  const sender = (script?: Script) => world.bound(options, script);

  it('complete in one what another sent and had the receipt of', async () => {
    const giver = child();
    giver.order({ send: { ...HELLO, metadata: { n: 1 } }, options: { completeWhen: 'delivered' } });
    const b = await sender();
    await until(() => b.told('response').length === 1);
    (await b.peer.link()).receipt('1');
    const outcome = await giver.until('outcome');
    assert.equal(outcome['event'], 'delivered');
    assert.deepEqual(outcome['metadata'], { n: 1 });
    assert.equal(giver.find('receipt'), undefined);
  }).timeout(60_000);

  it('tell of a failure where the message was given, in another process', async () => {
    const giver = child();
    giver.order({ enqueue: [{ ...HELLO, metadata: { n: 2 } }] });
    await giver.until('queued');
    const b = await sender(refusing);
    const failure = await giver.until('failure');
    assert.equal(failure['code'], 'REFUSED');
    assert.deepEqual(failure['metadata'], { n: 2 });
    await pass(300);
    assert.equal(b.told('failure').length, 0);
  }).timeout(60_000);

  it('tell once of what a giver was to hear that was killed', async () => {
    const giver = child();
    giver.order({ enqueue: [HELLO] });
    await giver.until('queued');
    // It lives, as far as others know, but hears nothing.
    giver.process.kill('SIGSTOP');
    const b = await sender(refusing);
    const c = await sender(refusing);
    await until(() => b.told('response').length + c.told('response').length === 1);
    giver.process.kill('SIGKILL');
    const told = () => [...b.told('failure'), ...c.told('failure')];
    await until(() => told().length > 0, 'the failure', 60_000);
    await pass(2000);
    assert.equal(told().length, 1);
    assert.equal(told()[0]?.code, 'REFUSED');
  }).timeout(120_000);

  it('finish what one had taken that was killed', async () => {
    const silent = await world.peer({ submit_sm: () => undefined });
    const holder = child({ port: silent.port, leaseTime: 2 });
    holder.order({ start: true });
    await holder.until('started');
    holder.order({ enqueue: [HELLO] });
    await silent.untilSubmits(1);
    options = { ...options, leaseTime: 2 };
    const b = await sender();
    await pass(3000);
    assert.equal(b.peer.submits.length, 0, 'its lease is kept for as long as it lives');
    holder.process.kill('SIGKILL');
    await b.peer.untilSubmits(1);
    await until(() => b.told('response').length === 1);
    assert.equal(b.told('response')[0]?.redelivered, true);
  }).timeout(60_000);
});
