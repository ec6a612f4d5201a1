import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { projectRules, reachableFrom } from './.ci/lint-rules.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const shipped = ['src/**/*.ts', 'nodes/**/*.ts'];
const pure = ['src/protocol/**/*.ts', 'src/text/**/*.ts'];

const purity =
  'protocol/ and text/ are pure (no I/O, no clock, no chance), so that tests and a browser can run them as they are: let the caller pass it in.';
const injectedTime = 'Time is injected, so that tests own it: take a Clock (src/clock.ts) as an argument.';
const injectedChance = 'Chance is injected, so that a seed repeats a run: take `random` from the options.';
const inBrowser =
  'What src/text/measure.ts reaches is bundled for the editor: no Buffer, no Node module, no iconv there.';
const limits =
  'AbortSignal.timeout runs on the real clock, which no test owns: withLimit of src/waiting.ts runs on the one given.';
const noNodeRed = 'src/ knows nothing of Node-RED, so that it serves as a library: glue belongs in nodes/.';

const nodeRedModules = { regex: '^(node-red|@node-red/)', message: noNodeRed };
const timers = ['setTimeout', 'setInterval', 'performance'];
const clockReadings = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: injectedTime },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: injectedTime },
];
const nodeRedTypes = {
  selector:
    'TSImportType Literal[value=/^(node-red|@node-red\\u002F)/], ImportExpression Literal[value=/^(node-red|@node-red\\u002F)/]',
  message: noNodeRed,
};
const realLimits = {
  selector: "MemberExpression[object.name='AbortSignal'][property.name='timeout']",
  message: limits,
};
/** As a default chance may be named, but not asked. */
const calls = [
  { selector: "MemberExpression[object.name='process'][property.name='nextTick']", message: injectedTime },
  ...[
    "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    'CallExpression[callee.name=/^random(Bytes|UUID|Int)$/]',
  ].map((selector) => ({ selector, message: injectedChance })),
];
const chance = {
  selector: "MemberExpression[object.name='Math'][property.name='random']",
  message: `Chance is not pure. ${purity}`,
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      '.cache/',
      '.demo/',
      'coverage/',
      'reports/',
      'resources/',
      '.stryker-tmp/',
      'node_modules/',
      '**/fixtures/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./test/tsconfig.json'], tsconfigRootDir: root },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // A field that was checked before an `await` may have changed after it; the compiler forgets that.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-redundant-type-constituents': 'off', // `TimerHandle | undefined` tells the reader more
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-require-imports': ['error', { allowAsImport: true }], // modules with `export =`
      '@typescript-eslint/require-await': 'off', // an interface may be async where one of its makers is not
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: ['error', 'smart'],
    },
  },
  {
    files: shipped,
    plugins: { project: projectRules, 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'project/rooms': ['error', { root }],
      'project/no-type-circles': ['error', { root }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'max-lines': ['error', { max: 350 }],
      'no-console': 'error',
    },
  },
  {
    // The command line says which node its configuration is that of.
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**'],
    rules: { 'project/library-words': 'error' },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [nodeRedModules] }],
      'no-restricted-syntax': ['error', nodeRedTypes],
    },
  },
  {
    files: ['session', 'flow-control', 'store', 'client', 'server', 'simulator'].map(
      (room) => `src/${room}/**/*.ts`,
    ),
    // A test against a real backend lives in real time.
    ignores: ['src/store/conformance/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...[...timers, 'setImmediate', 'crypto'].map((name) => ({ name, message: injectedTime })),
      ],
      'no-restricted-syntax': ['error', nodeRedTypes, realLimits, ...clockReadings, ...calls],
    },
  },
  {
    files: pure,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [nodeRedModules, { regex: '^node:(?!buffer$)', message: purity }] },
      ],
      'no-restricted-globals': [
        'error',
        ...[...timers, 'setImmediate', 'process', 'fetch', 'crypto'].map((name) => ({
          name,
          message: purity,
        })),
      ],
      'no-restricted-syntax': [
        'error',
        ...clockReadings.map((reading) => ({ ...reading, message: purity })),
        { ...chance, message: purity },
      ],
    },
  },
  {
    files: reachableFrom(root, 'src/text/measure.ts'),
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [nodeRedModules, { regex: '^(node:|[^.])', message: inBrowser }] },
      ],
      'no-restricted-globals': [
        'error',
        ...[...timers, 'setImmediate', 'process', 'fetch', 'crypto', 'Buffer'].map((name) => ({
          name,
          message: name === 'Buffer' ? inBrowser : purity,
        })),
      ],
    },
  },
  {
    // Tables of functions without `this`, and what tests take apart.
    files: ['src/protocol/**/*.ts', 'src/store/conformance/**/*.ts', 'test/**/*.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    rules: {
      eqeqeq: 'error',
      'no-unused-vars': 'error',
      'no-const-assign': 'error',
      'prefer-const': 'error',
    },
  },
);
