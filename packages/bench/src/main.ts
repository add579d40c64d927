/** `pnpm bench`: measures this library beside Node's own ways and fio. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { chart } from './charts.js';
import { GOALS, GOALS_BACKEND, judge } from './goals.js';
import { describeMachine } from './machine.js';
import { ensurePatternFile, warm } from './pattern.js';
import { type Peer, peersFor, refusal, workingBackends } from './peers/index.js';
import { startProgress } from './progress.js';
import { goalTable, workloadTable } from './report.js';
import { countMeasurements, run, type RunPlan, type RunResult } from './runner.js';
import { formatSize, parseSize } from './sizes.js';
import { type Workload, WORKLOADS } from './workloads.js';

interface Options {
  readonly file?: string;
  readonly size?: number;
  readonly quick: boolean;
  readonly workload?: readonly string[];
  readonly peer?: readonly string[];
  readonly repetitions?: number;
  readonly json?: string;
  readonly charts?: string;
  readonly label?: string;
  readonly list: boolean;
}

const FULL = { bytes: 2 ** 30, repetitions: 5 };
const QUICK = { bytes: 2 ** 28, repetitions: 3 };
const SEED = 20080301;

function sizeArgument(text: string): number {
  try {
    return parseSize(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function countArgument(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It is 1 or more.');
  return count;
}

function program(): Command {
  return new Command('bench')
    .description(
      'Measures reads of this library beside node:fs and fio, interleaved, each in its own process.',
    )
    .option('--file <path>', 'read this file instead of one that the benchmark makes')
    .option(
      '--size <bytes>',
      'size of the file to make: 256M, 1G (default 1G, with --quick 256M)',
      sizeArgument,
    )
    .option('--quick', 'a fifth of the work, 3 repetitions', false)
    .option('--workload <names...>', 'only these workloads (see --list); a beginning of the name will do')
    .option('--peer <names...>', 'only these peers (see --list); `readAt` means on every backend')
    .option('--repetitions <count>', 'default 5, with --quick 3', countArgument)
    .option('--json <path>', 'write machine, medians and all raw repetitions there')
    .option('--charts <dir>', 'write a bar chart of each workload there, as SVG (default: beside the JSON)')
    .option('--label <text>', 'a remark on the run, printed above its figures and kept in the JSON')
    .option('--list', 'print workloads and peers, and stop', false);
}

/** The entries that `names` select. @throws if a name selects none */
function select<T>(
  entries: readonly T[],
  names: readonly string[] | undefined,
  matches: (entry: T, name: string) => boolean,
  what: string,
): T[] {
  for (const name of names ?? []) {
    if (!entries.some((entry) => matches(entry, name))) {
      throw new RangeError(`there is no ${what} '${name}'; see --list`);
    }
  }
  return entries.filter((entry) => names === undefined || names.some((name) => matches(entry, name)));
}

function selectPeers(backends: readonly string[], names: readonly string[] | undefined): Peer[] {
  return select(
    peersFor(backends),
    names,
    ({ id }, name) => id === name || id.startsWith(`${name}@`),
    'peer',
  );
}

/** Who does what on this file. Says who can't, and why. */
function assign(
  workloads: readonly Workload[],
  peers: readonly Peer[],
  file: string,
  say: (line: string) => void,
): RunPlan['work'] {
  return workloads.map((workload) => {
    const able = peers.filter((peer) => {
      if (peer.measures[workload.kind] === undefined) return false;
      const reason = refusal(peer, workload, file);
      if (reason !== undefined) say(`${workload.name}: ${peer.id} is left out: ${reason}`);
      return reason === undefined;
    });
    return { workload, peers: able.map(({ id }) => id) };
  });
}

