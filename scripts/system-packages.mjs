// What building native code, and the benchmark, take from the system: installed where we may (as root, by a package
// manager that we know), else named in the one command that would.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Package managers, in the order in which they are looked for. */
const MANAGERS = {
  'apt-get': { install: ['install', '-y', '--no-install-recommends'], before: ['update'] },
  dnf: { install: ['install', '-y'] },
  apk: { install: ['add'] },
  pacman: { install: ['-S', '--noconfirm'] },
};

/** Each thing that whatever is native needs, and its package by manager. */
const COMPILING_NEEDS = [
  {
    what: 'cmake',
    there: () => has('cmake'),
    packages: { 'apt-get': 'cmake', dnf: 'cmake', apk: 'cmake', pacman: 'cmake' },
  },
  {
    what: 'a C++ compiler',
    there: () => Boolean(process.env.CXX) || ['c++', 'g++', 'clang++'].some(has),
    packages: { 'apt-get': 'g++', dnf: 'gcc-c++', apk: 'g++', pacman: 'gcc' },
  },
  {
    what: 'make',
    there: () => has('make') || has('ninja'),
    packages: { 'apt-get': 'make', dnf: 'make', apk: 'make', pacman: 'make' },
  },
  {
    what: 'pkg-config',
    there: () => has('pkg-config'),
    packages: { 'apt-get': 'pkg-config', dnf: 'pkgconf-pkg-config', apk: 'pkgconf', pacman: 'pkgconf' },
  },
];

const ADDON_NEEDS = [
  ...COMPILING_NEEDS,
  {
    what: 'liburing 2.3 or newer with its static library',
    there: hasLiburing,
    packages: { 'apt-get': 'liburing-dev', dnf: 'liburing-devel', apk: 'liburing-dev', pacman: 'liburing' },
  },
];

const FUSE_NEEDS = [
  ...COMPILING_NEEDS,
  {
    what: 'libfuse 3.10 or newer',
    there: () => run('pkg-config', ['--exists', 'fuse3 >= 3.10']).status === 0,
    packages: { 'apt-get': 'libfuse3-dev', dnf: 'fuse3-devel', apk: 'fuse3-dev', pacman: 'fuse3' },
  },
  {
    what: 'fusermount3',
    there: () => has('fusermount3'),
    packages: { 'apt-get': 'fuse3', dnf: 'fuse3', apk: 'fuse3', pacman: 'fuse3' },
  },
];

const FIO = {
  what: 'fio',
  there: () => has('fio'),
  packages: { 'apt-get': 'fio', dnf: 'fio', apk: 'fio', pacman: 'fio' },
};

export function run(command, args, options = {}) {
  return spawnSync(command, args, { encoding: 'utf8', ...options });
}

export function has(command) {
  return run('sh', ['-c', `command -v ${command}`]).status === 0;
}

function hasLiburing() {
  if (has('pkg-config')) return run('pkg-config', ['--exists', 'liburing >= 2.3']).status === 0;
  return ['/usr/include', '/usr/local/include'].some((directory) => existsSync(`${directory}/liburing.h`));
}

/** Installs what is missing where we may. @returns what to say where something stays missing */
function ensure(needs, purpose) {
  const missing = needs.filter(({ there }) => !there());
  if (missing.length === 0) return undefined;
  const manager = Object.keys(MANAGERS).find(has);
  if (manager === undefined) return `install ${missing.map(({ what }) => what).join(', ')}`;
  const { install, before } = MANAGERS[manager];
  const args = [...install, ...missing.map(({ packages }) => packages[manager])];
  const line = `${manager} ${args.join(' ')}`;
  if (process.getuid?.() !== 0) return `run: sudo ${line}`;
  console.log(`installing what ${purpose} needs: ${line}`);
  if (before !== undefined) run(manager, before);
  const { status, stderr } = run(manager, args);
  const still = missing.filter(({ there }) => !there());
  if (status === 0 && still.length === 0) return undefined;
  return `this failed: ${line}\n${(stderr ?? '').trim().split('\n').slice(-3).join('\n')}`;
}

/** @returns what to say where the native addon can't be built */
export function ensureTools() {
  return ensure(ADDON_NEEDS, 'the native addon');
}

/** @returns what to say where the fault-injecting file system can't be built, or not be mounted */
export function ensureFuse() {
  return ensure(FUSE_NEEDS, 'the fault-injecting file system');
}

/** @returns what to say where the benchmark has to do without fio */
export function ensureFio() {
  return ensure([FIO], 'the benchmark');
}
