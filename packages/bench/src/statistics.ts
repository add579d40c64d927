/** From raw repetitions to what the tables show: medians, and ratios of one repetition's samples. */
import { binomialDistribution, max, median, min, sum } from 'simple-statistics';
import type { Sample } from './job.js';
import type { MetricName } from './metrics.js';

/** What of a sample is compared: its rates and costs, or one of the metrics that its kind of workload adds. */
export type Metric = keyof typeof DERIVED | MetricName;

/** One repetition: each peer's sample by its id. A peer whose measurement failed has none. */
export type Repetition = Readonly<Record<string, Sample>>;

/** A figure of one peer. */
export interface Quantity {
  readonly peer: string;
  readonly metric: Metric;
}

/** Undefined where nothing was read, as by the control. */
function quotient(part: number, whole: number): number | undefined {
  return part === 0 || whole === 0 ? undefined : part / whole;
}

const DERIVED = {
  opsPerSecond: ({ ops, seconds }: Sample) => quotient(ops, seconds),
  bytesPerSecond: ({ bytes, seconds }: Sample) => quotient(bytes, seconds),
  // No CPU time at all is a figure: what was too short to be seen.
  cpuPerOp: ({ ops, cpuSeconds }: Sample) => (ops === 0 ? undefined : cpuSeconds / ops),
  cpuPerByte: ({ bytes, cpuSeconds }: Sample) => (bytes === 0 ? undefined : cpuSeconds / bytes),
};

function isDerived(metric: Metric): metric is keyof typeof DERIVED {
  return metric in DERIVED;
}

function valueOf(samples: Repetition, { peer, metric }: Quantity): number | undefined {
  const sample = samples[peer];
  if (sample === undefined) return undefined;
  return isDerived(metric) ? DERIVED[metric](sample) : sample.metrics?.[metric];
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Undefined for no values. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const copy = [...values];
  return { median: median(copy), min: min(copy), max: max(copy) };
}

/**
 * One quantity, or what it is divided by another, repetition by repetition: what disturbed one disturbed the other too.
 * Repetitions that lack either are left out.
 */
export function valuesOf(
  repetitions: readonly Repetition[],
  quantity: Quantity,
  baseline?: Quantity,
): number[] {
  return repetitions.flatMap((samples) => {
    const [part, whole] = [valueOf(samples, quantity), baseline ? valueOf(samples, baseline) : 1];
    return part === undefined || whole === undefined || whole === 0 ? [] : [part / whole];
  });
}

/** A peer's figures over the repetitions; undefined if it has none. */
export function summarize(repetitions: readonly Repetition[], quantity: Quantity): Spread | undefined {
  return spread(valuesOf(repetitions, quantity));
}

/** One quantity divided by another, as {@link valuesOf} says; undefined if no repetition has both. */
export function ratio(
  repetitions: readonly Repetition[],
  quantity: Quantity,
  baseline: Quantity,
): Spread | undefined {
  return spread(valuesOf(repetitions, quantity, baseline));
}

/**
 * Whether so many of `tries` agree that a coin would do so in less than one of twenty times: the sign test, which asks
 * nothing of how values are distributed.
 */
export function isClear(tries: number, agreeing: number): boolean {
  // The library leaves out the last, least likely ones.
  const chances = binomialDistribution(tries, 0.5) as number[];
  return sum(chances.slice(agreeing)) < 0.05;
}

/** Ids of the peers that have at least one sample, in the order of the first repetition. */
export function measuredPeers(repetitions: readonly Repetition[]): string[] {
  return [...new Set(repetitions.flatMap((samples) => Object.keys(samples)))];
}
