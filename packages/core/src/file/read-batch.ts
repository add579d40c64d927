/** Many reads, one promise: what `readMany` issues, without a promise and a closure for each range. */
import type { BoundHandle } from '../overlapped/index.js';
import { type ReadBatch, startBatchRead } from './pending-read.js';
import type { PlannedRanges } from './ranges.js';

/** Settles when every read has ended: with the bytes of each, or with the failure of the first one that failed. */
class Batch implements ReadBatch {
  readonly together = true;
  readonly ended: Promise<number[]>;
  private readonly bytes: number[];
  private remaining: number;
  private failure: Error | undefined;
  private failed = Infinity;
  private resolve!: (bytes: number[]) => void;
  private reject!: (reason: Error) => void;

  constructor(count: number) {
    this.bytes = new Array<number>(count).fill(0);
    this.remaining = count;
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    if (count === 0) this.resolve(this.bytes);
  }

  settle(index: number, bytesRead: number, error: Error | undefined): void {
    this.bytes[index] = bytesRead;
    if (error !== undefined && index < this.failed) {
      this.failed = index;
      this.failure = error;
    }
    if (--this.remaining > 0) return;
    if (this.failure === undefined) this.resolve(this.bytes);
    else this.reject(this.failure);
  }
}

/** Issues one read for each range, all in this job, so that they share one submission. @returns bytes of each */
export function readBatch(
  bound: BoundHandle,
  { positions, targets, lengths }: PlannedRanges,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const batch = new Batch(targets.length);
  for (let i = 0; i < targets.length; i++) {
    const position = positions[i] as number | bigint;
    startBatchRead(batch, i, bound, targets[i] as Uint8Array, lengths[i] as number, position, signal);
  }
  return batch.ended;
}
