/** Measures the two sides of a workload in turns. */
import { max, median, min } from 'simple-statistics';
import type { Run, Workload } from './workloads.js';

/** One run of one side. */
interface Sample {
  readonly milliseconds: number;
  /** User and system time of the process, with the kernel's workers for it. */
  readonly cpuMilliseconds: number;
  readonly result: number;
}

/** A ratio of each repetition, ours to theirs: the middle one, and the extremes. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Outcome {
  /** Medians. */
  readonly milliseconds: { readonly ours: number; readonly theirs: number };
  /** How many times faster the adapter is. */
  readonly speed: Spread;
  /** The adapter's CPU time, as a part of the other's. */
  readonly cpu: Spread;
}

async function sample(run: Run, path: string): Promise<Sample> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await run(path);
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { milliseconds, cpuMilliseconds: (user + system) / 1_000, result };
}

function spread(values: number[]): Spread {
  return { median: median(values), min: min(values), max: max(values) };
}

/**
 * One run of each side to warm up, then `repetitions` pairs. Which side is first changes from pair to pair.
 * @throws if the sides do not come to the same
 */
export async function measure(
  { name, ours, theirs }: Workload,
  path: string,
  repetitions: number,
): Promise<Outcome> {
  const pairs: { ours: Sample; theirs: Sample }[] = [];
  for (let i = 0; i <= repetitions; i++) {
    const first = await sample(i % 2 === 0 ? ours : theirs, path);
    const second = await sample(i % 2 === 0 ? theirs : ours, path);
    if (first.result !== second.result) {
      throw new Error(`${name}: the adapter and its peer differ: ${first.result} and ${second.result}`);
    }
    if (i > 0) pairs.push(i % 2 === 0 ? { ours: first, theirs: second } : { ours: second, theirs: first });
  }
  return {
    milliseconds: {
      ours: median(pairs.map((pair) => pair.ours.milliseconds)),
      theirs: median(pairs.map((pair) => pair.theirs.milliseconds)),
    },
    speed: spread(pairs.map((pair) => pair.theirs.milliseconds / pair.ours.milliseconds)),
    cpu: spread(pairs.map((pair) => pair.ours.cpuMilliseconds / pair.theirs.cpuMilliseconds)),
  };
}
