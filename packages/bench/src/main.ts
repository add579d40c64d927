/** `pnpm bench`: measures this library beside Node's own ways and fio. */
import fs from 'node:fs';
import path from 'node:path';
import { describeBackends } from '@overlapped/core';
import { barChart } from './chart-data.js';
import { draw } from './charts.js';
import { GOALS_PLATFORM, judge, MOST_REPETITIONS, unsettledPeers, type Verdict } from './goals.js';
import { Interrupted, interruptible } from './interrupt.js';
import { losses } from './losses.js';
import { describeMachine, loadNow } from './machine.js';
import { commandOf, type Options, program, SUITES, suiteOf } from './options.js';
import { page } from './page.js';
import { ensurePatternFile } from './pattern.js';
import { assign, leftOutLines, select, type Selection } from './plan.js';
import { startLoggedProgress, startProgress } from './progress.js';
import { comparison, goalTable, lossTable, workloadTable } from './report.js';
import { type Machine, readResults, type Results, writeOutput } from './results.js';
import { countMeasurements, run, type RunPlan, type RunResult } from './runner.js';
import { formatSize } from './sizes.js';

/** Where a run that is told nothing else leaves its files. */
const OUTPUT = path.join(__dirname, '../../../../bench-results');
const SEED = 20080301;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function prepareFile(options: Options): Pick<RunPlan, 'file' | 'fileSize' | 'patterned'> {
  if (options.file !== undefined) {
    const file = path.resolve(options.file);
    const stat = fs.statSync(file);
    if (!stat.isFile()) throw new RangeError(`not a regular file: ${options.file}`);
    return { file, fileSize: stat.size, patterned: false };
  }
  const fileSize = options.size ?? SUITES[suiteOf(options)].bytes;
  const progress = startProgress(fileSize, `making a file of ${formatSize(fileSize)}`);
  const file = ensurePatternFile(fileSize, (bytes) => progress.update(bytes));
  progress.stop();
  return { file, fileSize, patterned: true };
}

function list({ workloads, peers }: Selection): void {
  for (const { name, title, suite } of workloads)
    say(`${name.padEnd(24)}${suite.join(' ').padEnd(20)}${title}`);
  say(`\n${peers.map(({ id }) => id).join('\n')}`);
}

/** Measures, with a bar or lines that say how far it is. Ends in order when somebody stops it. */
async function measure(plan: RunPlan): Promise<RunResult> {
  let total = countMeasurements(plan);
  const progress = startLoggedProgress(total);
  let step = 0;
  const onStep = (workload: string, peer: string, known: number): void => {
    total = known;
    progress.extend(total);
    progress.update(step++, workload, peer);
  };
  try {
    return await interruptible((signal) => run(plan, onStep, undefined, signal));
  } catch (error) {
    if (error instanceof Interrupted) {
      error.message += ` in measurement ${step} of ${total}, which was ended; nothing was written`;
    }
    throw error;
  } finally {
    progress.stop();
  }
}

/** Machine, backend and label, before anything is measured. */
function introduce(
  { platform, kernel, arch, cores, node, backends }: Machine,
  label: string | undefined,
): void {
  say(`${platform} ${kernel} ${arch}, ${cores} cores, Node.js ${node}, open() uses ${backends.chosen}`);
  if (label !== undefined) say(label);
}

