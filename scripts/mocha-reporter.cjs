// mocha's spec reporter, plus a closing line that scripts can read: "N passed, N failed, N skipped".
// CommonJS because mocha 11 constructs reporters that way.
const mocha = require('mocha');
const { Spec } = mocha.reporters;

module.exports = class Reporter extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const { stats } = runner;
    runner.once('end', () => {
      setImmediate(() => {
        process.stdout.write(`${stats.passes} passed, ${stats.failures} failed, ${stats.pending} skipped\n`);
      });
    });
  }
};
