// mocha's spec reporter, plus what scripts read: a closing line "N passed, N failed, N skipped", and every test's
// title with its state in .cache/test-titles/<RUN_NAME>.json, for scripts/requirements.mjs.
// CommonJS because mocha 11 constructs reporters that way.
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const mocha = require('mocha');
const { Spec } = mocha.reporters;

const FOLDER = join(__dirname, '..', '.cache', 'test-titles');
const PLATFORM_NAMES = { win32: 'win', linux: 'linux', darwin: 'mac' };
const SKIP_REASON = / \(skipped: .*\)$/; // added by a test that skips itself

/** A run of chosen tests says nothing of the others: its titles are kept apart. */
function runName({ grep }) {
  if (process.env.RUN_NAME) return process.env.RUN_NAME;
  const platform = PLATFORM_NAMES[process.platform] ?? process.platform;
  return grep === undefined ? platform : `${platform}-partial`;
}

function titlesOf(suite, into = []) {
  for (const test of suite.tests) {
    const path = test.titlePath().map((title) => title.replace(SKIP_REASON, ''));
    into.push([path, test.state === 'pending' || test.isPending() ? 'skipped' : (test.state ?? 'not run')]);
  }
  for (const child of suite.suites) titlesOf(child, into);
  return into;
}

module.exports = class Reporter extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const { stats } = runner;
    runner.once('end', () => {
      mkdirSync(FOLDER, { recursive: true });
      const titles = titlesOf(runner.suite).map((entry) => JSON.stringify(entry));
      writeFileSync(join(FOLDER, `${runName(options)}.json`), `[\n${titles.join(',\n')}\n]\n`);
      // The last line, also where mocha ends the process itself (--exit).
      process.once('exit', () => {
        process.stdout.write(`${stats.passes} passed, ${stats.failures} failed, ${stats.pending} skipped\n`);
      });
    });
  }
};