async function perform(options: Options, selection: Selection): Promise<Results> {
  const date = new Date().toISOString();
  const source = prepareFile(options);
  const machine = describeMachine(source.file);
  introduce(machine, options.label);
  const { work, leftOut } = assign(selection, source.file);
  for (const line of leftOutLines(leftOut)) say(line);
  const repetitions = options.repetitions ?? SUITES[suiteOf(options)].repetitions;
  const settles = options.goals && options.repetitions === undefined;
  const plan: RunPlan = {
    ...source,
    quick: options.quick,
    repetitions,
    work,
    seed: SEED,
    ...(settles ? { unsettled: unsettledPeers } : {}),
  };
  const more = settles ? `, up to ${MOST_REPETITIONS} where they leave a goal open` : '';
  say(`${formatSize(plan.fileSize)}, ${repetitions} repetitions${more}; medians, and (min..max) of ratios`);
  const { results, failures, cacheKept } = await measure(plan);
  if (cacheKept !== undefined) say(`the file is cached as it was before: ${cacheKept}`);
  return {
    label: options.label,
    date,
    command: commandOf(options),
    machine,
    loadAfter: loadNow(),
    fileSize: plan.fileSize,
    patterned: plan.patterned,
    quick: plan.quick,
    repetitions,
    workloads: work.map(({ workload }) => ({ ...workload, repetitions: results.get(workload.name) ?? [] })),
    leftOut,
    failures,
  };
}

function print(results: Results, verdicts: readonly Verdict[]): void {
  for (const workload of results.workloads) say(`\n${workloadTable(workload)}`);
  const behind = losses(results.workloads, (_, index) => index === 0);
  const ours = behind.filter(({ backend }) => backend === results.machine.backends.chosen);
  if (ours.length > 0) say(`\n${lossTable(ours)}`);
  if (verdicts.length > 0) say(`\n${goalTable(verdicts)}`);
  for (const { workload, peer, repetition, message } of results.failures) {
    process.stderr.write(`FAILED ${workload} ${peer}, repetition ${repetition + 1}: ${message}\n`);
  }
}

async function write(options: Options, results: Results, verdicts: readonly Verdict[]): Promise<void> {
  const name = `${results.date.slice(0, 19).replaceAll(':', '-')}-${suiteOf(options)}.json`;
  const json = options.json ?? path.join(OUTPUT, name);
  writeOutput(json, `${JSON.stringify(results, null, 2)}\n`);
  const report = options.html ?? `${json.replace(/\.json$/, '')}.html`;
  writeOutput(report, await page(results, verdicts));
  say(`\nfigures: ${json}\nreport:  ${report}`);
  if (options.charts === undefined) return;
  for (const workload of results.workloads) {
    const chart = barChart(workload);
    if (chart.rows.length === 0) continue;
    writeOutput(path.join(options.charts, `${workload.name}.svg`), `${await draw(chart, 'file')}\n`);
  }
  say(`charts:  ${options.charts}`);
}

/** Elsewhere than where they were set, goals would judge the wrong thing; nor are those of what was not asked for judged. */
function verdictsOn(options: Options, results: Results): Verdict[] {
  if (process.platform !== GOALS_PLATFORM) return [];
  return judge(results).filter(({ status }) => options.goals || status !== 'not measured');
}

async function bench(options: Options): Promise<number> {
  const selection = select(options);
  if (options.list) {
    list(selection);
    return 0;
  }
  if (describeBackends().chosen === undefined) {
    throw new RangeError(
      'the backend that OVERLAPPED_BACKEND names is not available; see `overlapped doctor`',
    );
  }
  if (options.goals && process.platform !== GOALS_PLATFORM) {
    throw new RangeError(`the goals are for ${GOALS_PLATFORM}; leave out --goals to measure without them`);
  }
  const results = await perform(options, selection);
  const verdicts = verdictsOn(options, results);
  print(results, verdicts);
  await write(options, results, verdicts);
  const kept = !options.goals || verdicts.every(({ status }) => status === 'reached');
  return kept && results.failures.length === 0 ? 0 : 1;
}

function fail(error: unknown): void {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = error instanceof Interrupted ? error.exitCode : 2;
}

program({
  measure: (options) => bench(options).then((code) => void (process.exitCode = code), fail),
  compare: (a, b) => {
    try {
      say(comparison(readResults(a), readResults(b)));
    } catch (error) {
      fail(error);
    }
  },
}).parse();
