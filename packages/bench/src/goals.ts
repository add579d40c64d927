/** What the library promises in figures, and whether a run kept it. */
import { METRICS } from './metrics.js';
import type { Results } from './results.js';
import {
  isClear,
  type Metric,
  type Quantity,
  type Repetition,
  spread,
  type Spread,
  summarize,
  valuesOf,
} from './statistics.js';

export interface Goal {
  readonly workload: string;
  readonly measured: Quantity;
  /** The goal is a ratio to this. Without it, it is a figure of its own. */
  readonly baseline?: Quantity;
  readonly compare: 'at least' | 'at most';
  readonly target: number;
}

const HOLDS: Record<Goal['compare'], (value: number, target: number) => boolean> = {
  'at least': (value, target) => value >= target,
  'at most': (value, target) => value <= target,
};

/** Where the goals were set: medians of one run on a machine with 2 cores. Elsewhere they would judge the wrong thing. */
export const GOALS_PLATFORM = 'linux';

/** `peer` against others, each with the ratio that it has to reach. */
function rates(
  workload: string,
  metric: Metric,
  peer: string,
  targets: Readonly<Record<string, number>>,
): Goal[] {
  return Object.entries(targets).map(([baseline, target]) => ({
    workload,
    measured: { peer, metric },
    baseline: { peer: baseline, metric },
    compare: 'at least',
    target,
  }));
}

export const GOALS: readonly Goal[] = [
  ...rates('random-4k-d64', 'opsPerSecond', 'readAt@io_uring', {
    fio: 0.9,
    'FileHandle.read': 10,
    'fs.read': 1.5,
  }),
  {
    workload: 'random-4k-d64',
    measured: { peer: 'readAt@io_uring', metric: 'cpuPerOp' },
    baseline: { peer: 'readSync', metric: 'cpuPerOp' },
    compare: 'at most',
    target: 1.3,
  },
  ...rates('random-4k-d64', 'opsPerSecond', 'read@io_uring', { 'readAt@io_uring': 0.85 }),
  ...rates('random-4k-d1', 'opsPerSecond', 'readAt@io_uring', { 'FileHandle.read': 8, 'fs.read': 8 }),
  ...rates('random-4k-d32-direct', 'opsPerSecond', 'readAt@io_uring', { fio: 0.95, 'fs.read': 2 }),
  ...rates('random-4k-d64-direct', 'opsPerSecond', 'readAt@io_uring', { fio: 0.95, 'fs.read': 2 }),
  ...rates('random-64k-d64-cold', 'opsPerSecond', 'readAt@io_uring', { 'fs.read': 1.5 }),
  ...rates('stream', 'bytesPerSecond', 'chunks@io_uring', { readSync: 0.85, 'fs.createReadStream': 6 }),
  ...rates('stream', 'bytesPerSecond', 'createReadStream@io_uring', { 'fs.createReadStream': 2 }),
  ...rates('stream', 'bytesPerSecond', 'createReadStream-1m@io_uring', { 'fs.createReadStream-1m': 2 }),
  // Both into memory that is there; `readMany` without `into` makes it, too.
  ...rates('read-many-64', 'opsPerSecond', 'readMany-into@io_uring', { 'readAt@io_uring': 1.15 }),
  {
    workload: 'pool-full',
    measured: { peer: 'readAt@io_uring', metric: 'busyP99Us' },
    baseline: { peer: 'readAt@io_uring', metric: 'idleP99Us' },
    compare: 'at most',
    target: 3,
  },
  {
    workload: 'loop-delay',
    measured: { peer: 'readAt@io_uring', metric: 'delayP99Ms' },
    compare: 'at most',
    target: 2,
  },
  ...rates('random-4k-d64', 'opsPerSecond', 'readAt@node-fs', { 'fs.read': 0.95, 'FileHandle.read': 1.5 }),
  {
    workload: 'queued-memory',
    measured: { peer: 'readAt@io_uring', metric: 'rssMiB' },
    compare: 'at most',
    target: 100,
  },
];

/** Ids of the peers that the goals of `workload` name: what a run for the goals measures. */
export function peersOfGoals(workload: string, goals: readonly Goal[] = GOALS): string[] {
  const quantities = goals
    .filter((goal) => goal.workload === workload)
    .flatMap(({ measured, baseline }) => (baseline === undefined ? [measured] : [measured, baseline]));
  return [...new Set(quantities.map(({ peer }) => peer))];
}

/** More do not settle a goal that the machine is right at. */
export const MOST_REPETITIONS = 25;

