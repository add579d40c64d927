// Counts the instructions that a read takes in user space, under valgrind, and compares them with a stored baseline: a
// regression check that does not depend on how busy the machine is. Each workload runs with two amounts; the difference
// is the reads' own, without Node's start and what V8 compiles. One core, so that no second thread takes an uncertain part
// of the work. V8 compiles as it does for everybody, in the background: with `--predictable` counts would repeat to a tenth
// of a per cent, but be those of other code, since it then compiles accessors in place that it otherwise calls.
//   node scripts/check-instructions.mjs [--write]   --write makes today's counts the baseline
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

process.chdir(join(import.meta.dirname, '..'));
const BASELINE = 'packages/bench/instructions.json';
const WORK = [
  'readAt@io_uring',
  'readAt-traced@io_uring',
  'readAt-signal@io_uring',
  'read@io_uring',
  'readMany@io_uring',
];
const AMOUNTS = [300_000, 600_000];
/** Counts repeat to eight per cent, as V8 inlines more or less; the rest is room for Node's minor versions. */
const TOLERANCE = 0.1;
/** The baseline is the middle of so many counts; it is failed by the least of as many. */
const TRIES = 3;
const STEADY = ['--hash-seed=1', '--random-seed=1'];
const platform = `node${process.versions.node.split('.')[0]}-${process.platform}-${process.arch}`;

function skip(reason) {
  console.log(`instruction counts skipped: ${reason}`);
  process.exit(process.env.CI ? 1 : 0);
}
if (process.platform !== 'linux') skip(`valgrind is for Linux, this is ${process.platform}`);
for (const tool of ['valgrind', 'taskset']) {
  if (spawnSync(tool, ['--version']).status !== 0)
    skip(`${tool} is missing; install valgrind and util-linux`);
}

const file = '.cache/instructions.bin';
mkdirSync('.cache', { recursive: true });
writeFileSync(file, Buffer.alloc(2 << 20, 'overlapped'));

async function count(core, work, amount) {
  const valgrind = ['valgrind', '--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null'];
  const program = ['packages/bench/dist/src/fixed-work.js', work, String(amount), file];
  const command = ['-c', String(core), ...valgrind, process.execPath, ...STEADY, ...program];
  const { stderr } = await promisify(execFile)('taskset', command, { timeout: 300_000 });
  const collected = /I +refs: +([\d,]+)/.exec(stderr);
  if (collected === null) throw new Error(`valgrind counted nothing:\n${stderr}`);
  return Number(collected[1].replaceAll(',', ''));
}

// The runs of one count share the cores that there are; neither uses more than one.
const cores = [0, 1].filter((core) => spawnSync('taskset', ['-c', String(core), 'true']).status === 0);

async function perRead(work) {
  const [less, more] = await Promise.all(
    AMOUNTS.map((amount, i) => count(cores[i % cores.length], work, amount)),
  );
  return Math.round((more - less) / (AMOUNTS[1] - AMOUNTS[0]));
}

const isWriting = process.argv.includes('--write');
const baseline = JSON.parse(readFileSync(BASELINE, 'utf8'));
const before = baseline[platform];
const counts = {};
let failed = false;
for (const work of WORK) {
  const was = before?.[work];
  const made = [];
  do made.push(await perRead(work));
  while (isWriting ? made.length < TRIES : made.at(-1) > was * (1 + TOLERANCE) && made.length < TRIES);
  made.sort((a, b) => a - b);
  counts[work] = isWriting ? made[TRIES >> 1] : made[0];
  const verdict =
    was === undefined
      ? 'no baseline'
      : `${((counts[work] / was - 1) * 100).toFixed(1)} % against the baseline of ${was}`;
  console.log(`${work}: ${counts[work]} instructions a read (of ${made.join(', ')}), ${verdict}`);
  if (counts[work] > was * (1 + TOLERANCE)) failed = true;
}
if (isWriting) {
  writeFileSync(BASELINE, `${JSON.stringify({ ...baseline, [platform]: counts }, null, 2)}\n`);
} else if (failed) {
  console.error(
    `more than ${TOLERANCE * 100} % over the baseline. Find what costs, or, if it is worth it: --write`,
  );
  process.exit(1);
} else if (before === undefined) {
  console.log(`there is no baseline for ${platform}: nothing is compared. Make one with --write`);
}
