// The command `overlapped`, from its installed package.
import assert from 'node:assert/strict';
import { manifestOf } from './registry.mjs';

/** @param backend what an installation that works uses @throws if the command says anything else */
export async function checkCommand(sandbox, packages, backend) {
  const { tarball } = packages.find(({ name }) => name === '@overlapped/cli');
  const project = sandbox.project('command');
  await sandbox.run('npm', ['install', '@overlapped/cli'], project);
  // --no: what was not installed is not fetched from elsewhere
  const overlapped = (...args) => sandbox.run('npx', ['--no', 'overlapped', '--', ...args], project);
  const version = (await overlapped('--version')).trim();
  assert.equal(version, manifestOf(tarball).version, 'overlapped --version');
  const { chosen } = JSON.parse(await overlapped('doctor', '--json'));
  assert.equal(chosen, backend, 'overlapped doctor --json');
  console.log(`the command overlapped: ${version}, ${chosen}`);
}
