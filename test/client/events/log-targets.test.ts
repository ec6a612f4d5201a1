import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { SmppClient, type ConfigError } from '../../../src/index';
import { until } from '../../support/until';
import { HELLO, Scenes, type Scene, type SceneOptions } from '../setup';

type Line = Record<string, unknown>;

const parsed = (text: string): Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

describe('The log of a client', () => {
  const scenes = new Scenes();
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'smpp-log-'))));
  afterEach(async () => {
    await scenes.end();
    rmSync(folder, { recursive: true });
  });
  const path = (name = 'smpp.log'): string => join(folder, name);
  const linesIn = (name?: string): Line[] =>
    existsSync(path(name)) ? parsed(readFileSync(path(name), 'utf8')) : [];

  function toFile(options: SceneOptions = {}): Promise<Scene> {
    return scenes.bound({}, { log: undefined as never, logTarget: 'file', logFile: path(), ...options });
  }

  describe('in a file', () => {
    it('has JSON lines from the start to the end, which comes when all are written', async () => {
      const { client } = await toFile({ name: 'main', logLevel: 'debug' });
      await client.send(HELLO);
      await client.stop();
      const lines = linesIn();
      assert.ok(lines.every(({ connection, level, time }) => connection === 'main' && level && time));
      assert.ok(lines.some(({ stage }) => stage === 'bound') && lines.length > 4);
    });

    it('goes on in a new one after it was opened anew', async () => {
      const { client } = await toFile({ logLevel: 'debug' });
      await until(() => linesIn().length > 0);
      renameSync(path(), path('old'));
      await client.reopenLog();
      const before = linesIn('old').length;
      await client.send(HELLO);
      await client.stop();
      assert.ok(linesIn().length > 1);
      assert.equal(linesIn('old').length, before);
    });

    it('of several connections has the lines of each', async () => {
      const scenesOf = ['a', 'b', 'c'].map((name) => toFile({ name, clientId: name }));
      for (const scene of await Promise.all(scenesOf)) await scene.client.stop();
      assert.deepEqual([...new Set(linesIn().map(({ connection }) => connection))].sort(), ['a', 'b', 'c']);
    });

    it('that cannot be opened is told elsewhere, and harms nothing else', async () => {
      writeFileSync(path('in'), 'no folder');
      const told: string[] = [];
      const { client } = await toFile({
        logFile: path('in/smpp.log'),
        onLogFailure: (text) => told.push(text),
      });
      await until(() => told.length > 0);
      assert.match(told.join(), /^the log file .* cannot be written/);
      await client.send(HELLO);
      await assert.rejects(client.reopenLog(), /ENOTDIR|EEXIST/);
      await client.stop();
      assert.match(told.at(-1) ?? '', /\d+ lines were lost$/);
    });
  });

  it('goes to one target, and a file is named where one is written', () => {
    const problemsOf = (options: object): string[] => {
      try {
        new SmppClient(options);
        return [];
      } catch (error) {
        return (error as ConfigError).problems.map(({ field, remedy }) => `${field}: ${remedy}`);
      }
    };
    assert.deepEqual(problemsOf({ logTarget: 'file' }), [
      'logFile: logTarget file needs the path of one, such as /var/log/smpp/carrier.log',
    ]);
    assert.deepEqual(problemsOf({ logFile: 'a.log' }), [
      'logFile: it is only written with logTarget file; choose that, or leave it empty',
    ]);
    assert.deepEqual(problemsOf({ logTarget: 'stderr', log: () => undefined }), [
      'logTarget: the lines go to your own log (option log); leave one of the two away',
    ]);
    assert.deepEqual(problemsOf({ logTarget: 'syslog' }), ['logTarget: give one of stdout, stderr, file']);
    assert.match(
      problemsOf({ flightRecorder: 10_001 }).join(),
      /^flightRecorder: give a value from 0 to 10000/,
    );
  });

  it('that goes to no file cannot be opened anew', async () => {
    const { client } = await scenes.idle();
    await assert.rejects(client.reopenLog(), { code: 'NOT_SUPPORTED' });
  });

  describe('to a pino logger', () => {
    it('reaches all its destinations, each with its own level', async () => {
      const [all, warnings]: [Line[], Line[]] = [[], []];
      const into = (lines: Line[]) => ({
        write: (line: string) => void lines.push(JSON.parse(line) as Line),
      });
      const log = pino(
        { level: 'debug' },
        pino.multistream([
          { level: 'debug', stream: into(all) },
          { level: 'warn', stream: into(warnings) },
        ]),
      );
      const { client, peer } = await scenes.bound(
        { submit_sm: () => ({ command_status: 'ESME_RINVDSTADR' }) },
        { log },
      );
      await client.send(HELLO).catch(() => undefined);
      await client.stop();
      assert.ok(peer.submits.length === 1 && all.some(({ level }) => level === 20));
      assert.ok(warnings.length > 0 && warnings.every(({ level }) => Number(level) >= 40));
    });

    it('reaches a transport in a thread of its own', async () => {
      const transport = pino.transport({
        target: 'pino/file',
        options: { destination: path() },
      }) as pino.DestinationStream & { end(): void };
      const { client } = await scenes.bound({}, { log: pino({}, transport), name: 'main' });
      await client.stop();
      transport.end();
      await until(() => linesIn().some(({ stage }) => stage === 'bound'));
      assert.equal(linesIn()[0]?.connection, 'main');
    });

    it('has the level of the logger, also when that changes, until the client is given its own', async () => {
      const lines: Line[] = [];
      const log = pino(
        { level: 'warn' },
        { write: (line: string) => void lines.push(JSON.parse(line) as Line) },
      );
      const { client } = await scenes.bound({}, { log, logLevel: '' });
      const sent = async (): Promise<number> => {
        const before = lines.length;
        await client.send(HELLO);
        return lines.length - before;
      };
      assert.equal(await sent(), 0);
      log.level = 'debug';
      assert.ok((await sent()) > 0);
      log.level = 'silent';
      assert.equal(await sent(), 0);
      client.configure({ logLevel: 'debug' });
      assert.ok((await sent()) > 0);
      client.configure({ logLevel: 'info' });
      log.level = 'trace';
      assert.equal(await sent(), 0);
    });

    it('has for each connection the level that it is given', async () => {
      const lines: Line[] = [];
      const log = pino(
        { level: 'info' },
        { write: (line: string) => void lines.push(JSON.parse(line) as Line) },
      );
      const loud = await scenes.bound({}, { log, name: 'loud', logLevel: 'debug' });
      const quiet = await scenes.bound({}, { log, name: 'quiet', logLevel: 'error' });
      for (const { client } of [loud, quiet]) await client.send(HELLO);
      assert.deepEqual([...new Set(lines.map(({ connection }) => connection))], ['loud']);
      assert.ok(lines.some(({ level }) => level === 20));
      assert.equal(log.level, 'info');
    });
  });

  it('with a flight recorder has what went before a failure, at info', async () => {
    const { client, lines } = await scenes.bound(
      { submit_sm: () => ({ command_status: 'ESME_RINVDSTADR' }) },
      { flightRecorder: 100, logLevel: 'info' },
    );
    await client.send(HELLO).catch(() => undefined);
    const failed = lines.findIndex(({ event }) => event === 'failure');
    const story = lines.slice(0, failed).filter(({ recorded }) => recorded === true);
    assert.equal(story[0]?.event, 'flight_recorder');
    const pdus = story.filter(({ event }) => event === 'pdu').map(({ command }) => command);
    assert.deepEqual(pdus, ['bind_transceiver', 'bind_transceiver_resp', 'submit_sm', 'submit_sm_resp']);
    assert.ok(!JSON.stringify(lines).includes(HELLO.destination_addr as string));
  });
});
