/** What the library promises in figures, and whether a run kept it. */
import { type Metric, ratio, type Repetition, type Spread, summarize } from './statistics.js';

export interface Goal {
  readonly workload: string;
  /** A way of this library; which backend it runs on is known when it is evaluated. */
  readonly way: string;
  readonly metric: Metric;
  /** Another peer's id: the goal is a ratio. Without one it is a figure of its own. */
  readonly baseline?: string;
  readonly compare: 'at least' | 'at most' | 'below';
  readonly target: number;
  readonly unit: string;
}

function rate(workload: string, way: string, target: number, baseline: string): Goal {
  const metric = workload === 'stream' ? 'bytesPerSecond' : 'opsPerSecond';
  return { workload, way, metric, baseline, compare: 'at least', target, unit: `x ${baseline}` };
}

/** The backend that the goals are for. */
export const GOALS_BACKEND = 'io_uring';

export const GOALS: readonly Goal[] = [
  rate('random-4k-d64', 'readAt', 8, 'FileHandle.read'),
  rate('random-4k-d64', 'readAt', 1.3, 'fs.read'),
  rate('random-4k-d64', 'readAt', 0.75, 'fio'),
  {
    workload: 'random-4k-d64',
    way: 'readAt',
    metric: 'cpuPerOp',
    baseline: 'readSync',
    compare: 'at most',
    target: 1.6,
    unit: 'x readSync (CPU)',
  },
  rate('random-4k-d1', 'readAt', 4, 'FileHandle.read'),
  rate('random-4k-d32-direct', 'readAt', 0.85, 'fio'),
  rate('stream', 'chunks', 4, 'fs.createReadStream'),
  rate('stream', 'chunks', 0.7, 'readSync'),
  {
    workload: 'loop-delay',
    way: 'readAt',
    metric: 'delayP99Ms',
    compare: 'below',
    target: 5,
    unit: 'ms (p99)',
  },
];

export interface Verdict {
  readonly goal: Goal;
  readonly status: 'reached' | 'missed' | 'not measured';
  readonly measured?: Spread;
}

const HOLDS: Record<Goal['compare'], (value: number, target: number) => boolean> = {
  'at least': (value, target) => value >= target,
  'at most': (value, target) => value <= target,
  below: (value, target) => value < target,
};

/** @param backend name of the library's backend that is judged: the one that `open()` chooses */
export function judge(
  results: ReadonlyMap<string, readonly Repetition[]>,
  backend: string,
  goals: readonly Goal[] = GOALS,
): Verdict[] {
  return goals.map((goal) => {
    const repetitions = results.get(goal.workload) ?? [];
    const peer = `${goal.way}@${backend}`;
    const measured =
      goal.baseline === undefined
        ? summarize(repetitions, peer, goal.metric)
        : ratio(repetitions, peer, goal.baseline, goal.metric);
    if (measured === undefined) return { goal, status: 'not measured' };
    const status = HOLDS[goal.compare](measured.median, goal.target) ? 'reached' : 'missed';
    return { goal, status, measured };
  });
}
