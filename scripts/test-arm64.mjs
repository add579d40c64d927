// Builds the addon for Linux on arm64 and loads it in that system's node, emulated: it has to load, to say that this
// kernel has no io_uring, and reads have to go through node:fs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { missingTools, node, root } from './arm64.mjs';

const missing = missingTools();
if (missing !== undefined) {
  console.log(`not run: the addon for arm64, emulated; to run it: ${missing}`);
  process.exit(process.env.CI ? 1 : 0);
}
const build = [join(root, 'scripts/build-native.mjs'), '--arm64', '--required'];
if (spawnSync(process.execPath, build, { stdio: 'inherit' }).status !== 0) process.exit(1);

const core = join(root, 'packages/core');
const READ = `
  const { describeBackends, open } = require(process.argv[1]);
  (async () => {
    const file = await open(process.execPath);
    const bytes = await file.readAt(Buffer.alloc(4096), 1_000_000);
    await file.close();
    const uring = describeBackends().candidates.find(({ name }) => name === 'io_uring');
    console.log(JSON.stringify({ arch: process.arch, backend: file.backend, bytes, code: uring.code }));
  })();`;
const { status, stdout, stderr } = node(['-e', READ, core]);
assert.equal(status, 0, stderr);
assert.deepEqual(JSON.parse(stdout), {
  arch: 'arm64',
  backend: 'node-fs',
  bytes: 4096,
  code: 'not-implemented',
});
const doctor = node([join(root, 'packages/cli/bin/overlapped.js'), 'doctor']);
console.log(doctor.stdout);
assert.equal(doctor.status, 0, doctor.stderr);