/**
 * Ids of the peers to measure once more: those of goals whose repetitions chance could have put on their sides of the
 * target. None after {@link MOST_REPETITIONS}.
 */
export function unsettledPeers(
  workload: string,
  repetitions: readonly Repetition[],
  goals: readonly Goal[] = GOALS,
): string[] {
  if (repetitions.length >= MOST_REPETITIONS) return [];
  const open = goals.filter((goal) => {
    if (goal.workload !== workload) return false;
    const values = valuesOf(repetitions, goal.measured, goal.baseline);
    return values.length > 0 && !isSettled(goal, values);
  });
  return peersOfGoals(workload, open);
}

/** Whether the values are on one side of the target more often than chance would have it. */
function isSettled({ compare, target }: Goal, values: readonly number[]): boolean {
  const kept = values.filter((value) => HOLDS[compare](value, target)).length;
  return isClear(values.length, Math.max(kept, values.length - kept));
}

export interface Verdict {
  readonly goal: Goal;
  readonly status: 'reached' | 'missed' | 'not measured';
  /** Undefined: not measured. */
  readonly measured?: Spread;
  /** Of which it is the median. */
  readonly repetitions: number;
  /** Some are on the target's other side, and so many that chance could have it so. */
  readonly narrow: boolean;
  /** Why it was not measured. */
  readonly reason?: string;
}

/** What is judged: a part of {@link Results}. */
export type Judged = Pick<Results, 'workloads' | 'leftOut' | 'failures'>;

function whyMissing({ workload, measured, baseline }: Goal, results: Judged): string {
  const entry = results.workloads.find(({ name }) => name === workload);
  if (entry === undefined) return `${workload} was not run`;
  for (const quantity of [measured, baseline]) {
    if (quantity === undefined || summarize(entry.repetitions, quantity) !== undefined) continue;
    const isIt = (other: { workload: string; peer: string }): boolean =>
      other.workload === workload && other.peer === quantity.peer;
    const why = results.leftOut.find(isIt)?.reason ?? results.failures.find(isIt)?.message;
    return `${quantity.peer}: ${why ?? `it was not run, or gave no ${quantity.metric}`}`;
  }
  return 'no repetition has both sides';
}

/** One verdict for each goal. */
export function judge(results: Judged, goals: readonly Goal[] = GOALS): Verdict[] {
  return goals.map((goal) => {
    const repetitions = results.workloads.find(({ name }) => name === goal.workload)?.repetitions ?? [];
    const values = valuesOf(repetitions, goal.measured, goal.baseline);
    const measured = spread(values);
    const counted = { goal, repetitions: values.length };
    if (measured === undefined)
      return { ...counted, status: 'not measured', narrow: false, reason: whyMissing(goal, results) };
    const holds = (value: number): boolean => HOLDS[goal.compare](value, goal.target);
    const narrow = holds(measured.min) !== holds(measured.max) && !isSettled(goal, values);
    return { ...counted, status: holds(measured.median) ? 'reached' : 'missed', narrow, measured };
  });
}

/** How a goal stands, as `missed narrowly`. */
export function goalStatus({ status, narrow }: Verdict): string {
  return narrow ? `${status} narrowly` : status;
}

/** A metric in words, as far as it is not the rate that goes without saying. */
const METRIC_TITLES: Partial<Record<Metric, string>> = {
  cpuPerOp: 'CPU per read',
  ...Object.fromEntries(Object.entries(METRICS).map(([metric, { title }]) => [metric, title])),
};

/** What a goal is about, as `readAt@io_uring, CPU per read`. */
export function goalSubject({ measured: { peer, metric } }: Goal): string {
  const title = METRIC_TITLES[metric];
  return title === undefined ? peer : `${peer}, ${title}`;
}

/** What a goal asks for, as `≥ 0.9 x fio`. */
export function goalTarget({ measured, baseline, compare, target }: Goal): string {
  const sign = compare === 'at least' ? '≥' : '≤';
  if (baseline === undefined)
    return `${sign} ${target} ${METRICS[measured.metric as keyof typeof METRICS].unit}`;
  const other = baseline.peer === measured.peer ? METRIC_TITLES[baseline.metric] : baseline.peer;
  return `${sign} ${target} x ${other}`;
}

/** How well a goal is kept: 1 is just kept, 2 twice as well, whichever direction is better. */
export function margin({ compare, target }: Goal, value: number): number {
  return compare === 'at least' ? value / target : target / value;
}
