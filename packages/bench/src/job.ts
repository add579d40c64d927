/** What a measurement is told, and what it says: the two sides of the child process. */
import type { Metrics } from './metrics.js';
import type { Workload } from './workloads.js';

export interface Job {
  readonly workload: Workload;
  /** Id of the peer. */
  readonly peer: string;
  readonly file: string;
  readonly fileSize: number;
  /** The file is a pattern file: every read can be checked. Else samples are compared with readSync's. */
  readonly patterned: boolean;
  /** Units of {@link Workload.amount}. */
  readonly amount: number;
  /** Seed of the positions: the same for all peers of a repetition. */
  readonly seed: number;
}

export interface Sample {
  /** Reads, or chunks of a stream. */
  readonly ops: number;
  readonly bytes: number;
  readonly seconds: number;
  /** User and system time of the whole process, its threads included, over the same time. */
  readonly cpuSeconds: number;
  /** Reads whose content was compared; 0 for fio, which has its own pattern. */
  readonly verified: number;
  /** What this kind of workload measures besides. */
  readonly metrics?: Metrics;
}

/** A random sequence that is the same everywhere: xorshift32. */
export function randomSequence(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * `count` positions of whole blocks in the file. Of a cold file no block is read twice: the second time it would be cached.
 * @throws if the file has no whole block, or a cold one too few
 */
export function randomPositions(job: Job, count: number): Float64Array {
  const { blockSize, cache } = job.workload;
  const blocks = Math.floor(job.fileSize / blockSize);
  if (blocks === 0) throw new Error(`the file is smaller than one read of ${blockSize} bytes: ${job.file}`);
  const next = randomSequence(job.seed);
  if (cache === 'cold') return distinctPositions(next, blocks, blockSize, count);
  return Float64Array.from({ length: count }, () => Math.floor(next() * blocks) * blockSize);
}

/** The first `count` of the shuffled blocks (Fisher and Yates). */
function distinctPositions(
  next: () => number,
  blocks: number,
  blockSize: number,
  count: number,
): Float64Array {
  if (blocks < count)
    throw new Error(`${count} cold reads need a file of ${count * blockSize} bytes or more`);
  const positions = Float64Array.from({ length: blocks }, (_, i) => i * blockSize);
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(next() * (blocks - i));
    [positions[i], positions[other]] = [positions[other] as number, positions[i] as number];
  }
  return positions.slice(0, count);
}

/** Wall clock and processor time from here to `stop`. */
export function startClock(): () => { seconds: number; cpuSeconds: number } {
  const cpu = process.cpuUsage();
  const started = process.hrtime.bigint();
  return () => {
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  };
}
