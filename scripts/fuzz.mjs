// Random programs against a model, and random calls of the raw addons: node scripts/fuzz.mjs --help
// The completion port's backend runs in Windows' own node.exe, elsewhere than on Windows under Wine.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const MAIN = 'dist/src/main.js';
const args = process.argv.slice(2);
const wantsIocp = args.some(
  (arg, i) => arg === '--backend=iocp' || (arg === '--backend' && args[i + 1] === 'iocp'),
);

if (wantsIocp && process.platform !== 'win32') {
  const { node, overlapped, prepare } = await import('./wine.mjs');
  prepare();
  process.exitCode = node(['--expose-gc', join(overlapped('fuzz'), MAIN), ...args]).status;
} else {
  const main = join(import.meta.dirname, '../packages/fuzz', MAIN);
  const { status } = spawnSync(process.execPath, ['--expose-gc', main, ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
