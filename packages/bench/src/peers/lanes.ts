/** What all workloads of positioned reads share: buffers with one read in flight each, and ways to fill them. */
import { type Job, randomPositions, type Sample } from '../job.js';
import { Verifier } from '../verifier.js';
import { dropCache } from '../page-cache.js';
import { WARM_UP_PART } from './warm-up.js';

export class Lanes {
  readonly buffers: readonly Buffer[];
  readonly verifier: Verifier;
  /** Position of the last read of each lane. */
  private readonly last: Float64Array;
  private readonly blockSize: number;

  constructor(
    job: Job,
    readonly positions: Float64Array,
    allocate: (bytes: number) => Buffer,
  ) {
    const { depth, blockSize } = job.workload;
    this.blockSize = blockSize;
    // Zeroed, so that no page is touched for the first time in the timed part.
    this.buffers = Array.from({ length: depth }, () => allocate(blockSize).fill(0));
    this.last = new Float64Array(depth).fill(-1);
    this.verifier = new Verifier(job);
  }

  /** Every reader calls this for each read that ended. */
  done(lane: number, bytesRead: number, position: number): void {
    this.verifier.glance(this.buffers[lane] as Buffer, bytesRead, this.blockSize, position);
    this.last[lane] = position;
  }

  /** Compares every byte of what the lanes read last. Not for the timed part. */
  inspect(): void {
    for (const [lane, buffer] of this.buffers.entries()) {
      const position = this.last[lane] as number;
      if (position >= 0) this.verifier.inspect(buffer, position);
    }
  }
}

/** One way to read many positions at once. */
export interface BatchReader {
  /** Memory that this reader's reads may go to. */
  allocate(bytes: number): Buffer;
  /** Reads `lanes.positions` from `from` to `to`, exclusive, at most one for each lane, all at once. */
  batch(lanes: Lanes, from: number, to: number): Promise<void>;
  close(): Promise<void>;
}

/** One way to read positions, together or one by one. */
export interface Reader extends BatchReader {
  /** Reads `lanes.positions` from `from` to `to`, exclusive, with a read in flight on every lane. */
  run(lanes: Lanes, from: number, to: number): Promise<void>;
  /** Fills `buffer`. @returns bytes read; not in a promise if they are there already */
  read(buffer: Buffer, position: number): Promise<number> | number;
}

export type Open<R> = (job: Job) => Promise<R>;

/** The reader of whatever gives a promise of a result: `run` is a loop per lane, `batch` a Promise.all. */
export function promiseReader<T>(
  issue: (buffer: Buffer, position: number) => Promise<T>,
  bytesOf: (result: T) => number,
): Pick<Reader, 'run' | 'batch' | 'read'> {
  return {
    async run(lanes, from, to) {
      const { positions, buffers } = lanes;
      let next = from;
      const run = async (lane: number): Promise<void> => {
        const buffer = buffers[lane] as Buffer;
        while (next < to) {
          const position = positions[next++] as number;
          lanes.done(lane, bytesOf(await issue(buffer, position)), position);
        }
      };
      await Promise.all(buffers.map((_, lane) => run(lane)));
    },
    async batch(lanes, from, to) {
      const results = await Promise.all(
        lanes.buffers
          .slice(0, to - from)
          .map((buffer, lane) => issue(buffer, lanes.positions[from + lane] as number)),
      );
      for (const [lane, result] of results.entries()) {
        lanes.done(lane, bytesOf(result), lanes.positions[from + lane] as number);
      }
    },
    read: (buffer, position) => issue(buffer, position).then(bytesOf),
  };
}

/** Reads of the warm-up that are compared byte by byte: so many, or fewer that come to so many bytes. */
const INSPECTED_READS = 1_000;
const INSPECTED_BYTES = 64 << 20;

/**
 * Runs `body` on lanes that are warm, and checks what they read before and after. A cold workload's file is dropped from
 * the page cache just before `body`.
 * @param count positions to make
 * @param go how the warm-up reads
 */
export async function withLanes<R extends BatchReader>(
  job: Job,
  open: Open<R>,
  count: number,
  go: (reader: R, lanes: Lanes, from: number, to: number) => Promise<void>,
  body: (reader: R, lanes: Lanes) => Promise<Omit<Sample, 'verified'>>,
): Promise<Sample> {
  const { depth, cache, blockSize } = job.workload;
  const reader = await open(job);
  const lanes = new Lanes(job, randomPositions(job, count), (bytes) => reader.allocate(bytes));
  try {
    const inspected = Math.min(
      count,
      Math.max(depth, Math.min(INSPECTED_READS, INSPECTED_BYTES / blockSize)),
    );
    for (let from = 0; from < inspected; from += depth) {
      await go(reader, lanes, from, Math.min(from + depth, inspected));
      lanes.inspect();
    }
    await go(reader, lanes, 0, Math.ceil(count * WARM_UP_PART));
    if (cache === 'cold') dropCache(job.file);
    const sample = await body(reader, lanes);
    lanes.inspect();
    return { ...sample, verified: lanes.verifier.count };
  } finally {
    lanes.verifier.close();
    await reader.close();
  }
}
