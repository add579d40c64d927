/** A user's project with the built packages in it: where the programs of the documentation are checked and run. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pattern } from '@overlapped/conformance';
import ts from 'typescript';
import { packages, ROOT } from './pages.js';
import type { SourceFile } from './programs.js';

/** Inside the repository, so that what the packages depend on is found as in a user's node_modules. */
export const PROJECT = path.join(ROOT, 'packages/docs/build/project');

/** Files that programs and commands of the documentation name. */
const FIXTURES: Readonly<Record<string, string | Uint8Array>> = {
  'data.bin': pattern(0, 8 << 20),
  'hello.txt': 'hello, world',
  'app.ts': "import { describeBackends } from '@overlapped/core';\nconsole.log(describeBackends().chosen);\n",
};

/** The commands of the packages, as npm would install them; and those of the repository's tools. */
const BIN = path.join(PROJECT, 'node_modules/.bin');
const PATH = [BIN, path.join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(path.delimiter);

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  types: ['node', 'mocha'],
  typeRoots: [path.join(ROOT, 'node_modules/@types')],
  strict: true,
  skipLibCheck: true,
  allowJs: true,
  checkJs: true,
  rootDir: path.join(PROJECT, 'src'),
  outDir: path.join(PROJECT, 'dist'),
};

/** Makes it anew: the packages linked as npm would install them, and the files to read. */
export function prepareProject(): void {
  rmSync(PROJECT, { recursive: true, force: true });
  mkdirSync(path.join(PROJECT, 'node_modules/@overlapped'), { recursive: true });
  writeFileSync(path.join(PROJECT, 'package.json'), '{ "private": true, "type": "module" }\n');
  mkdirSync(BIN);
  for (const { name, folder, bin = {}, private: unpublished } of packages()) {
    if (unpublished === true) continue;
    symlinkSync(folder, path.join(PROJECT, 'node_modules', name), 'junction');
    for (const [command, file] of Object.entries(bin)) {
      const script = `#!/bin/sh\nexec '${process.execPath}' '${path.join(folder, file)}' "$@"\n`;
      writeFileSync(path.join(BIN, command), script, { mode: 0o755 });
    }
  }
  for (const [name, content] of Object.entries(FIXTURES)) writeFileSync(path.join(PROJECT, name), content);
}

/** `docs/linux.md` is the folder `docs-linux`. */
function folderOf(page: string): string {
  return page.replace(/\.md$/, '').replaceAll(path.sep, '-');
}

export function writeSource(page: string, { name, text }: SourceFile): void {
  const folder = path.join(PROJECT, 'src', folderOf(page));
  mkdirSync(folder, { recursive: true });
  // Without an import a file would be a script, which shares its names with others and can't await.
  writeFileSync(path.join(folder, name), `${text}\nexport {};\n`);
}

export interface CompiledProject {
  /** What the type checker says of a source, one message a line. */
  complaintsOf(page: string, source: SourceFile): string;
}

/** Checks and compiles everything written so far: one compiler run is much faster than one for each program. */
export function compile(): CompiledProject {
  const names = ts.sys.readDirectory(path.join(PROJECT, 'src'), ['.ts', '.js']);
  const program = ts.createProgram(names, OPTIONS);
  program.emit();
  return {
    complaintsOf(page, { name }) {
      const file = program.getSourceFile(path.join(PROJECT, 'src', folderOf(page), name));
      return ts
        .getPreEmitDiagnostics(program, file)
        .map((diagnostic) => ts.formatDiagnostic(diagnostic, FORMAT_HOST))
        .join('');
    },
  };
}

const FORMAT_HOST: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => PROJECT,
  getNewLine: () => '\n',
};

/** Of a test that registers the whole suite, which takes half a minute, these families: some of each layer. */
const FAMILIES = 'document: (open|issue|close)|offsets|eof|errors';
const MOCHA = [path.join(ROOT, 'node_modules/mocha/bin/mocha.js'), '--no-config', '--reporter', 'dot'];

/** Runs a compiled program where the fixtures are. @returns what it printed @throws Error unless it succeeds */
export function run(page: string, { name }: SourceFile): string {
  const compiled = path.join(PROJECT, 'dist', folderOf(page), name.replace(/\.ts$/, '.js'));
  if (!name.includes('.test.')) return runNode([compiled]);
  return runNode(['--expose-gc', ...MOCHA, '--timeout', '30000', '--grep', FAMILIES, compiled]);
}

const MAX_MILLISECONDS = 60_000;

function runNode(args: readonly string[]): string {
  return runCommand(process.execPath, args);
}

/** Runs a line of shell. @returns what a terminal would show, of both outputs @throws Error unless it succeeds */
export function runShell(script: string): string {
  return runCommand('sh', ['-c', `exec 2>&1\n${script}`]);
}

function runCommand(command: string, args: readonly string[]): string {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    cwd: PROJECT,
    env: { ...process.env, PATH },
    encoding: 'utf8',
    timeout: MAX_MILLISECONDS,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`exit code ${status ?? signal}:\n${stdout}${stderr}`);
  return stdout;
}
