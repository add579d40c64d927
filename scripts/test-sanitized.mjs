// The io_uring tests on an addon built with AddressSanitizer and UndefinedBehaviorSanitizer. Node itself is not: its
// runtime libraries are preloaded, into child processes too. What the kernel writes they do not see.
// Then a program that makes, uses and ends many backends, with a look at what the addon has lost at its end.
//   node scripts/test-sanitized.mjs [mocha arguments]
import { spawnSync } from 'node:child_process';
import { isAbsolute, join } from 'node:path';
import { SMALL_AMOUNTS } from './amounts.mjs';

process.chdir(join(import.meta.dirname, '..'));

function skip(reason) {
  console.log(`sanitized tests skipped: ${reason}`);
  process.exit(process.env.CI ? 1 : 0);
}

if (process.platform !== 'linux') skip(`they are for Linux, this is ${process.platform}`);
const compiler = process.env.CXX ?? 'c++';
const runtimes = ['libasan.so', 'libubsan.so'].map((name) =>
  (spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout ?? '').trim(),
);
if (!runtimes.every(isAbsolute)) skip(`${compiler} has no libasan.so and libubsan.so; install gcc`);

const build = spawnSync(process.execPath, ['scripts/build-native.mjs', '--sanitize'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
const addon = /^linux-uring: (\/.*\.node)$/m.exec(build.stdout)?.[1];
if (build.status !== 0 || addon === undefined) skip('the addon was not built');

const env = {
  ...process.env,
  OVERLAPPED_URING_ADDON: addon,
  LD_PRELOAD: runtimes.join(':'),
  ASAN_OPTIONS: 'detect_leaks=0', // a test's process may end in the middle of anything
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
const check = `process.exit(require('fs').readFileSync('/proc/self/maps', 'utf8').includes('libasan') ? 0 : 1)`;
if (spawnSync(process.execPath, ['-e', check], { env }).status !== 0) {
  console.error('the sanitizers were not loaded into node');
  process.exit(1);
}

/** What a process with the addon lost, in stacks that the addon has a part in: what Node loses is its own affair. */
function leaksOf(args, extra = {}) {
  const leaks = { ...env, ...extra, ASAN_OPTIONS: 'detect_leaks=1', LSAN_OPTIONS: 'exitcode=0' };
  const { status, signal, stderr } = spawnSync(process.execPath, args, {
    env: leaks,
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  if (status !== 0) {
    console.error(`${stderr}\nthe program for the leak check ended by ${signal ?? status}`);
    process.exit(1);
  }
  return stderr.split('\n\n').filter((part) => /leak of [^]*(linux[-_]uring|native-common)/.test(part));
}

const planted = leaksOf(['-e', 'require(process.env.OVERLAPPED_URING_ADDON)'], {
  OVERLAPPED_PLANT_LEAK: '1',
});
if (planted.length !== 1) {
  console.error('the leak check does not find a leak that was planted: is ptrace forbidden here?');
  process.exit(1);
}
const leaks = leaksOf(['packages/conformance/dist/test/linux/programs/lives.js']);
for (const leak of leaks) console.error(leak);
if (leaks.length > 0) process.exit(1);
console.log('the addon has lost no memory');

// Most refusals end before the addon does anything; those for want of descriptors end in the middle.
// Memory that was freed stays resident for a while, which is how a late use of it is seen. Adapters call nothing that
// other tests do not; goals of measurements and the documentation's commands only name io_uring.
const LEFT_OUT = 'io_uring: refusals|adapter |bench goals|commands in the documentation|.*resident memory';
const tests = `^(?!${LEFT_OUT}).*(io_uring|linux-uring)|without descriptors`;
const mocha = ['node_modules/mocha/bin/mocha.js', '--grep', tests, '--reporter', 'dot'];
const { status, signal } = spawnSync(process.execPath, [...mocha, ...process.argv.slice(2)], {
  env: { ...env, ...SMALL_AMOUNTS },
  stdio: 'inherit',
});
if (signal !== null) console.error(`mocha ended by ${signal}`);
process.exit(status ?? 1);
