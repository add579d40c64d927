// Builds the native addons that this machine can build; says in one line what it can't, and what to do about it.
//   node scripts/build-native.mjs [--required] [--sanitize]
//   node scripts/build-native.mjs --mingw [--required]    the Windows addon, cross-compiled on another system
//   node scripts/build-native.mjs --arm64 [--required]    the Linux addon for arm64, cross-compiled on Debian
// A machine that can build none still gets a working library on node:fs, so only --required (and CI) makes it fail.
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { liburing, missingTools } from './arm64.mjs';
import { ensureTools, has, run } from './system-packages.mjs';

const root = join(import.meta.dirname, '..');
const mingw = process.argv.includes('--mingw');
const arm64 = process.argv.includes('--arm64');
const sanitize = process.argv.includes('--sanitize');
const required = process.argv.includes('--required') || Boolean(process.env.CI);
const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'gnu';

function build({ directory, name, flags = [], output = 'build' }) {
  const where = join(root, 'packages', directory);
  const require = createRequire(join(where, 'package.json'));
  const cmakeJs = require.resolve('cmake-js/bin/cmake-js');
  const out = join(where, output);
  const result = run(process.execPath, [cmakeJs, 'build', '-O', out, ...flags], { cwd: where });
  if (result.status !== 0) return { problem: `the build failed:\n${result.stdout}\n${result.stderr}` };
  const built = [join(out, 'Release', name), join(out, name)].find(existsSync);
  return built === undefined ? { problem: `the build made no ${name}` } : { built };
}

function report(directory, problem) {
  console.error(`${directory}: not built; ${problem}`);
  if (required) process.exit(1);
  console.error(`${directory}: going on without it: files will be read through node:fs`);
}

/** Puts the addon into the package of its platform: `target` as in packages/<directory>/npm/<target>. */
function install(directory, target, built, name) {
  const place = join(root, 'packages', directory, 'npm', target, name);
  copyFileSync(built, `${place}.new`);
  renameSync(`${place}.new`, place); // whoever has the old one loaded keeps it
  console.log(`${directory}: ${relative(root, place)}`);
}

function buildUring() {
  const name = 'linux_uring.node';
  const problem = ensureTools();
  if (problem !== undefined) return report('linux-uring', problem);
  const variant = sanitize ? { flags: ['--CDOVERLAPPED_SANITIZE=ON'], output: 'build-sanitize' } : {};
  const { built, problem: failure } = build({ directory: 'linux-uring', name, ...variant });
  if (failure !== undefined) return report('linux-uring', failure);
  if (sanitize) return console.log(`linux-uring: ${built}`);
  install('linux-uring', `${process.arch}-${libc}`, built, name);
}

function buildUringForArm64() {
  const name = 'linux_uring.node';
  const missing = missingTools();
  if (missing !== undefined) return report('linux-uring for arm64', missing);
  const toolchain = join(root, 'cmake/aarch64-linux-gnu.cmake');
  const flags = [`--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`, `--CDURING_A=${liburing()}`];
  const { built, problem } = build({ directory: 'linux-uring', name, flags, output: 'build-arm64' });
  if (problem !== undefined) return report('linux-uring for arm64', problem);
  install('linux-uring', 'arm64-gnu', built, name);
}

/** On Windows with MSVC, which cmake-js finds; elsewhere with MinGW, whose -posix compiler has std::thread. */
function buildIocp() {
  const name = 'win_iocp.node';
  const compiler = 'x86_64-w64-mingw32-g++-posix';
  if (mingw && !has(compiler)) {
    return report('win-iocp', `install ${compiler} (Debian, Ubuntu: g++-mingw-w64-x86-64-posix)`);
  }
  const toolchain = join(root, 'cmake/mingw-w64-x86_64.cmake');
  const variant = mingw ? { flags: [`--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`], output: 'build-mingw' } : {};
  const { built, problem } = build({ directory: 'win-iocp', name, ...variant });
  if (problem !== undefined) return report('win-iocp', problem);
  install('win-iocp', mingw ? 'x64' : process.arch, built, name);
}

if (arm64) buildUringForArm64();
else if (mingw || process.platform === 'win32') buildIocp();
else if (process.platform === 'linux') buildUring();
else console.log(`no native addon to build on ${process.platform}`);
