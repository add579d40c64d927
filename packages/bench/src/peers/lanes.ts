/** The lanes of a random workload: `depth` buffers, each with one read in flight. */
import type { Job } from '../job.js';
import { Verifier } from '../verifier.js';

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

/** One way to read positions. */
export interface Reader {
  /** Memory that this reader's reads may go to. */
  allocate(bytes: number): Buffer;
  /** Reads `lanes.positions` from `from` to `to`, exclusive, with a read in flight on every lane. */
  run(lanes: Lanes, from: number, to: number): Promise<void>;
  close(): Promise<void>;
}

/** `run` for whatever gives a promise: a loop per lane. */
export async function runPromiseLanes<T>(
  lanes: Lanes,
  from: number,
  to: number,
  read: (buffer: Buffer, position: number) => Promise<T>,
  bytesOf: (result: T) => number,
): Promise<void> {
  const { positions, buffers } = lanes;
  let next = from;
  const run = async (lane: number): Promise<void> => {
    const buffer = buffers[lane] as Buffer;
    while (next < to) {
      const position = positions[next++] as number;
      lanes.done(lane, bytesOf(await read(buffer, position)), position);
    }
  };
  await Promise.all(buffers.map((_, lane) => run(lane)));
}
