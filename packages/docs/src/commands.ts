/** What is done about each shell command of the documentation: it is run, or it is checked and why not run is said. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packages, ROOT } from './pages.js';
import type { ShellCommand } from './shell.js';

/** How a command is checked: by running it in the shell, or for the reason given only by looking at what it names. */
export type Judgement = { readonly kind: 'run' } | { readonly kind: 'checked'; readonly reason: string };

/** The package of our command, and the command's file. */
const CLI = '@overlapped/cli';
const CLI_FILE = 'packages/cli/bin/overlapped.js';

/** What a shell runs for the command: in the project made for it `overlapped` is there as if it were installed. */
export function scriptOf({ text }: ShellCommand): string {
  return text.replace(`npx ${CLI}`, 'overlapped').replace(`node ${CLI_FILE}`, 'overlapped');
}

type Judge = (words: readonly string[]) => Judgement;

interface Manifest {
  readonly packageManager: string;
  readonly scripts: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Manifest;

const run: Judgement = { kind: 'run' };
const runs: Judge = () => run;
const checked = (reason: string): Judgement => ({ kind: 'checked', reason });
const foreign: Judge = ([command]) => checked(`${command ?? ''} is not ours`);

/** Scripts of package.json that print their options, and how to ask for what else they take by name. */
const SELF_DESCRIBING: Readonly<Record<string, readonly string[]>> = {
  demo: ['--help'],
  bench: ['--help', '--list'],
  fuzz: ['--help'],
};
/** Subcommands of `overlapped` that take long. */
const SLOW: ReadonlySet<string> = new Set(['bench']);
/** What stands for something of the reader's own: `FILE`, `A.json`, a number, a path. */
const PLACEHOLDER = /^[A-Z]+(\.\w+)?$|^\d+$|\//;

const descriptions = new Map<string, string>();

function describe(script: string): string {
  const known = descriptions.get(script);
  if (known !== undefined) return known;
  const file = /node (\S+)$/.exec(manifest.scripts[script] ?? '')?.[1] ?? '';
  const description = (SELF_DESCRIBING[script] ?? [])
    .map((option) => spawnSync(process.execPath, [file, option], { cwd: ROOT, encoding: 'utf8' }).stdout)
    .join('');
  descriptions.set(script, description);
  return description;
}

function judgeScript(script: string, args: readonly string[]): Judgement {
  if (manifest.scripts[script] === undefined) throw new Error(`package.json has no script ${script}`);
  if (script in SELF_DESCRIBING) {
    const description = describe(script);
    const unknown = args.filter((arg) => !PLACEHOLDER.test(arg) && !description.includes(arg));
    if (unknown.length > 0) throw new Error(`${script} does not know ${unknown.join(', ')}`);
  }
  return checked('takes long: the script and its options exist');
}

const judgePnpm: Judge = ([command, ...words]) => {
  if (command !== 'pnpm' && command !== manifest.packageManager) {
    throw new Error(`package.json says ${manifest.packageManager}, not ${command ?? ''}`);
  }
  const [first = '', ...rest] = words;
  if (first === 'add' || first === 'install') return judgeInstall([command, ...words]);
  return first === 'run' ? judgeScript(rest[0] ?? '', rest.slice(1)) : judgeScript(first, rest);
};

const judgeInstall: Judge = (words) => {
  const published = packages().filter((each) => each.private !== true);
  for (const word of words.filter((each) => each.startsWith('@overlapped/'))) {
    if (!published.some(({ name }) => name === word)) throw new Error(`no public package ${word}`);
  }
  return checked('needs a registry: the packages exist');
};

const judgeOverlapped: Judge = ([, subcommand = '']) =>
  SLOW.has(subcommand) ? checked('takes long: the subcommand exists') : run;

const judgeNpx: Judge = ([, ...words]) => {
  const [name = '', ...args] = words.filter((word) => word !== '-y');
  if (name === 'mocha') return checked("the reader's own tests");
  if (name.startsWith('pnpm@')) return judgePnpm([name, ...args]);
  // A command's name alone is another package of the registry, whoever owns that.
  if (name !== CLI) throw new Error(`npx takes ${CLI}, not ${name}`);
  return judgeOverlapped([name, ...args]);
};

const judgeNode: Judge = ([, ...words]) => {
  const [file = '', ...args] = words.filter((word) => !/^--(?!import)/.test(word));
  if (file.startsWith('dist/')) return run; // what a command before it made
  if (!/\.[cm]?js$/.test(file) || !file.includes('/')) return checked("the reader's own program");
  const absolute = path.join(ROOT, file);
  if (!existsSync(absolute)) throw new Error(`there is no ${file}`);
  if (file === CLI_FILE) return judgeOverlapped([file, ...args]);
  if (file.startsWith('scripts/')) {
    const source = readFileSync(absolute, 'utf8');
    const unknown = words.filter((word) => word.startsWith('--') && !source.includes(word));
    if (unknown.length > 0) throw new Error(`${file} does not know ${unknown.join(', ')}`);
  }
  return checked('takes long: the file and its options exist');
};

const judgeExport: Judge = ([, assignment = '']) => {
  const [name = '', value = ''] = assignment.split('=');
  checkVariable(name);
  const folder = path.join(ROOT, path.dirname(value));
  if (!existsSync(folder)) throw new Error(`there is no ${folder}`);
  return checked('changes the shell: the variable and the folder exist');
};

/** By a command's first word. One that is not here is a failure: nobody has thought about it yet. */
const JUDGES: Readonly<Record<string, Judge>> = {
  npx: judgeNpx,
  pnpm: judgePnpm,
  npm: judgeInstall,
  node: judgeNode,
  overlapped: judgeOverlapped,
  export: judgeExport,
  esbuild: runs,
  printf: runs,
  '.ci/run': () => checked('it runs this: the file exists'),
  git: foreign,
  docker: foreign,
  sysctl: foreign,
  ulimit: foreign,
};

/** @throws Error if it names something that is not there */
export function judge({ words, env }: ShellCommand): Judgement {
  for (const name of Object.keys(env)) checkVariable(name);
  const judgeIt = JUDGES[words[0] ?? ''];
  if (judgeIt === undefined) throw new Error(`unknown command ${words[0] ?? ''}: add it to the table of ${import.meta.filename}`);
  return judgeIt(words);
}

/** Variables of Node's own that the documentation sets. */
const NODE_VARIABLES: readonly string[] = ['UV_THREADPOOL_SIZE', 'NODE_OPTIONS', 'CI'];

function checkVariable(name: string): void {
  if (NODE_VARIABLES.includes(name)) return;
  const folders = ['scripts', ...packages().map(({ folder }) => path.join(folder, 'src'))];
  const read = folders.some((folder) => mentions(path.resolve(ROOT, folder), name));
  if (!read) throw new Error(`nothing reads the variable ${name}`);
}

function mentions(folder: string, text: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?[jt]s$/.test(file))
    .some((file) => readFileSync(path.join(folder, file), 'utf8').includes(text));
}
