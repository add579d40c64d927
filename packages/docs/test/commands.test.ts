/** Every shell command of the documentation: run where that is quick, else what it names is looked up. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { blocksOf } from '../src/blocks.js';
import { judge, scriptOf } from '../src/commands.js';
import { pages, ROOT } from '../src/pages.js';
import { prepareProject, runShell } from '../src/project.js';
import { commandsOf } from '../src/shell.js';

/** What differs between machines. */
const MACHINE: readonly [RegExp, string][] = [
  [/\d+(\.\d+)+\S*/g, 'VERSION'],
  [/\b(x64|arm64)\b/g, 'ARCHITECTURE'],
  [/kernel interface: .*/g, 'kernel interface: FLAGS'],
];

function portable(output: string): string {
  return MACHINE.reduce((text, [pattern, name]) => text.replace(pattern, name), output).trimEnd();
}

/** What a stale page could say, and what is then wrong with it. */
const STALE: readonly [string, RegExp][] = [
  ['pnpm no-such-script', /no script no-such-script/],
  ['npx -y pnpm@1.0.0 test', /package.json says pnpm@/],
  ['pnpm fuzz --no-such-option', /does not know --no-such-option/],
  ['node scripts/no-such-file.mjs', /there is no scripts/],
  ['node scripts/test.mjs --no-such-option', /does not know --no-such-option/],
  ['npx overlapped doctor', /npx takes @overlapped\/cli, not overlapped/],
  ['export NO_SUCH_VARIABLE=$PWD/packages', /nothing reads the variable/],
  ['export OVERLAPPED_URING_ADDON=$PWD/no-such-folder/x.node', /there is no/],
  ['npm install @overlapped/no-such-package', /no public package/],
  ['NO_SUCH_VARIABLE=1 node server.js', /nothing reads the variable/],
  ['no-such-program', /unknown command/],
];

describe('stale commands', () => {
  for (const [text, message] of STALE) {
    it(`${text} is found out`, () => {
      const [command] = commandsOf({ language: 'sh', line: 1, text, mark: undefined });
      assert(command !== undefined);
      assert.throws(() => judge(command), { message });
    });
  }
});

describe('commands in the documentation', function () {
  this.timeout(90_000);
  before(() => prepareProject());

  for (const page of pages()) {
    const commands = blocksOf(readFileSync(path.join(ROOT, page), 'utf8')).flatMap(commandsOf);
    for (const command of commands) {
      it(`${page}:${command.line} ${command.text}`, function () {
        const judgement = judge(command);
        if (judgement.kind === 'checked') {
          this.runnable().title += ` (not run: ${judgement.reason})`;
          return;
        }
        const printed = runShell(scriptOf(command));
        if (command.output !== undefined) assert.equal(portable(printed), portable(command.output));
      });
    }
  }
});
