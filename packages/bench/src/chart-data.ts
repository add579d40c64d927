/** What there is to draw, before it is drawn: each chart is a matrix, so that it can be a table as well. */
import { BYTES, CPU_PER_READ, type Figure, FIGURES, ofMetric, READS } from './figures.js';
import { METRICS, type MetricName } from './metrics.js';
import type { Measured } from './results.js';
import { formatSize } from './sizes.js';
import { measuredPeers, type Metric, type Spread, summarize } from './statistics.js';
import type { WorkloadKind } from './workloads.js';

export interface Row {
  readonly peer: string;
  /** By column; undefined where nothing was measured. */
  readonly values: readonly (Spread | undefined)[];
}

export interface Chart {
  readonly title: string;
  /** Of the values, with its unit. */
  readonly figure: Figure;
  /** `bars`: one value a peer. `lines`: over ordered columns. `dots`: several values of a peer on one line. */
  readonly form: 'bars' | 'lines' | 'dots';
  /** What the columns are, as `depth`; empty where there is one. */
  readonly columnTitle: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** A row for each peer; each column is a workload and one of its metrics. */
function matrix(columns: readonly { workload: Measured; metric: Metric }[]): Row[] {
  const peers = new Set(columns.flatMap(({ workload }) => measuredPeers(workload.repetitions)));
  return [...peers]
    .map((peer) => ({
      peer,
      values: columns.map(({ workload, metric }) => summarize(workload.repetitions, { peer, metric })),
    }))
    .filter(({ values }) => values.some((value) => value !== undefined));
}

/** One figure of one workload. */
export function barChart(workload: Measured, figure: Figure = FIGURES[workload.kind][0]): Chart {
  return {
    title: workload.title,
    figure,
    form: 'bars',
    columnTitle: '',
    columns: [figure.title],
    rows: matrix([{ workload, metric: figure.metric }]),
  };
}

/** How workloads that differ in one number alone become one chart. */
interface Sweep {
  readonly along: (workload: Measured) => number;
  readonly columnTitle: string;
  readonly column: (along: number) => string;
  readonly title: (first: Measured) => string;
  /** Workloads with the same key belong together. */
  readonly key: (workload: Measured) => number;
}

const BY_DEPTH: Sweep = {
  along: ({ depth }) => depth,
  columnTitle: 'reads in flight',
  column: String,
  title: ({ blockSize }) => `${formatSize(blockSize)} reads`,
  key: ({ blockSize }) => blockSize,
};

const BY_SIZE: Sweep = {
  along: ({ blockSize }) => blockSize,
  columnTitle: 'bytes of a read',
  column: formatSize,
  title: ({ depth }) => `depth ${depth}`,
  key: ({ depth }) => depth,
};

const BY_RANGES: Sweep = { ...BY_DEPTH, columnTitle: 'ranges a call' };

/** A chart for each key that has several workloads; those that stand alone are left out, or become bars. */
function sweepCharts(
  workloads: readonly Measured[],
  figure: Figure,
  sweep: Sweep,
  single: 'bars' | 'left out',
): Chart[] {
  const keys = [...new Set(workloads.map(sweep.key))].sort((a, b) => a - b);
  return keys.flatMap((key): Chart[] => {
    const group = workloads
      .filter((workload) => sweep.key(workload) === key)
      .sort((a, b) => sweep.along(a) - sweep.along(b));
    const [first] = group;
    if (first === undefined) return [];
    if (group.length === 1) return single === 'bars' ? [barChart(first, figure)] : [];
    return [
      {
        title: sweep.title(first),
        figure,
        form: 'lines',
        columnTitle: sweep.columnTitle,
        columns: group.map((workload) => sweep.column(sweep.along(workload))),
        rows: matrix(group.map((workload) => ({ workload, metric: figure.metric }))),
      },
    ];
  });
}

/** Several metrics of one unit, on one scale. */
function dotChart(workload: Measured, axis: string, metrics: readonly [MetricName, ...MetricName[]]): Chart {
  return {
    title: workload.title,
    figure: ofMetric(metrics[0], axis),
    form: 'dots',
    columnTitle: 'percentile',
    columns: metrics.map((metric) => METRICS[metric].title),
    rows: matrix(metrics.map((metric) => ({ workload, metric }))),
  };
}

export interface Section {
  readonly title: string;
  readonly text: string;
  readonly charts: (workloads: readonly Measured[]) => Chart[];
}

function ofKind(workloads: readonly Measured[], ...kinds: readonly WorkloadKind[]): readonly Measured[] {
  return workloads.filter(({ kind }) => kinds.includes(kind));
}

function cached(workloads: readonly Measured[]): readonly Measured[] {
  return ofKind(workloads, 'random').filter(({ cache }) => cache === 'cached');
}

/** Every workload is in one of them at least. */
export const SECTIONS: readonly Section[] = [
  {
    title: 'Throughput by depth',
    text: 'Random reads of a file in the page cache, by how many are in flight. readSync has one, whatever the depth.',
    charts: (workloads) => sweepCharts(cached(workloads), READS, BY_DEPTH, 'bars'),
  },
  {
    title: 'Processor time per read',
    text: 'The same reads: user and system time of the whole process, its thread pool and the kernel’s workers included.',
    charts: (workloads) => sweepCharts(cached(workloads), CPU_PER_READ, BY_DEPTH, 'bars'),
  },
  {
    title: 'Scaling with size',
    text: 'The same reads once more, in bytes, by how large a read is.',
    charts: (workloads) => sweepCharts(cached(workloads), BYTES, BY_SIZE, 'left out'),
  },
  {
    title: 'From the disk',
    text: 'Random reads past the page cache, and through a page cache that was dropped before.',
    charts: (workloads) =>
      ofKind(workloads, 'random')
        .filter(({ cache }) => cache !== 'cached')
        .map((workload) => barChart(workload)),
  },
  {
    title: 'Latency at a fixed rate',
    text: 'From when a read was due to its completion, on a logarithmic scale: a reader that falls behind is charged for it.',
    charts: (workloads) =>
      ofKind(workloads, 'latency').map((workload) =>
        dotChart(workload, 'latency', ['p50Us', 'p99Us', 'p999Us']),
      ),
  },
  {
    title: 'Streams',
    text: 'The whole file in order.',
    charts: (workloads) => ofKind(workloads, 'stream').map((workload) => barChart(workload)),
  },
  {
    title: 'Many ranges a call',
    text: 'Ranges of one file, by how many a call has; peers without such a call make as many single ones.',
    charts: (workloads) => sweepCharts(ofKind(workloads, 'batch'), READS, BY_RANGES, 'bars'),
  },
  {
    title: 'While the thread pool computes',
    text: 'Latency of single reads, with nothing else to do and with every thread of the pool at work; logarithmic.',
    charts: (workloads) =>
      ofKind(workloads, 'contended').map((workload) =>
        dotChart(workload, 'latency', ['idleP50Us', 'idleP99Us', 'busyP50Us', 'busyP99Us']),
      ),
  },
  {
    title: 'The event loop',
    text: 'How late a timer of 1 ms fires while reads are queued; logarithmic. no-reads shows the machine’s own share.',
    charts: (workloads) =>
      ofKind(workloads, 'loop').map((workload) =>
        dotChart(workload, 'delay', ['delayP50Ms', 'delayP99Ms', 'delayMaxMs']),
      ),
  },
  {
    title: 'Small files, busy programs, threads and memory',
    text: 'One chart for each.',
    charts: (workloads) =>
      ofKind(workloads, 'files', 'busy', 'workers', 'memory').map((workload) => barChart(workload)),
  },
];
