/** Tables for people. */
import Table from 'cli-table3';
import type { Verdict } from './goals.js';
import { METRICS, type MetricName } from './metrics.js';
import { type Metric, ratio, type Repetition, type Spread, summarize } from './statistics.js';
import type { Workload, WorkloadKind } from './workloads.js';

interface Figure {
  readonly metric: Metric;
  readonly title: string;
  readonly format: (value: number) => string;
  /** Smaller is better. */
  readonly lower?: true;
}

const OPS: Figure = {
  metric: 'opsPerSecond',
  title: 'reads/s',
  format: (value) => Math.round(value).toLocaleString('en'),
};
const FILES: Figure = { ...OPS, title: 'files/s' };
const BYTES: Figure = {
  metric: 'bytesPerSecond',
  title: 'GB/s',
  format: (value) => (value / 1e9).toFixed(2),
};
function metricFigure(metric: MetricName): Figure {
  const { title, unit, lower } = METRICS[metric];
  return { metric, title: `${title} [${unit}]`, format: (value) => value.toFixed(2), lower };
}
const DELAY = metricFigure('delayP99Ms');

const CPU_PER_READ: Figure = {
  metric: 'cpuPerOp',
  title: 'CPU µs/read',
  format: (value) => (value * 1e6).toFixed(2),
  lower: true,
};
/** Chunks differ in size from peer to peer, so streams count bytes. */
const CPU_PER_GB: Figure = {
  metric: 'cpuPerByte',
  title: 'CPU ms/GB',
  format: (value) => (value * 1e12).toFixed(0),
  lower: true,
};

/** No lines between rows. */
const LAYOUT = {
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  style: { head: [], border: [] },
};

/** What a kind of workload is judged by. */
export const FIGURES: Record<WorkloadKind, Figure> = {
  random: OPS,
  batch: OPS,
  stream: BYTES,
  loop: DELAY,
  files: FILES,
  latency: metricFigure('p99Us'),
  contended: metricFigure('busyP99Us'),
  busy: OPS,
  workers: OPS,
  memory: metricFigure('rssMiB'),
};

export function formatRatio(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

/** Three digits, so that what misses a target by a little does not look like it. */
function formatMeasured(value: number): string {
  return value.toFixed(3);
}

function formatSpread(spread: Spread | undefined, format = formatRatio): string {
  if (spread === undefined) return '';
  const { median, min, max } = spread;
  return `${format(median)} (${format(min)}..${format(max)})`;
}

/** Ids of the peers that have at least one sample, in the order of the first repetition. */
export function measuredPeers(repetitions: readonly Repetition[]): string[] {
  return [...new Set(repetitions.flatMap((samples) => Object.keys(samples)))];
}

/** One workload: a line for each peer, medians, and ratios to the baselines with their range. */
export function workloadTable(workload: Workload, repetitions: readonly Repetition[]): string {
  const peers = measuredPeers(repetitions);
  const figure = FIGURES[workload.kind];
  const cost = workload.kind === 'stream' ? CPU_PER_GB : CPU_PER_READ;
  const columns = workload.kind === 'loop' ? [figure, OPS, cost] : [figure, cost];
  const baselines = workload.baselines.filter((id) => peers.includes(id));
  const table = new Table({
    head: ['peer', ...columns.map(({ title }) => title), ...baselines.map((id) => `/ ${id}`)],
    colAligns: ['left', ...columns.map(() => 'right' as const), ...baselines.map(() => 'right' as const)],
    ...LAYOUT,
  });
  for (const peer of peers) {
    table.push([
      peer,
      ...columns.map(({ metric, format }) => {
        const value = summarize(repetitions, peer, metric);
        return value === undefined ? '' : format(value.median);
      }),
      ...baselines.map((id) =>
        id === peer ? '1' : formatSpread(ratio(repetitions, peer, id, figure.metric)),
      ),
    ]);
  }
  const hint = figure.lower === true ? ' (lower is better)' : '';
  return `${workload.name}: ${workload.title}${hint}\n${table.toString()}\n`;
}

/** The goals, each reached, missed or not measured. */
export function goalTable(verdicts: readonly Verdict[], backend: string): string {
  const table = new Table({ head: ['goal', 'target', 'measured', ''], ...LAYOUT });
  for (const { goal, status, measured } of verdicts) {
    table.push([
      `${goal.workload}: ${goal.way}`,
      `${goal.compare} ${goal.target} ${goal.unit}`,
      formatSpread(measured, formatMeasured),
      status,
    ]);
  }
  return `goals, judged on ${backend}\n${table.toString()}\n`;
}
