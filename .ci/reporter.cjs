// How `npm run verify` tells of the tests: a line per group, and failures in full at the end; and as a file for the
// one who asked (reporterOptions.output) the figures, who was skipped and why, and how long everything took.
const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');
const { reporters, Runner } = require('mocha');

const { Base } = reporters;
const events = Runner.constants;

/** What keeps the process alive after the last test is a fault of the tests, but must not hang the run. */
const graceAfterEnd = 10_000;

/** So many tests of a run are named as its slowest. */
const SLOWEST = 5;

module.exports = class Report extends Base {
  #groups = new Map();
  #begun = 0;
  #skippedFor = {};
  #slowest = [];
  #files = {};

  constructor(runner, options) {
    super(runner, options);
    runner.on(events.EVENT_SUITE_BEGIN, (suite) => {
      if (suite.parent?.root) this.#begun = Date.now();
    });
    runner.on(events.EVENT_TEST_PASS, (test) => {
      this.#group(test).passed++;
      this.#slowest.push({ title: test.fullTitle(), ms: test.duration });
    });
    runner.on(events.EVENT_TEST_FAIL, (test) => this.#group(test).failed++);
    runner.on(events.EVENT_TEST_PENDING, (test) => {
      this.#group(test).skipped++;
      (this.#skippedFor[reasonOf(test)] ??= []).push(test.fullTitle());
    });
    runner.on(events.EVENT_SUITE_END, (suite) => {
      if (suite.parent?.root) this.#tellGroup(suite);
    });
    runner.once(events.EVENT_RUN_END, () => this.#end(options.reporterOptions?.output));
  }

  #group(test) {
    const name = test.titlePath()[0];
    let group = this.#groups.get(name);
    if (!group) this.#groups.set(name, (group = { passed: 0, failed: 0, skipped: 0 }));
    return group;
  }

  #tellGroup({ title, file }) {
    const ms = Date.now() - this.#begun;
    const name = relative(process.cwd(), file ?? '');
    this.#files[name] = (this.#files[name] ?? 0) + ms;
    const group = this.#groups.get(title);
    if (!group) return;
    const mark = group.failed > 0 ? 'FAILED' : group.passed > 0 ? 'ok    ' : 'skip  ';
    const counts = [
      `${group.passed} passed`,
      ...(group.failed ? [`${group.failed} failed`] : []),
      ...(group.skipped ? [`${group.skipped} skipped`] : []),
    ];
    const seconds = Math.round(ms / 1000);
    Base.consoleLog(`  ${mark} ${title}: ${counts.join(', ')}${seconds > 2 ? ` (${seconds} s)` : ''}`);
  }

  #end(output) {
    const { passes: passed, failures: failed, pending: skipped } = this.stats;
    const slowest = this.#slowest.sort((a, b) => b.ms - a.ms).slice(0, SLOWEST);
    const failures = this.failures.map((test) => ({ title: test.fullTitle(), error: firstLine(test.err) }));
    const more = { skippedFor: this.#skippedFor, slowest, files: this.#files, failures };
    if (this.failures.length > 0) Base.list(this.failures);
    if (output) writeFileSync(output, JSON.stringify({ passed, failed, skipped, ...more }));
    setTimeout(() => {
      const kept = process.getActiveResourcesInfo().join(', ');
      Base.consoleLog(`  The tests have ended, but the process is kept alive by: ${kept}`);
      process.exit(99);
    }, graceAfterEnd).unref();
  }
};

const firstLine = (error) =>
  String(error?.message ?? error)
    .split('\n', 1)[0]
    .slice(0, 300);

/** test/support/skip.ts notes the reason on the test or on the group that was skipped whole. */
function reasonOf(test) {
  for (let at = test; at; at = at.parent) if (at.skipReason) return at.skipReason;
  return 'no reason given';
}
