// The installation for Windows, made on this system as a user would for another one, in Windows' node.exe under Wine.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cache, node, prepareNode, root } from '../wine.mjs';
import { INSTALLED, printed, PROGRAMS } from './consumers.mjs';

const project = join(cache, 'wine-consumer');

/**
 * Installs into a folder that node.exe reaches, while the registry is there.
 * @returns false where the addon for Windows was not built: then that was printed
 */
export async function installForWindows(sandbox, packages) {
  if (!packages.some(({ name, built }) => name === '@overlapped/win-iocp-x64' && built)) {
    console.log('npm for Windows: not run; to run it: node scripts/build-native.mjs --mingw');
    return false;
  }
  const made = sandbox.project('windows');
  const system = ['--os=win32', '--cpu=x64'];
  await sandbox.run('npm', ['install', ...INSTALLED, ...system], made);
  rmSync(project, { recursive: true, force: true });
  cpSync(join(made, 'node_modules'), join(project, 'node_modules'), { recursive: true });
  return true;
}

/** Runs the programs. Ends the process where there is no Wine: then that was printed, and is a failure under CI. */
export function checkUnderWine() {
  prepareNode();
  for (const [name, text] of Object.entries(PROGRAMS)) {
    writeFileSync(join(project, name), text);
    process.stdout.write(`npm for Windows, ${name}: `);
    const { status, out } = node([relative(root, join(project, name))]);
    if (status !== 0 || out.trim() !== printed('iocp')) throw new Error(`that is not ${printed('iocp')}`);
  }
}
