// `npm run mutate [-- text|protocol …]`: changes the logic of a room in every small way and looks whether its tests
// notice. Incremental: what has not changed since the last run is taken from it. Outside `verify`, for it takes long.
import { Stryker } from '@stryker-mutator/core';

/** Data is excluded: tables of characters and numbers are compared with their sources by tests of their own. */
const ROOMS = {
  protocol: {
    mutate: ['src/protocol/**/*.ts', '!src/protocol/{commands,statuses,tlvs,types,index}.ts'],
    spec: ['test/protocol/**/*.test.ts'],
  },
  text: {
    mutate: [
      'src/text/**/*.ts',
      '!src/text/**/{types,index,names,locking-tables,single-tables,transliterate}.ts',
    ],
    // Those that compare with other programs are slow, and say nothing that others do not.
    spec: ['test/text/**/!(part-counts|analyser|fuzz|peer-*).test.ts'],
  },
};

/** Too slow to run for each mutant; and code that is looked at from outside is not that of its source. */
const LEFT_OUT = 'over the whole repertoire|measuring in a browser|in time that grows';

/** Of what the tests reach: below this the run fails. */
const LEAST = 85;

function optionsFor(room) {
  const { mutate, spec } = ROOMS[room];
  return {
    packageManager: 'npm',
    testRunner: 'mocha',
    plugins: ['@stryker-mutator/mocha-runner'],
    mochaOptions: { spec, config: '.mocharc.json', grep: `^(?!.*(${LEFT_OUT}))` },
    mutate,
    coverageAnalysis: 'perTest',
    // What runs once when a file is loaded is a table, or made of one.
    ignoreStatic: true,
    ignorePatterns: ['dist', '.cache', '.demo', 'coverage', 'examples', 'docs', 'reports'],
    concurrency: Number(process.env.MUTATE_CONCURRENCY ?? 1),
    timeoutMS: 10000,
    tempDirName: '.stryker-tmp',
    incremental: true,
    incrementalFile: `.cache/mutate-${room}.json`,
    reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportMutants: false },
    htmlReporter: { fileName: `reports/mutation/${room}.html` },
    jsonReporter: { fileName: `reports/mutation/${room}.json` },
    thresholds: { high: 95, low: LEAST, break: LEAST },
    allowConsoleColors: false,
  };
}

const asked = process.argv.slice(2);
const unknown = asked.filter((room) => !Object.hasOwn(ROOMS, room));
if (unknown.length > 0) {
  console.error(
    `There is no room ${unknown.join(', ')}: give ${Object.keys(ROOMS).join(', ')}, or none for all.`,
  );
  process.exit(2);
}
for (const room of asked.length > 0 ? asked : Object.keys(ROOMS)) {
  console.log(`Mutants of src/${room}`);
  await new Stryker(optionsFor(room)).runMutationTest();
}
