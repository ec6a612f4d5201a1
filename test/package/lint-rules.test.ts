import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ESLint } from 'eslint';

const root = join(__dirname, '..', '..');

describe('the linter teaches the layout', function () {
  this.timeout(60_000);
  let eslint: ESLint;

  before(() => {
    eslint = new ESLint({
      cwd: root,
      // Types are of no matter to these rules, and a file that does not exist has none.
      overrideConfig: { files: ['**/*.ts'], languageOptions: { parserOptions: { project: null } } },
      ruleFilter: ({ ruleId }) => /^(project|import-x|no-restricted|no-console|max-lines)/.test(ruleId),
    });
  });

  async function complaints(filePath: string, code: string): Promise<string> {
    const [result] = await eslint.lintText(code, { filePath: join(root, filePath) });
    return result!.messages.map((message) => message.message).join('\n');
  }

  const refused: [what: string, file: string, code: string, says: RegExp][] = [
    [
      'a room that imports upwards',
      'src/session/imagined.ts',
      `import { SmppClient } from '../client';\nnew SmppClient();\n`,
      /"session" may not import "client": imports point one way.*"session" may import protocol, observability, clock, waiting, collections and folders; what it needs beyond that is handed to it/,
    ],
    [
      'an import of types alone that points upwards',
      'src/protocol/imagined.ts',
      `import type { Encoded } from '../text';\nexport type A = Encoded;\n`,
      /"protocol" may not import "text"/,
    ],
    [
      'a side door',
      'src/client/imagined.ts',
      `export { MemoryQueue } from '../store/memory/queue';\n`,
      /"\.\.\/store\/memory\/queue" is a side door of the room "store": import its index instead/,
    ],
    [
      'nodes that reach past the library',
      'nodes/imagined.ts',
      `import { Session } from '../src/session';\nnew Session();\n`,
      /"nodes" may not import "session".*"nodes" may import index, simulator, observability, clock, waiting, collections and folders/,
    ],
    [
      'a server that knows of the client',
      'src/server/imagined.ts',
      `import { SmppClient } from '../client';\nnew SmppClient();\n`,
      /"server" may not import "client".*"server" may import session, text, protocol, observability, clock, waiting, collections and folders/,
    ],
    [
      'what ships importing what does not',
      'src/client/imagined.ts',
      `import { FakeClock } from '../../test/support/clock';\nnew FakeClock();\n`,
      /lies outside of src\/ and nodes\/: what ships imports only what ships/,
    ],
    [
      'Node-RED in the engine',
      'src/client/imagined.ts',
      `import type { Node } from 'node-red';\nexport type A = Node;\n`,
      /src\/ knows nothing of Node-RED.*glue belongs in nodes\//,
    ],
    [
      'I/O in the codec',
      'src/protocol/imagined.ts',
      `import { readFileSync } from 'node:fs';\nreadFileSync('x');\n`,
      /protocol\/ and text\/ are pure \(no I\/O, no clock, no chance\).*let the caller pass it in/,
    ],
    ['the time of day in text', 'src/text/imagined.ts', `export const a = new Date();\n`, /no clock/],
    ['the clock in the codec', 'src/protocol/imagined.ts', `export const a = Date.now();\n`, /no clock/],
    ['chance in text', 'src/text/imagined.ts', `export const a = Math.random();\n`, /no chance/],
    ['the process in text', 'src/text/imagined.ts', `export const a = process.env;\n`, /no I\/O/],
    ['a timer in the codec', 'src/protocol/imagined.ts', 'setTimeout(() => {}, 1);\n', /no clock/],
    ['a timer that no test can own', 'src/client/imagined.ts', 'setTimeout(() => {}, 1);\n', /take a Clock/],
    [
      'an immediate in the simulator',
      'src/simulator/imagined.ts',
      'setImmediate(() => {});\n',
      /take a Clock/,
    ],
    [
      'chance in the simulator',
      'src/simulator/imagined.ts',
      `export const a = Math.random();\n`,
      /take `random`/,
    ],
    [
      'a Buffer in what a browser gets',
      'src/text/measure.ts',
      `export const a = Buffer.from('');\n`,
      /for the editor: no Buffer/,
    ],
    [
      'a table of a package in what a browser gets',
      'src/text/measure.ts',
      `export { decode } from 'iconv-lite';\n`,
      /no iconv there/,
    ],
    [
      'a module of Node without its prefix',
      'src/client/imagined.ts',
      `export * from 'fs';\n`,
      /Write "node:fs"/,
    ],
    [
      'a word of flows in an error of the library',
      'src/client/imagined.ts',
      `throw new Error('give it as msg.topic');\n`,
      /"msg\.topic" is a flow's word.*remedy.*nodes\/wording\.ts/,
    ],
    [
      'a word of flows in a template of the library',
      'src/store/imagined.ts',
      'export const a = (x: string) => `${x}: deploy again`;\n',
      /"deploy" is a flow's word/,
    ],
    ['the console', 'nodes/imagined.ts', `console.log(1);\n`, /console/],
    ['a file that no head holds', 'src/client/imagined.ts', 'export {};\n'.repeat(351), /too many lines/],
  ];

  it('refuses a circle', async () => {
    assert.match(await complaints('src/protocol/errors.ts', `export * from './index';\n`), /cycle/);
  });

  for (const [what, file, code, says] of refused)
    it(`refuses ${what}`, async () => {
      assert.match(await complaints(file, code), says);
    });

  const welcome: [what: string, file: string, code: string][] = [
    ['a room below, by its index', 'src/client/imagined.ts', `export { encodePdu } from '../protocol';\n`],
    [
      'the clock from anywhere',
      'src/store/memory/imagined.ts',
      `export { systemClock } from '../../clock';\n`,
    ],
    ['the base of all errors', 'src/text/imagined.ts', `export { SmppError } from '../protocol/errors';\n`],
    ['a neighbour in the same room', 'src/store/memory/imagined.ts', `export * from '../types';\n`],
    ['the library from the nodes', 'nodes/imagined.ts', `export { SmppClient } from '../src';\n`],
    ['a word of flows in the nodes', 'nodes/imagined.ts', `export const a = 'msg.topic';\n`],
    [
      'the name of the package',
      'src/client/imagined.ts',
      `export const a = 'npm install @nazjs/node-red-smpp';\n`,
    ],
    ['a given time in text', 'src/text/imagined.ts', `export const a = new Date(0);\n`],
  ];

  for (const [what, file, code] of welcome)
    it(`lets pass ${what}`, async () => {
      assert.equal(await complaints(file, code), '');
    });
});
