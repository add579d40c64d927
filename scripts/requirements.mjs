// Which requirement is shown by which tests, from the titles of the last mocha run ([R12] in a title names one).
//   node scripts/requirements.mjs            fails if a requirement that applies here has no passing test, or if the
//                                            table in docs/contract.md is out of date
//   node scripts/requirements.mjs --write    writes the table
//   node scripts/requirements.mjs --list [R12 ...]   prints tests, and the backends that passed them
//   RUN_NAME names another run than this platform's
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

const DOCUMENT = 'docs/contract.md';
const BEGIN = '<!-- requirements:begin -->';
const END = '<!-- requirements:end -->';
const PLATFORMS = { win32: ['win', 'windows'], linux: ['linux', 'linux'], darwin: ['mac', 'mac'] };
const [platformRun, platform] = PLATFORMS[process.platform] ?? [process.platform, process.platform];

const fromConformance = createRequire(join(process.cwd(), 'packages/conformance/package.json'));
const { REQUIREMENT_CHAPTERS, REQUIREMENTS } = fromConformance('./dist/src/index.js');

/** The run's tests: which requirements, which suite, which backend, how it ended. */
function testsOf(run) {
  const file = `.cache/test-titles/${run}.json`;
  if (!existsSync(file)) return undefined;
  const entries = JSON.parse(readFileSync(file, 'utf8'));
  // An oracle is somebody else's code, run to check the suite: that it passes says nothing of ours.
  const ours = entries.filter(([path]) => !path[0].startsWith('oracle '));
  return ours.map(([path, state]) => {
    const backend = path.find((part) => part.startsWith('backend '))?.slice('backend '.length);
    const suites = path.slice(0, -1).filter((part) => !part.startsWith('backend '));
    const title = path.at(-1);
    const ids = [...new Set(title.match(/\[R\d+\]/g) ?? [])].map((tag) => tag.slice(1, -1));
    return { ids, backend: backend ?? 'no backend', family: suites[0] ?? title, title, state };
  });
}

function byRequirement(tests) {
  const map = new Map(REQUIREMENTS.map(({ id }) => [id, []]));
  for (const test of tests) {
    for (const id of test.ids) {
      if (!map.has(id)) throw new Error(`no such requirement: [${id}] in "${test.title}"`);
      map.get(id).push(test);
    }
  }
  return map;
}

/** Names of suites only: neither timings nor backends, so it is the same everywhere. */
function tableOf(shown) {
  const lines = [BEGIN, '', '*Written by `node scripts/requirements.mjs --write`.*', ''];
  for (const { title, requirements } of REQUIREMENT_CHAPTERS) {
    lines.push(`### ${title}`, '', '| | statement | shown by |', '| --- | --- | --- |');
    for (const { id, statement, appliesTo } of requirements) {
      const families = [...new Set(shown.get(id).map(({ family }) => family))].sort();
      const elsewhere = appliesTo === 'windows' ? ['the Windows tests'] : [];
      const where = appliesTo === 'all' ? '' : ` *(${appliesTo === 'windows' ? 'Windows' : 'Linux'})*`;
      lines.push(`| ${id} | ${statement}${where} | ${[...families, ...elsewhere].join('; ')} |`);
    }
    lines.push('');
  }
  lines.push(END);
  return lines.join('\n');
}

function list(shown, ids) {
  for (const { id, statement } of REQUIREMENTS) {
    if (ids.length > 0 && !ids.includes(id)) continue;
    console.log(`${id} ${statement}`);
    const rows = new Map();
    for (const { family, title, backend, state } of shown.get(id)) {
      const row = `${family}: ${title.replace(/\[R\d+\] /g, '')}`;
      rows.set(row, [...(rows.get(row) ?? []), state === 'passed' ? backend : `${backend} ${state}`]);
    }
    for (const [row, backends] of rows) console.log(`  ${row}\n      ${backends.join(', ')}`);
  }
}

/** @returns what is wrong, one line each */
function check(shown, run) {
  const problems = [];
  for (const { id, statement, appliesTo } of REQUIREMENTS) {
    if (appliesTo !== 'all' && appliesTo !== platform) continue;
    const tests = shown.get(id);
    if (tests.some(({ state }) => state === 'passed')) continue;
    const skipped = tests.some(({ state }) => state === 'skipped') ? ', only skipped ones' : '';
    problems.push(`${id} has no passing test in the run "${run}"${skipped}: ${statement}`);
  }
  return problems;
}

function updated(table) {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no ${BEGIN} ... ${END}`);
  return { text, next: text.slice(0, begin) + table + text.slice(end + END.length) };
}

const args = process.argv.slice(2);
const run = process.env.RUN_NAME ?? platformRun;
const tests = testsOf(run);
if (tests === undefined) {
  console.error(`there is no run "${run}": run mocha first`);
  process.exit(1);
}
const shown = byRequirement(tests);

if (args.includes('--list')) {
  list(
    shown,
    args.filter((arg) => arg.startsWith('R')),
  );
  process.exit(0);
}

const problems = check(shown, run);
// Other systems register other suites, so one of them has to be the table's: Linux, which has all that can be shared.
if (platform === 'linux') {
  const { text, next } = updated(tableOf(shown));
  if (args.includes('--write')) writeFileSync(DOCUMENT, next);
  else if (next !== text)
    problems.push(`the table in ${DOCUMENT} is out of date: node scripts/requirements.mjs --write`);
}
for (const problem of problems) console.error(problem);
const applying = REQUIREMENTS.filter(({ appliesTo }) => appliesTo === 'all' || appliesTo === platform).length;
if (problems.length === 0)
  console.log(`each of the ${applying} requirements that apply on ${platform} has a passing test`);

const windows = platform === 'windows' ? undefined : testsOf('win');
if (windows !== undefined) {
  const there = byRequirement(windows);
  for (const { id, appliesTo } of REQUIREMENTS) {
    if (appliesTo !== 'windows') continue;
    const passed = there.get(id).filter(({ state }) => state === 'passed');
    console.log(
      `${id} in the Windows run: ${passed.map(({ title }) => title).join('; ') || 'no passing test'}`,
    );
  }
}
process.exit(problems.length === 0 ? 0 : 1);
