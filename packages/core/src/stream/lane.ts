/** One chunk of a stream: its memory, and the reads that fill it. */
import { alignDown } from '../buffers/aligned.js';
import { invalidState } from '../errors.js';
import type { Abortable } from '../file/abort-group.js';
import type { ReadBatch } from '../file/pending-read.js';
import { advance } from '../file/ranges.js';
import { startTracedBatchRead } from '../file/traced-read.js';
import type { BoundHandle } from '../overlapped/index.js';
import { byteLengthOf } from '../validate.js';

export class Lane<T extends Uint8Array> implements ReadBatch {
  readonly together = false;
  /** No read is under way any more: {@link Lane.take} says what they came to. */
  hasEnded = false;
  /** Bytes that there are, and where the read under way began: on a block's edge before, in a direct file. */
  private filled = 0;
  private from = 0;
  private failure: Error | undefined = undefined;
  private read: Abortable | undefined = undefined;
  private isCancelled = false;
  private ended: Promise<void> | undefined = undefined;
  private resolve: (() => void) | undefined = undefined;

  constructor(
    private readonly bound: BoundHandle,
    readonly memory: T,
    readonly position: number | bigint,
    /** Bytes to read into `memory`. */
    readonly length: number,
    /** Of `length`, what is not behind the end. */
    readonly wanted: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  begin(): void {
    this.issue(this.memory, this.length, this.position);
  }

  /** Resolves when the lane has ended, however. */
  end(): Promise<void> {
    this.ended ??= new Promise((resolve) => (this.resolve = resolve));
    return this.ended;
  }

  /** @returns how many bytes there are: fewer than `length` only at the end of the file @throws what a read failed with */
  take(): number {
    if (this.failure !== undefined) throw this.failure;
    if (this.filled > 0 && byteLengthOf(this.memory) < this.length) throw lostMemory();
    return this.filled;
  }

  cancel(): void {
    this.isCancelled = true;
    this.read?.onAbort();
  }

  /** @internal How a read ended. Short ones are finished, so that chunks stay in step. */
  settle(_index: number, bytesRead: number, error: Error | undefined): void {
    this.read = undefined;
    const filled = this.from + bytesRead;
    const isShort = filled > this.filled && filled < this.length;
    if (filled > this.filled) this.filled = filled;
    this.failure = error;
    if (isShort && error === undefined && !this.isCancelled && byteLengthOf(this.memory) >= this.length) {
      this.from = this.bound.handle.file.direct ? alignDown(filled) : filled;
      const rest = this.memory.subarray(this.from, this.length);
      this.issue(rest, this.length - this.from, advance(this.position, this.from));
      return;
    }
    this.hasEnded = true;
    if (this.resolve !== undefined) this.resolve();
  }

  private issue(target: Uint8Array, length: number, position: number | bigint): void {
    const read = startTracedBatchRead(this, 0, this.bound, target, length, position, this.signal);
    if (!this.hasEnded) this.read = read; // one that could not begin has settled
  }
}

// Read ahead into memory that a consumer then transferred away with a chunk beside it: the bytes are gone.
function lostMemory(): Error {
  return invalidState('the memory of a chunk was transferred away; chunks are lent: copy what you keep');
}
