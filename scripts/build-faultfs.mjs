// Builds faultfs, the file system on which packages/faults tests what becomes of reads that fail, wait or come short.
//   node scripts/build-faultfs.mjs
// Nobody who uses the library needs it. Where it can't be built its tests are skipped, with the reason; in CI that fails.
import { join } from 'node:path';
import { ensureFuse, run } from './system-packages.mjs';

/** @returns what is in the way, or undefined */
function build() {
  if (process.platform !== 'linux') return `FUSE is for Linux, this is ${process.platform}`;
  const problem = ensureFuse();
  if (problem !== undefined) return problem;
  const source = join(import.meta.dirname, '../packages/faults');
  const out = join(source, 'build');
  for (const args of [
    ['-S', source, '-B', out],
    ['--build', out],
  ]) {
    const { status, stdout, stderr } = run('cmake', args);
    if (status !== 0) return `cmake ${args.join(' ')} failed:\n${stdout}\n${stderr}`;
  }
  return undefined;
}

const problem = build();
if (problem !== undefined) {
  console.error(`faultfs: not built; ${problem}`);
  process.exit(process.env.CI ? 1 : 0);
}
