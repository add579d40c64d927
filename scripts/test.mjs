// Runs everything: `pnpm test`. Two steps at a time where the machine has two cores; what a step prints is shown when it
// ends. After the first that fails no other is begun; the run ends with the names of all that failed.
//   node scripts/test.mjs [--only STEP,...]   only these, without those that they need
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';

process.chdir(join(import.meta.dirname, '..'));

const bin = (name, path) => join('node_modules', name, path);
const BUILT = ['TypeScript build', 'native build', 'fault-injecting file system'];
/**
 * Begun in this order, once the steps that they need are over. A step fails by its exit code. It writes to no place that
 * a step uses that it does not need.
 */
const STEPS = [
  { name: 'native build', command: ['scripts/build-native.mjs'] },
  { name: 'fault-injecting file system', command: ['scripts/build-faultfs.mjs'] },
  { name: 'shared table layout', command: ['scripts/check-layout.mjs'] },
  {
    name: 'TypeScript build',
    command: [bin('typescript', 'bin/tsc'), '-b'],
    needs: ['shared table layout'],
  },
  { name: 'mocha', command: [bin('mocha', 'bin/mocha.js')], needs: BUILT },
  { name: 'wine', command: ['scripts/test-wine.mjs'], needs: BUILT },
  { name: 'mocha on a sanitized addon', command: ['scripts/test-sanitized.mjs'], needs: BUILT },
  { name: 'hosts', command: ['scripts/test-hosts.mjs'], needs: BUILT },
  { name: 'lint', command: ['scripts/lint.mjs'], needs: BUILT },
  { name: 'instruction counts', command: ['scripts/check-instructions.mjs'], needs: BUILT },
  { name: 'arm64', command: ['scripts/test-arm64.mjs'], needs: BUILT },
  { name: 'C++ unit tests', command: ['scripts/test-native.mjs'] },
  // of the addons too that these two build, and under Wine
  { name: 'packages', command: ['scripts/test-packages.mjs'], needs: [...BUILT, 'wine', 'arm64'] },
  { name: 'documentation site', command: [bin('typedoc', 'bin/typedoc')], needs: BUILT },
  { name: 'parity with node:fs', command: ['scripts/parity.mjs', '--check'], needs: BUILT },
  // from the titles that these two write
  { name: 'requirements', command: ['scripts/requirements.mjs'], needs: ['mocha', 'wine'] },
];

const secondsSince = (started) => `${((performance.now() - started) / 1000).toFixed(1)} s`;

/** @returns what it printed, and what is wrong with how it ended: '' if nothing */
function run(command) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => output.push(data));
    const end = (problem) => resolve({ output: Buffer.concat(output), problem });
    child.once('error', ({ message }) => end(message));
    child.once('close', (code, signal) => end(code === 0 ? '' : `ended by ${signal ?? `exit code ${code}`}`));
  });
}

/** Names of steps. */
const failed = [];

async function runStep({ name, command }) {
  if (failed.length > 0) return console.log(`=== ${name}: not run`);
  console.log(`=== ${name}: begins`);
  const started = performance.now();
  const { output, problem } = await run(command);
  process.stdout.write(output);
  if (problem !== '') failed.push(name);
  console.log(
    `=== ${name}: ${problem === '' ? 'passed' : `FAILED, ${problem}`} (${secondsSince(started)})\n`,
  );
}

const { values: options } = parseArgs({ options: { only: { type: 'string' } } });
const only = options.only?.split(',');
const unknown = only?.filter((name) => !STEPS.some((step) => step.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(
    `no such step: ${unknown.join(', ')}; there are: ${STEPS.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

const begun = performance.now();
const limit = pLimit(Math.min(2, availableParallelism()));
/** The promises of the steps so far, by name. */
const runs = new Map();
for (const step of STEPS.filter(({ name }) => only?.includes(name) ?? true)) {
  const needed = (step.needs ?? []).map((name) => runs.get(name));
  runs.set(
    step.name,
    Promise.all(needed).then(() => limit(() => runStep(step))),
  );
}
await Promise.all(runs.values());
console.log(failed.length === 0 ? 'all steps passed' : `failed: ${failed.join(', ')}`);
console.log(`in ${secondsSince(begun)}`);
process.exitCode = failed.length === 0 ? 0 : 1;
