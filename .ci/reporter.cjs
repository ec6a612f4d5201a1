// How `npm run verify` tells of the tests: a line per group, failures in full at the end, what was skipped and
// why; and the figures, as a file for the one who asked (reporterOptions.output).
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

const { Base } = reporters;
const events = Runner.constants;

/** What keeps the process alive after the last test is a fault of the tests, but must not hang the run. */
const graceAfterEnd = 10_000;

module.exports = class Report extends Base {
  #groups = new Map();
  #begun = 0;
  #skipped = [];
  #slowest = [];

  constructor(runner, options) {
    super(runner, options);
    runner.on(events.EVENT_SUITE_BEGIN, (suite) => {
      if (suite.parent?.root) this.#begun = Date.now();
    });
    runner.on(events.EVENT_TEST_PASS, (test) => {
      this.#group(test).passed++;
      this.#slowest.push(test);
    });
    runner.on(events.EVENT_TEST_FAIL, (test) => this.#group(test).failed++);
    runner.on(events.EVENT_TEST_PENDING, (test) => {
      this.#group(test).skipped++;
      this.#skipped.push(test);
    });
    runner.on(events.EVENT_SUITE_END, (suite) => {
      if (suite.parent?.root) this.#tellGroup(suite.title);
    });
    runner.once(events.EVENT_RUN_END, () => this.#end(options.reporterOptions?.output));
  }

  #group(test) {
    const name = test.titlePath()[0];
    let group = this.#groups.get(name);
    if (!group) this.#groups.set(name, (group = { passed: 0, failed: 0, skipped: 0 }));
    return group;
  }

  #tellGroup(name) {
    const group = this.#groups.get(name);
    if (!group) return;
    const mark = group.failed > 0 ? 'FAILED' : group.passed > 0 ? 'ok    ' : 'skip  ';
    const counts = [
      `${group.passed} passed`,
      ...(group.failed ? [`${group.failed} failed`] : []),
      ...(group.skipped ? [`${group.skipped} skipped`] : []),
    ];
    const seconds = Math.round((Date.now() - this.#begun) / 1000);
    Base.consoleLog(`  ${mark} ${name}: ${counts.join(', ')}${seconds > 2 ? ` (${seconds} s)` : ''}`);
  }

  #end(output) {
    const { passes, failures, pending } = this.stats;
    this.#tellSkipped();
    this.#tellSlowest();
    if (this.failures.length > 0) Base.list(this.failures);
    if (output) writeFileSync(output, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    setTimeout(() => {
      const kept = process.getActiveResourcesInfo().join(', ');
      Base.consoleLog(`  The tests have ended, but the process is kept alive by: ${kept}`);
      process.exit(99);
    }, graceAfterEnd).unref();
  }

  #tellSkipped() {
    const byReason = Map.groupBy
      ? Map.groupBy(this.#skipped, reasonOf)
      : this.#skipped.reduce(
          (map, test) => map.set(reasonOf(test), [...(map.get(reasonOf(test)) ?? []), test]),
          new Map(),
        );
    for (const [reason, tests] of byReason) {
      Base.consoleLog(`  skipped, ${reason}: ${tests.length}`);
      for (const test of tests) Base.consoleLog(`    - ${test.fullTitle()}`);
    }
  }

  #tellSlowest() {
    const slowest = this.#slowest.sort((a, b) => b.duration - a.duration).slice(0, 5);
    const told = slowest.map((test) => `${(test.duration / 1000).toFixed(1)} s ${test.fullTitle()}`);
    if (told.length > 0) Base.consoleLog(`  slowest: ${told.join('; ')}`);
  }
};

/** test/support/skip.ts notes the reason on the test or on the group that was skipped whole. */
function reasonOf(test) {
  for (let at = test; at; at = at.parent) if (at.skipReason) return at.skipReason;
  return 'no reason given';
}
