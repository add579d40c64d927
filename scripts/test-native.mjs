// C++ unit tests of what needs no Node: the io_uring driver on a scripted kernel, and the shared tables. Under
// AddressSanitizer and UndefinedBehaviorSanitizer. Where a tool is missing it says so; in CI that is a failure.
//   node scripts/test-native.mjs [doctest arguments]; OVERLAPPED_SEED=n repeats the random part
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const SOURCES = ['packages/native-common/test', 'packages/linux-uring/test/native'];
const INCLUDES = [
  'packages/native-common/include',
  'packages/native-common/test',
  'packages/linux-uring/native',
];
const SANITIZE = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'];
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
mkdirSync(out, { recursive: true });
const sources = SOURCES.flatMap((directory) =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => join(directory, name)),
);
const program = join(out, 'unit');
const includes = INCLUDES.map((directory) => `-I${directory}`);

async function compile(source) {
  const object = join(out, `${basename(source)}.o`);
  // doctest's own code is most of main.cc, and slow to compile with sanitizers.
  const sanitize = basename(source) === 'main.cc' ? [] : SANITIZE;
  const child = spawn(compiler, [...FLAGS, ...sanitize, ...includes, '-c', source, '-o', object], {
    stdio: 'inherit',
  });
  const [code] = await once(child, 'close');
  return code === 0 ? object : undefined;
}

const objects = await Promise.all(sources.map(compile));
if (objects.includes(undefined)) process.exit(1);
const link = spawnSync(compiler, [...SANITIZE, ...objects, '-o', program], { stdio: 'inherit' });
if (link.status !== 0) process.exit(link.status ?? 1);
const run = spawnSync(program, process.argv.slice(2), { stdio: 'inherit' });
if (run.signal !== null) console.error(`unit tests ended by ${run.signal}`);
process.exit(run.status ?? 1);
