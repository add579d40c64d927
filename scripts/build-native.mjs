// Builds the native addons that this machine can build; says in one line what it can't, and what to do about it.
//   node scripts/build-native.mjs [--required] [--sanitize]
//   node scripts/build-native.mjs --mingw [--required]    the Windows addon, cross-compiled on another system
// A machine that can build none still gets a working library on node:fs, so only --required (and CI) makes it fail.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const mingw = process.argv.includes('--mingw');
const sanitize = process.argv.includes('--sanitize');
const required = process.argv.includes('--required') || Boolean(process.env.CI);

/** How each package manager installs liburing with its static library. */
const LIBURING = [
  ['apt-get', ['install', '-y', '--no-install-recommends', 'liburing-dev'], ['update']],
  ['dnf', ['install', '-y', 'liburing-devel']],
  ['apk', ['add', 'liburing-dev']],
  ['pacman', ['-S', '--noconfirm', 'liburing']],
];

function run(command, args, options = {}) {
  return spawnSync(command, args, { encoding: 'utf8', ...options });
}

function has(command) {
  return run('sh', ['-c', `command -v ${command}`]).status === 0;
}

function hasLiburing() {
  if (!has('pkg-config'))
    return ['/usr/include', '/usr/local/include'].some((d) => existsSync(join(d, 'liburing.h')));
  return run('pkg-config', ['--exists', 'liburing >= 2.3']).status === 0;
}

/** Installs liburing where we may. @returns what to say where we may not */
function ensureLiburing() {
  if (hasLiburing()) return undefined;
  const manager = LIBURING.find(([command]) => has(command));
  if (manager === undefined) return 'install liburing (2.3 or newer, with its static library) and pkg-config';
  const [command, install, before] = manager;
  const line = `${command} ${install.join(' ')}`;
  const packages = has('pkg-config')
    ? install
    : [...install, command === 'apt-get' ? 'pkg-config' : 'pkgconf'];
  if (process.getuid?.() !== 0) return `run: sudo ${command} ${packages.join(' ')}`;
  console.log(`linux-uring: installing liburing: ${line}`);
  if (before !== undefined) run(command, before);
  const result = run(command, packages);
  if (result.status === 0 && hasLiburing()) return undefined;
  return `this failed: ${line}\n${(result.stderr ?? '').split('\n').slice(-4).join('\n')}`;
}

function missingTools() {
  const compiler = process.env.CXX ?? ['c++', 'g++', 'clang++'].find(has);
  const missing = [
    has('cmake') ? [] : 'cmake',
    compiler ? [] : 'a C++ compiler',
    has('make') || has('ninja') ? [] : 'make',
  ].flat();
  return missing.length === 0 ? undefined : `install ${missing.join(', ')}`;
}

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

function install(directory, target, built, name) {
  const place = join(root, 'packages', directory, 'prebuilds', target);
  mkdirSync(place, { recursive: true });
  copyFileSync(built, join(place, name));
}

function buildUring() {
  const name = 'linux_uring.node';
  const problem = missingTools() ?? ensureLiburing();
  if (problem !== undefined) return report('linux-uring', problem);
  const variant = sanitize ? { flags: ['--CDOVERLAPPED_SANITIZE=ON'], output: 'build-sanitize' } : {};
  const { built, problem: failure } = build({ directory: 'linux-uring', name, ...variant });
  if (failure !== undefined) return report('linux-uring', failure);
  if (sanitize) return console.log(`linux-uring: ${built}`);
  install('linux-uring', `linux-${process.arch}`, built, name);
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
  install('win-iocp', `win32-${mingw ? 'x64' : process.arch}`, built, name);
}

if (mingw || process.platform === 'win32') buildIocp();
else if (process.platform === 'linux') buildUring();
else console.log(`no native addon to build on ${process.platform}`);
