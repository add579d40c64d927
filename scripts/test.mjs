// Runs everything: `pnpm test`. Each step says what it is; the first that fails ends the run with its code.
//   node scripts/test.mjs [--only STEP,...]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

const node = process.execPath;
/** name, command, arguments. A step fails by its exit code. */
const STEPS = [
  ['native build', node, ['scripts/build-native.mjs']],
  ['fault-injecting file system', node, ['scripts/build-faultfs.mjs']],
  ['shared table layout', node, ['scripts/check-layout.mjs']],
  ['TypeScript build', node, ['node_modules/typescript/bin/tsc', '-b']],
  ['lint', node, ['scripts/lint.mjs']],
  ['documentation site', node, ['node_modules/typedoc/bin/typedoc']],
  ['C++ unit tests', node, ['scripts/test-native.mjs']],
  ['mocha', node, ['node_modules/mocha/bin/mocha.js']],
  ['parity with node:fs', node, ['scripts/parity.mjs', '--check']],
  ['hosts', node, ['scripts/test-hosts.mjs']],
  ['wine', node, ['scripts/test-wine.mjs']],
  ['requirements', node, ['scripts/requirements.mjs']],
  ['arm64', node, ['scripts/test-arm64.mjs']],
  ['packages', node, ['scripts/test-packages.mjs']],
  ['instruction counts', node, ['scripts/check-instructions.mjs']],
  ['mocha on a sanitized addon', node, ['scripts/test-sanitized.mjs']],
];

const only = process.argv.includes('--only')
  ? process.argv[process.argv.indexOf('--only') + 1].split(',')
  : undefined;
for (const [name, command, args] of STEPS) {
  if (only !== undefined && !only.includes(name)) continue;
  console.log(`\n=== ${name}`);
  const started = performance.now();
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`=== ${name} failed${error ? `: ${error.message}` : ''}`);
    process.exit(status ?? 1);
  }
  console.log(`=== ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
console.log('\nall steps passed');
