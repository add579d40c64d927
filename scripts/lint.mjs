// Linters and formatters for TypeScript and C++; --fix mends what can be mended.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const fix = process.argv.includes('--fix');
const bin = (name, path) => [process.execPath, [join('node_modules', name, path)]];

function nativeFiles() {
  return readdirSync('packages', { recursive: true, encoding: 'utf8' })
    .filter(
      (file) =>
        /(^|\/)(native|include|test)\/.*\.(cc|h|c)$/.test(file) && !/(node_modules|dist|\/build)/.test(file),
    )
    .map((file) => join('packages', file));
}

/** The tool in version 19, under either name; versions differ in details, so only 19 decides. */
function clang(tool) {
  return [`${tool}-19`, tool].find((name) => {
    const { stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
    return /version 19\./.test(stdout ?? '');
  });
}

/** Pages whose links to files and headings are checked; remark would walk through node_modules. */
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'docs', 'packages/*/README.md'];

const [node, prettier] = bin('prettier', 'bin/prettier.cjs');
const eslint = bin('eslint', 'bin/eslint.js')[1];
const steps = [
  ['prettier', node, [...prettier, fix ? '--write' : '--check', '--log-level', 'warn', '.']],
  ['eslint', node, [...eslint, ...(fix ? ['--fix'] : []), '--max-warnings', '0', '.']],
];
const remark = bin('remark-cli', 'cli.js')[1];
const validateLinks = ['--use', 'remark-validate-links=repository:false'];
steps.push(['links', node, [...remark, '--frail', '--quiet', '--no-stdout', ...validateLinks, ...PAGES]]);
const formatter = clang('clang-format');
if (formatter !== undefined)
  steps.push(['clang-format', formatter, [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...nativeFiles()]]);
else if (process.env.CI)
  steps.push(['clang-format 19 is missing: apt-get install clang-format-19', 'false', []]);
else
  console.log(
    'clang-format 19 is not installed: C++ formatting was not checked (apt-get install clang-format-19)',
  );

/** What clang-tidy reads, and what makes the flags that it needs. */
const TIDIED = [
  { directory: 'packages/linux-uring', madeBy: 'scripts/build-native.mjs' },
  { directory: 'packages/faults', madeBy: 'scripts/build-faultfs.mjs' },
];

function tidyStep({ directory, madeBy }) {
  const tidy = clang('clang-tidy');
  const commands = `${directory}/build/compile_commands.json`;
  const missing = [
    tidy === undefined ? 'clang-tidy 19 (apt-get install clang-tidy-19)' : [],
    existsSync(commands) ? [] : `${commands} (node ${madeBy})`,
  ].flat();
  if (missing.length > 0) return { missing: missing.join(' and ') };
  const each = `xargs -P 2 -n 1 ${tidy} -p ${directory}/build --quiet`;
  return { step: ['clang-tidy', 'sh', ['-c', `ls ${directory}/native/*.cc | ${each}`]] };
}

for (const target of fix ? [] : TIDIED) {
  const { step, missing } = tidyStep(target);
  if (step !== undefined) steps.push(step);
  else if (process.env.CI) steps.push([`C++ can't be linted without ${missing}:`, 'false', []]);
  else console.log(`${target.directory}: C++ was not linted: there is no ${missing}`);
}

let failed = false;
for (const [name, command, args] of steps) {
  // clang-tidy counts the warnings of headers that are not ours, on every run.
  const quiet = name === 'clang-tidy';
  const { status, stdout } = spawnSync(command, args, {
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    encoding: 'utf8',
  });
  if (quiet && status !== 0) process.stdout.write(stdout);
  if (status !== 0) console.error(`${name} failed`);
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
