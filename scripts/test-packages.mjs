// Packs the public packages, installs them as a user would, from a registry on the loopback interface, and uses them in
// every way that docs/install.md describes. Nothing of the workspace is on the way: no compiler, no cmake, no pnpm.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkBroken } from './packages/broken.mjs';
import { checkBundles } from './packages/bundles.mjs';
import { checkCommand } from './packages/command.mjs';
import { checkTypes, INSTALLED, PROGRAMS, runProgram } from './packages/consumers.mjs';
import { checkContents } from './packages/contents.mjs';
import { checkLayouts } from './packages/layouts.mjs';
import { pack } from './packages/pack.mjs';
import { startRegistry } from './packages/registry.mjs';
import { Sandbox } from './packages/sandbox.mjs';
import { checkUnderWine, installForWindows } from './packages/windows.mjs';

const root = join(import.meta.dirname, '..');

if (process.platform !== 'linux') {
  console.log(`not run: installations are tried on Linux, this is ${process.platform}`);
  process.exit(process.env.CI ? 1 : 0);
}

/** The backend that an installation has to use here: the platform's own; else why not is printed, and fails under CI. */
function expectedBackend() {
  const { chosen, candidates } = createRequire(import.meta.url)('../packages/core').describeBackends();
  const refused = candidates.find(({ status }) => status === 'refused');
  if (refused === undefined) return chosen;
  console.log(`not checked that ${refused.name} is used: ${refused.code}: ${refused.message}`);
  if (process.env.CI) throw new Error(`${refused.name} does not work here`);
  return chosen;
}

const scratch = mkdtempSync(join(tmpdir(), 'overlapped-packages-'));
let registry;
let windows = false;
try {
  const backend = expectedBackend();
  const packages = pack(join(scratch, 'packs'));
  await checkContents(packages.filter(({ built }) => built));
  for (const { name } of packages.filter(({ built }) => !built)) console.log(`${name}: not built here`);

  registry = await startRegistry(packages);
  const sandbox = new Sandbox(join(scratch, 'sandbox'), registry.url);
  await sandbox.checkPath();
  const project = sandbox.project('npm');
  await sandbox.run('npm', ['install', ...INSTALLED], project);
  for (const name of Object.keys(PROGRAMS)) {
    console.log(`npm, ${name}: ${await runProgram(sandbox, project, name, backend)}`);
  }
  await checkTypes(sandbox, project, join(root, 'node_modules'));
  await checkCommand(sandbox, packages, backend);
  await checkLayouts(sandbox, registry.url, backend);
  await checkBundles(sandbox, project, backend);
  if (backend === 'io_uring') await checkBroken(sandbox, project);
  windows = await installForWindows(sandbox, packages);
  if (!windows && process.env.CI) process.exitCode = 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  registry?.stop();
  rmSync(scratch, { recursive: true, force: true });
}
if (windows && process.exitCode === undefined) checkUnderWine();
