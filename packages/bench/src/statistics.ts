/** From raw repetitions to what the tables show: medians, and ratios of one repetition's peers. */
import { max, median, min } from 'simple-statistics';
import type { Sample } from './job.js';
import { METRICS, type MetricName } from './metrics.js';

/** What of a sample is compared. */
export type Metric = 'opsPerSecond' | 'bytesPerSecond' | 'cpuPerOp' | 'cpuPerByte' | MetricName;

/** One repetition: each peer's sample by its id. A peer whose measurement failed has none. */
export type Repetition = Readonly<Record<string, Sample>>;

/** Undefined where nothing was read, as by the control. */
function quotient(part: number, whole: number): number | undefined {
  return part === 0 || whole === 0 ? undefined : part / whole;
}

const RATES: Record<Exclude<Metric, MetricName>, (sample: Sample) => number | undefined> = {
  opsPerSecond: ({ ops, seconds }) => quotient(ops, seconds),
  bytesPerSecond: ({ bytes, seconds }) => quotient(bytes, seconds),
  // No CPU time at all is a figure: what was too short to be seen.
  cpuPerOp: ({ ops, cpuSeconds }) => (ops === 0 ? undefined : cpuSeconds / ops),
  cpuPerByte: ({ bytes, cpuSeconds }) => (bytes === 0 ? undefined : cpuSeconds / bytes),
};

function valueOf(sample: Sample, metric: Metric): number | undefined {
  return metric in METRICS
    ? sample.metrics?.[metric as MetricName]
    : RATES[metric as Exclude<Metric, MetricName>](sample);
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const copy = [...values];
  return { median: median(copy), min: min(copy), max: max(copy) };
}

/** `peer`'s figures over the repetitions; undefined if it has none. */
export function summarize(
  repetitions: readonly Repetition[],
  peer: string,
  metric: Metric,
): Spread | undefined {
  const values = repetitions.map((samples) => samples[peer] && valueOf(samples[peer], metric));
  return spread(values.filter((value) => value !== undefined));
}

/**
 * `peer` divided by `baseline`, repetition by repetition: what disturbed one disturbed the other too. Repetitions that
 * lack either are left out.
 */
export function ratio(
  repetitions: readonly Repetition[],
  peer: string,
  baseline: string,
  metric: Metric,
): Spread | undefined {
  const ratios = repetitions.flatMap((samples) => {
    const [ours, theirs] = [peer, baseline].map((id) => samples[id] && valueOf(samples[id], metric));
    return ours === undefined || theirs === undefined || theirs === 0 ? [] : [ours / theirs];
  });
  return spread(ratios);
}
