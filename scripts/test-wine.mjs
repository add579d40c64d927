// Builds the Windows addon with MinGW and runs the suite in Windows' own node.exe under Wine.
//   node scripts/test-wine.mjs [mocha arguments, such as --grep PATTERN]
// Without Wine or MinGW it says in one line what was not run; in CI (env CI) that is a failure.
import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cache, node, overlapped, prepare, root } from './wine.mjs';

const tallyFile = join(cache, 'wine-tally.json');

/** Rows of docs/windows.md that must be seen under Wine: without one of them its generator broke. */
const EXPECTED = ['O1', 'O2', 'O3', 'O5', 'O6', 'O7', 'X1'];

/** Other backends, programs, and the pages and sources of the repository: tested on Linux. */
const NOT_HERE = /^(linux\/|bench|io-uring|node-fs|file-handle|contract-page|layers)/;

function specFiles() {
  return ['win-iocp', 'conformance', 'adapters'].flatMap((name) =>
    readdirSync(join(overlapped(name), 'dist/test'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.js') && !NOT_HERE.test(file))
      .map((file) => join(overlapped(name), 'dist/test', file)),
  );
}

/** The two lawful transcripts of the article's program on 100,000 bytes: end of file at once, or by callback. */
const DATA = ['Read 32768 bytes.', 'Read 32768 bytes.', 'Read 32768 bytes.', 'Read 1696 bytes.'];
const TRANSCRIPTS = [
  [...DATA, 'Done.'],
  [...DATA, 'End of file in callback.', 'Read 0 bytes.'],
];

/** Runs examples/bind-handle.ts. @returns false if it prints anything else */
function checkTranscript() {
  const file = join(cache, 'wine-100000-bytes');
  writeFileSync(file, Buffer.alloc(100_000, 'overlapped'));
  console.log("the article's program:");
  const { status, out } = node([join(overlapped('examples'), 'dist/bind-handle.js'), relative(root, file)]);
  const lines = out.trim().split(/\r?\n/);
  const lawful = TRANSCRIPTS.some((transcript) => transcript.join() === lines.join());
  if (!lawful) console.error('the transcript is none of the lawful ones');
  return status === 0 && lawful;
}

/** Which rows of the outcome table were seen, as the run has told. @returns false if one is missing, or an unknown came */
function checkTally(complete) {
  const { outcomes } = JSON.parse(readFileSync(tallyFile, 'utf8'));
  if (outcomes === undefined) {
    console.error('outcomes: the run ended before it could write its tally');
    return false;
  }
  const problems = complete
    ? EXPECTED.filter((name) => outcomes[name] === 0).map((name) => `${name} was never seen`)
    : [];
  if (outcomes.unknown > 0) problems.push(`${outcomes.unknown} outcomes are in no row of the table`);
  for (const problem of problems) console.error(`outcomes: ${problem}`);
  return problems.length === 0;
}

prepare();
writeFileSync(tallyFile, '{}');

if (node([join(overlapped('cli'), 'bin/overlapped.js'), 'doctor']).status !== 0) process.exit(1);
if (!checkTranscript()) process.exit(1);
const extra = process.argv.slice(2);
const mocha = relative(root, join(realpathSync('node_modules/mocha'), 'bin/_mocha'));
// A failed test may leave reads in flight, which would keep the process alive.
const options = ['--no-config', '--no-color', '--exit', '--timeout', '60000'];
const reporter = ['--reporter', './scripts/mocha-reporter.cjs'];
const { status } = node(['--expose-gc', mocha, ...options, ...reporter, ...extra, ...specFiles()], {
  OVERLAPPED_TALLY: relative(root, tallyFile),
  OVERLAPPED_PRESSURE_READS: '20000', // each is a message to Wine's server
});
const lawful = checkTally(extra.length === 0);
process.exit(status !== 0 ? status : lawful ? 0 : 1);
