// Runs the suites that a host can change on other hosts than this Node.js: the oldest and the newest one, Bun, Deno, and
// one that allows addons no external ArrayBuffers. They are npm packages, kept in .cache/.
//   node scripts/test-hosts.mjs [--all] [--only PART_OF_A_NAME] [--table]
//   --all adds the Node.js versions between; --table prints the table of docs/hosts.md and runs nothing
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SMALL_AMOUNTS } from './amounts.mjs';
import { HOSTS, tableOfHosts } from './hosts.mjs';

process.chdir(join(import.meta.dirname, '..'));

const RESULTS = '.cache/hosts';
const LIMIT_MS = 5 * 60_000;
const SKIP_REASON = /\(skipped: (.*)\)$/;

/** @returns what the command printed, and how it ended */
function run([command, ...args], env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => output.push(data));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ ended: signal ?? `exit code ${code}`, output: Buffer.concat(output).toString() });
    });
  });
}

/** @throws if one is not there: mocha would leave it out in silence */
function testFiles(path) {
  const full = join('packages', path);
  if (statSync(full).isFile()) return [full];
  const files = readdirSync(full).filter((file) => file.endsWith('.test.js'));
  return files.map((file) => join(full, file));
}

/** What is wrong with a run, one text each. */
function problemsOf({ fails }, { failures }) {
  const expected = failures.filter(({ fullTitle }) => fails?.pattern.test(fullTitle));
  const problems = failures
    .filter((failure) => !expected.includes(failure))
    .map(({ fullTitle, err }) => `${fullTitle}\n${err.stack ?? err.message}`);
  if (expected.length !== (fails?.count ?? 0)) {
    problems.push(`${expected.length} tests failed of the ${fails.count} that must, since ${fails.why}`);
  }
  return problems;
}

/** Each reason to skip, and how many tests it skipped. */
function skipsOf(pending) {
  const reasons = new Map();
  for (const { title } of pending) {
    const reason = SKIP_REASON.exec(title)?.[1] ?? title;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons].map(([reason, count]) => `    skipped ${count}: ${reason}`);
}

/** @returns lines for people, and whether all is well */
async function test(host) {
  const command = host.command();
  const env = { OVERLAPPED_BACKEND: '', ...SMALL_AMOUNTS, ...host.env?.() };
  const doctor = await run([...command, 'packages/cli/bin/overlapped.js', 'doctor'], env);
  const file = join(RESULTS, `${host.name.replace(/\W+/g, '-')}.json`);
  rmSync(file, { force: true });
  const mocha = [
    'node_modules/mocha/bin/_mocha',
    '--no-config',
    '--recursive',
    '--exit',
    '--timeout',
    '60000',
  ];
  const reporter = ['--reporter', 'json', '--reporter-option', `output=${file}`];
  const { ended, output } = await run(
    [...command, ...mocha, ...reporter, ...host.tests.flatMap(testFiles)],
    env,
  );
  const lines = [`--- ${host.name}`, doctor.output.trimEnd()];
  if (doctor.ended !== 'exit code 0')
    return { lines: [...lines, `the doctor ended by ${doctor.ended}`], ok: false };
  if (!existsSync(file)) return { lines: [...lines, output, `mocha ended by ${ended}`], ok: false };
  const results = JSON.parse(readFileSync(file, 'utf8'));
  const { passes, failures, pending, duration } = results.stats;
  const problems = problemsOf(host, results);
  const seconds = (duration / 1000).toFixed(1);
  lines.push(
    `  ${passes} passed, ${failures} failed, ${pending} skipped in ${seconds} s`,
    ...skipsOf(results.pending),
  );
  if (host.fails !== undefined) lines.push(`    must fail, ${host.fails.count}: ${host.fails.why}`);
  return { lines: [...lines, ...problems], ok: problems.length === 0 };
}

const { values: options } = parseArgs({
  options: { all: { type: 'boolean' }, only: { type: 'string' }, table: { type: 'boolean' } },
});
if (options.table) {
  console.log(tableOfHosts());
  process.exit(0);
}
if (process.platform !== 'linux') {
  console.log('not run: other hosts are tested on Linux');
  process.exit(process.env.CI ? 1 : 0);
}

mkdirSync(RESULTS, { recursive: true });
const chosen = HOSTS.filter(({ name, everyTime }) =>
  options.only === undefined ? options.all || everyTime : name.includes(options.only),
);
if (chosen.length === 0) throw new Error(`no host's name has '${options.only}' in it: see --table`);
let failed = !readFileSync('docs/hosts.md', 'utf8').includes(tableOfHosts());
if (failed) console.error('the table in docs/hosts.md is out of date: node scripts/test-hosts.mjs --table');

/** Hosts that nobody has taken up yet. */
const waiting = [...chosen];
async function work() {
  for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
    const { lines, ok } = await test(host).catch((error) => ({
      lines: [`--- ${host.name}`, error.message],
      ok: false,
    }));
    console.log(lines.join('\n'));
    failed ||= !ok;
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
process.exit(failed ? 1 : 0);