function prepareFile(options: Options): Pick<RunPlan, 'file' | 'fileSize' | 'patterned'> {
  if (options.file !== undefined) {
    const file = path.resolve(options.file);
    const stat = fs.statSync(file);
    if (!stat.isFile()) throw new RangeError(`not a regular file: ${options.file}`);
    warm(file);
    return { file, fileSize: stat.size, patterned: false };
  }
  const fileSize = options.size ?? (options.quick ? QUICK : FULL).bytes;
  const progress = startProgress(fileSize, `making a file of ${formatSize(fileSize)}`);
  const file = ensurePatternFile(fileSize, (bytes) => progress.update(bytes));
  progress.stop();
  warm(file);
  return { file, fileSize, patterned: true };
}

function writeFile(file: string, content: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}

async function present(
  options: Options,
  plan: RunPlan,
  { results, failures }: RunResult,
  backend: string,
  machine: ReturnType<typeof describeMachine>,
): Promise<void> {
  for (const { workload } of plan.work) {
    process.stdout.write(`\n${workloadTable(workload, results.get(workload.name) ?? [])}`);
  }
  // The goals were set for io_uring; elsewhere they would judge the wrong thing.
  const verdicts = backend === GOALS_BACKEND ? judge(results, backend, GOALS) : [];
  if (verdicts.length > 0) process.stdout.write(`\n${goalTable(verdicts, backend)}`);
  if (options.json !== undefined) {
    const { fileSize, patterned, quick, repetitions, work } = plan;
    const workloads = work.map(({ workload }) => ({
      ...workload,
      repetitions: results.get(workload.name) ?? [],
    }));
    const loadAfter = Math.round((os.loadavg()[0] ?? 0) * 100) / 100;
    const output = {
      label: options.label,
      machine,
      loadAfter,
      fileSize,
      patterned,
      quick,
      repetitions,
      workloads,
      goals: verdicts,
      failures,
    };
    writeFile(options.json, `${JSON.stringify(output, null, 2)}\n`);
  }
  const charts = options.charts ?? (options.json === undefined ? undefined : path.dirname(options.json));
  if (charts === undefined) return;
  for (const { workload } of plan.work) {
    const repetitions = results.get(workload.name) ?? [];
    if (repetitions.every((samples) => Object.keys(samples).length === 0)) continue;
    writeFile(path.join(charts, `${workload.name}.svg`), `${await chart(workload, repetitions)}\n`);
  }
}

async function bench(options: Options): Promise<number> {
  const backends = workingBackends();
  const workloads = select(
    WORKLOADS,
    options.workload,
    ({ name }, start) => name.startsWith(start),
    'workload',
  );
  const peers = selectPeers(backends, options.peer);
  if (options.list) {
    for (const { name, title } of workloads) process.stdout.write(`${name.padEnd(24)}${title}\n`);
    process.stdout.write(`\n${peers.map(({ id }) => id).join('\n')}\n`);
    return 0;
  }
  const machine = describeMachine();
  const chosen = machine.backends.chosen;
  if (chosen === undefined)
    throw new RangeError('the backend that OVERLAPPED_BACKEND names is not available');
  const { platform, arch, kernel, node, cores } = machine;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  say(`${platform} ${kernel} ${arch}, ${cores} cores, Node.js ${node}, open() uses ${chosen}`);
  if (options.label !== undefined) say(options.label);
  const source = prepareFile(options);
  const plan: RunPlan = {
    ...source,
    quick: options.quick,
    repetitions: options.repetitions ?? (options.quick ? QUICK : FULL).repetitions,
    work: assign(workloads, peers, source.file, say),
    seed: SEED,
  };
  say(`${formatSize(plan.fileSize)}, ${plan.repetitions} repetitions; medians, and (min..max) of ratios`);
  const progress = startProgress(countMeasurements(plan), '');
  let step = 0;
  const result = await run(plan, (workload, peer) => progress.update(step++, `${workload} ${peer}`));
  progress.stop();
  await present(options, plan, result, chosen, machine);
  for (const { workload, peer, repetition, message } of result.failures) {
    process.stderr.write(`FAILED ${workload} ${peer}, repetition ${repetition}: ${message}\n`);
  }
  return result.failures.length === 0 ? 0 : 1;
}

bench(program().parse().opts<Options>()).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 2;
  },
);
