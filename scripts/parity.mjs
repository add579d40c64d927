// Makes thousands of calls of OverlappedFile and of Node's FileHandle, and compares what each came to.
//   node scripts/parity.mjs             prints every difference, and writes the table of docs/parity.md
//   node scripts/parity.mjs --check     fails if a difference has no reason, a reason no difference, or the page is stale
// The page is about Node 20: on another version differences are printed, and nothing is written or checked.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open as openNode } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, isDeepStrictEqual } from 'node:util';
import { METHODS, SIZE, STATES } from './parity/cases.mjs';
import { outcomeOf } from './parity/outcome.mjs';
import { RULES } from './parity/rules.mjs';

process.chdir(join(import.meta.dirname, '..'));

const PAGE = 'docs/parity.md';
const BEGIN = '<!-- differences:begin -->';
const END = '<!-- differences:end -->';
const PAGE_NODE = 'v20.';

const { open } = createRequire(join(process.cwd(), 'packages/core/package.json'))('./dist/src/index.js');

/** Every combination of one row of each table. */
function* combinations([first, ...others]) {
  if (first === undefined) return yield { names: [], make: () => [] };
  for (const [name, row] of Object.entries(first)) {
    for (const { names, make } of combinations(others)) {
      yield { names: [name, ...names], make: () => [row(), ...make()] };
    }
  }
}

function* calls() {
  for (const { method, of, apart = false } of METHODS) {
    const states = apart ? ['a fresh file'] : Object.keys(STATES);
    for (const { names, make } of combinations(of)) {
      for (const state of states) yield { method, names, make, state, apart };
    }
  }
}

/** Handles that are not closed: Node 20's can't be after a stream that was refused. */
const kept = [];

async function run(opener, path, { method, make, state }) {
  const file = await opener(path);
  await STATES[state](file);
  const outcome = await outcomeOf(file, method, make());
  if (outcome.throws === undefined) await file.close();
  else kept.push(file);
  return outcome;
}

/** The same by FileHandle in a process of its own, which it may end. */
function runApart(path, index) {
  const { signal, stdout } = spawnSync(process.execPath, [import.meta.filename, '--one', index, path], {
    encoding: 'utf8',
  });
  return signal === null ? JSON.parse(stdout) : { ends: signal };
}

const text = (value) => inspect(value, { breakLength: Infinity, depth: 5 });

function describe({ method, names, state }) {
  return `${method}(${names.join(', ')}), ${state}`;
}

async function differences(path) {
  const found = [];
  let total = 0;
  for (const call of calls()) {
    const ours = await run(open, path, call);
    const theirs = call.apart ? runApart(path, total) : await run(openNode, path, call);
    if (!isDeepStrictEqual(ours, theirs)) {
      found.push({ call, ours, theirs, rule: RULES.find(({ when }) => when(call, ours, theirs)) });
    }
    total++;
  }
  return { found, total };
}

/** One row per rule: what differs, why, how often, and a call that shows it. */
function tableOf({ found, total }) {
  const rows = RULES.map((rule) => {
    const of = found.filter((difference) => difference.rule === rule);
    const example = of[0] === undefined ? '' : `\`${describe(of[0].call).replaceAll('|', '\\|')}\``;
    return `| ${rule.what} | ${rule.why} | ${of.length} | ${example} |`;
  });
  const head = [`${total} calls, ${total - found.length} with the same outcome.`, ''];
  const table = ['| what differs | why | calls | for example |', '| --- | --- | --- | --- |', ...rows];
  return [BEGIN, '', '*Written by `node scripts/parity.mjs`.*', '', ...head, ...table, '', END].join('\n');
}

function problemsOf({ found }) {
  const unexplained = found.filter(({ rule }) => rule === undefined);
  const unused = RULES.filter((rule) => !found.some((difference) => difference.rule === rule));
  return [
    ...unexplained.map(({ call }) => `no reason is listed for ${describe(call)}`),
    ...unused.map(
      ({ what }) => `a reason without a difference; remove it from scripts/parity/rules.mjs: ${what}`,
    ),
  ];
}

function print({ found, total }) {
  for (const { call, ours, theirs, rule } of found) {
    console.log(`${describe(call)}: ${rule?.what ?? 'NO REASON'}`);
    console.log(`    ours    ${text(ours)}\n    theirs  ${text(theirs)}`);
  }
  console.log(`${total} calls, ${found.length} differences`);
}

async function main(check) {
  const directory = mkdtempSync(join(tmpdir(), 'overlapped-parity-'));
  const path = join(directory, 'file');
  const lines = Array.from({ length: SIZE }, (_, i) =>
    i % 50 === 49 ? '\n' : String.fromCharCode(33 + ((i * 7) % 90)),
  );
  writeFileSync(path, lines.join(''));
  const result = await differences(path);
  rmSync(directory, { recursive: true });

  const current = process.version.startsWith(PAGE_NODE);
  if (!check) print(result);
  if (!current) {
    console.log(`${PAGE} is about Node ${PAGE_NODE}x: nothing is checked or written by ${process.version}`);
    return 0;
  }
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has no ${BEGIN} ... ${END}`);
  const next = page.slice(0, begin) + tableOf(result) + page.slice(end + END.length);
  const problems = problemsOf(result);
  if (check && next !== page) problems.push(`${PAGE} is stale: node scripts/parity.mjs`);
  if (!check) writeFileSync(PAGE, next);
  for (const problem of problems) console.error(problem);
  if (check && problems.length === 0) {
    console.log(`${result.total} calls: each of ${result.found.length} differences has a listed reason`);
  }
  return problems.length === 0 ? 0 : 1;
}

async function one(index, path) {
  const call = [...calls()][index];
  console.log(JSON.stringify(await run(openNode, path, call)));
  return 0;
}

const [option, index, path] = process.argv.slice(2);
process.exit(option === '--one' ? await one(index, path) : await main(option === '--check'));
