/** What each kind of workload is judged by, and how figures are written. */
import { METRICS, type MetricName } from './metrics.js';
import type { Metric, Spread } from './statistics.js';
import type { WorkloadKind } from './workloads.js';

export interface Figure {
  readonly metric: Metric;
  /** With its unit. */
  readonly title: string;
  readonly format: (value: number) => string;
  /** Units of the metric in one unit of the title. */
  readonly scale: number;
  /** Smaller is better. */
  readonly lower: boolean;
}

interface Writing {
  readonly scale?: number;
  readonly digits: number;
  readonly lower?: boolean;
}

function figure(metric: Metric, title: string, { scale = 1, digits, lower = false }: Writing): Figure {
  const style = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return { metric, title, scale, lower, format: (value) => (value / scale).toLocaleString('en', style) };
}

const DIGITS: Readonly<Record<(typeof METRICS)[MetricName]['unit'], number>> = { µs: 0, ms: 2, MiB: 0 };

/** @param title instead of the metric's own */
export function ofMetric(metric: MetricName, title: string = METRICS[metric].title): Figure {
  const { unit, lower } = METRICS[metric];
  return figure(metric, `${title} [${unit}]`, { digits: DIGITS[unit], lower });
}

export const READS = figure('opsPerSecond', 'reads/s', { digits: 0 });
const FILES = figure('opsPerSecond', 'files/s', { digits: 0 });
export const CPU_PER_READ = figure('cpuPerOp', 'CPU [µs/read]', { scale: 1e-6, digits: 2, lower: true });
const CPU_PER_FILE = figure('cpuPerOp', 'CPU [µs/file]', { scale: 1e-6, digits: 1, lower: true });
export const BYTES = figure('bytesPerSecond', 'GB/s', { scale: 1e9, digits: 2 });
/** Chunks differ in size from peer to peer, so streams count bytes. */
const CPU_PER_GB = figure('cpuPerByte', 'CPU [ms/GB]', { scale: 1e-12, digits: 0, lower: true });

/** The first figure is the one that peers are compared by. */
export const FIGURES: Readonly<Record<WorkloadKind, readonly [Figure, ...Figure[]]>> = {
  random: [READS, CPU_PER_READ],
  batch: [READS, CPU_PER_READ],
  stream: [BYTES, CPU_PER_GB],
  files: [FILES, CPU_PER_FILE],
  latency: [ofMetric('p99Us'), ofMetric('p50Us'), ofMetric('p999Us'), CPU_PER_READ],
  contended: [ofMetric('busyP99Us'), ofMetric('idleP99Us'), ofMetric('busyP50Us'), ofMetric('idleP50Us')],
  busy: [READS, CPU_PER_READ],
  workers: [READS, CPU_PER_READ],
  loop: [ofMetric('delayP99Ms'), ofMetric('delayP50Ms'), ofMetric('delayMaxMs'), READS, CPU_PER_READ],
  memory: [ofMetric('rssMiB'), READS, CPU_PER_READ],
};

/** Three digits, so that what misses a target by a little does not look like it. */
export function formatMeasured(value: number): string {
  return value.toFixed(value < 100 ? 3 : 1);
}

export function formatRatio(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

/** `median (min..max)`; empty where nothing was measured. */
export function formatSpread(
  spread: Spread | undefined,
  format: (value: number) => string = formatRatio,
): string {
  if (spread === undefined) return '';
  const { median, min, max } = spread;
  return `${format(median)} (${format(min)}..${format(max)})`;
}
