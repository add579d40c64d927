// C++ unit tests of what needs no Node: the drivers of io_uring and of the completion port, each on a scripted kernel, and
// the shared tables. Under AddressSanitizer with its leak check and UndefinedBehaviorSanitizer, and, since both have
// threads, under ThreadSanitizer too. That each of them finds what it is for is seen first, on faults that are planted.
// Where a tool is missing it says so; in CI that is a failure.
//   node scripts/test-native.mjs [doctest arguments]; OVERLAPPED_SEED=n repeats the random parts
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const MAIN = 'packages/native-common/test/main.cc';
const COMMON = ['packages/native-common/include', 'packages/native-common/test'];
const MEMORY = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'];
const THREADS = ['-fsanitize=thread', '-fno-omit-frame-pointer'];
/** One program for each driver and sanitizer: the drivers' headers have the same names. */
const PROGRAMS = [
  ...[MEMORY, THREADS].map((sanitize, i) => ({
    name: ['linux-uring', 'linux-uring-threads'][i],
    sources: ['packages/native-common/test', 'packages/linux-uring/test/native'],
    includes: [...COMMON, 'packages/linux-uring/native'],
    sanitize,
    native: ['copier', 'core_wait', 'pin_budget', 'ring', 'spare_cores'].map(
      (name) => `packages/linux-uring/native/${name}.cc`,
    ),
    libraries: ['-luring'],
  })),
  ...[MEMORY, THREADS].map((sanitize, i) => ({
    name: ['win-iocp', 'win-iocp-threads'][i],
    sources: ['packages/win-iocp/test/native'],
    includes: [...COMMON, 'packages/win-iocp/native'],
    sanitize,
    native: [],
    libraries: [],
  })),
];
/** By program: test cases that a plain run leaves out, and what the sanitizer must say of each. */
const PLANTED = {
  'linux-uring': {
    'planted: a leak': /LeakSanitizer: detected memory leaks[^]*1234 byte/,
    'planted: a write after free': /AddressSanitizer: heap-use-after-free/,
  },
  'linux-uring-threads': { 'planted: a race': /ThreadSanitizer: data race/ },
};
const FLAGS = ['-std=c++20', '-g1', '-Wall', '-Wextra', '-Werror', '-DDOCTEST_CONFIG_SUPER_FAST_ASSERTS'];

function skip(reason) {
  console.log(`C++ unit tests skipped: ${reason}`);
  process.exit(process.env.CI ? 1 : 0);
}

const compiler = process.env.CXX ?? 'c++';
function compiles(header) {
  const check = spawnSync(compiler, ['-std=c++20', '-fsyntax-only', '-x', 'c++', '-'], {
    input: `#include <${header}>\n`,
  });
  return check.error === undefined && check.status === 0;
}

if (process.platform !== 'linux') skip(`they are for Linux, this is ${process.platform}`);
if (!compiles('cstdint')) skip(`${compiler} does not work; install a C++20 compiler`);
if (!compiles('doctest/doctest.h')) skip('install doctest (Debian: doctest-dev)');
if (!compiles('liburing.h')) skip('install liburing (Debian: liburing-dev)');

const out = join('.cache', 'native-tests');

/** Runs the compiler. @returns whether it succeeded */
async function compile(args) {
  const child = spawn(compiler, [...FLAGS, ...args], { stdio: 'inherit' });
  const [code] = await once(child, 'close');
  return code === 0;
}

function sourcesOf(directories) {
  return directories.flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => name.endsWith('.cc') && join(directory, name) !== MAIN)
      .map((name) => join(directory, name)),
  );
}

/** Compiles all of a program's sources at once, and links them. @returns the program, or undefined */
async function build({ name, sources, includes, sanitize, native, libraries }, main) {
  const directory = join(out, name);
  mkdirSync(directory, { recursive: true });
  const flags = [...sanitize, ...includes.map((include) => `-I${include}`)];
  const objects = [...sourcesOf(sources), ...native].map((source) => [
    source,
    join(directory, `${basename(source)}.o`),
  ]);
  const compiled = await Promise.all(
    objects.map(([source, object]) => compile([...flags, '-c', source, '-o', object])),
  );
  if (compiled.includes(false)) return undefined;
  const program = join(directory, 'unit');
  const files = objects.map(([, object]) => object);
  return (await compile([...sanitize, ...files, main, '-o', program, ...libraries])) ? program : undefined;
}

/** @returns whether the program fails each of its planted faults, for the reason that was planted */
function findsPlanted(program, name) {
  return Object.entries(PLANTED[name] ?? {}).every(([test, report]) => {
    const found = spawnSync(program, ['--no-skip', `--test-case=${test}`], { encoding: 'utf8' });
    const caught = found.status !== 0 && report.test(found.stderr);
    console.log(caught ? `${test}: found` : `${test}: NOT found\n${found.stdout}${found.stderr}`);
    return caught;
  });
}

mkdirSync(out, { recursive: true });
const main = join(out, 'main.o');
// doctest's own code is most of main.cc, and slow to compile with sanitizers.
if (!(await compile([`-I${COMMON[1]}`, '-c', MAIN, '-o', main]))) process.exit(1);
for (const program of PROGRAMS) {
  console.log(`${program.name}: ${program.sanitize[0]}`);
  const built = await build(program, main);
  if (built === undefined || !findsPlanted(built, program.name)) process.exit(1);
  const { status, signal } = spawnSync(built, process.argv.slice(2), { stdio: 'inherit' });
  if (signal !== null) console.error(`unit tests ended by ${signal}`);
  if (status !== 0) process.exit(status ?? 1);
}
