// Linters and formatters for TypeScript and C++; --fix mends what can be mended.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
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

/** The newest clang-format there is; versions differ in details, so only 19 decides. */
function clangFormat() {
  return ['clang-format-19', 'clang-format'].find((name) => {
    const { stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
    return /version 19\./.test(stdout ?? '');
  });
}

const [node, prettier] = bin('prettier', 'bin/prettier.cjs');
const eslint = bin('eslint', 'bin/eslint.js')[1];
const steps = [
  ['prettier', node, [...prettier, fix ? '--write' : '--check', '--log-level', 'warn', '.']],
  ['eslint', node, [...eslint, ...(fix ? ['--fix'] : []), '--max-warnings', '0', '.']],
];
const formatter = clangFormat();
if (formatter !== undefined)
  steps.push(['clang-format', formatter, [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...nativeFiles()]]);
else if (process.env.CI)
  steps.push(['clang-format 19 is missing: apt-get install clang-format-19', 'false', []]);
else
  console.log(
    'clang-format 19 is not installed: C++ formatting was not checked (apt-get install clang-format-19)',
  );

let failed = false;
for (const [name, command, args] of steps) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) console.error(`${name} failed`);
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
