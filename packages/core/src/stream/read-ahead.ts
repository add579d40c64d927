/** The reads ahead of a stream: a few chunks under way, handed out in order. */
import { advance } from '../file/ranges.js';
import type { BoundHandle } from '../overlapped/index.js';
import { Lane } from './lane.js';

/** What is to be read, checked: blocks of `size` bytes from `first` on, of which `skip` and the end are cut. */
export interface Plan {
  readonly first: number | bigint;
  readonly skip: number;
  /** Bytes from `first` to the end. Beyond 2^53 it is not exact, and nobody comes to that end. */
  readonly bytes: number;
  readonly size: number;
  /** Reads in flight once the first chunk was whole. */
  readonly depth: number;
  /** Given to every read. */
  readonly signal: AbortSignal | undefined;
}

/** Where chunks' memory comes from, and where it goes when the consumer is through with it. */
export interface ChunkMemory<T extends Uint8Array<ArrayBuffer>> {
  /** @returns `length` bytes or more, at most the chunk size */
  take(length: number): T;
  done(memory: T): void;
}

/** A file's chunks, one after the other. */
export interface ChunkReader<T extends Uint8Array<ArrayBuffer>> {
  /** The next chunk; undefined behind the last one. Not to be called again before it has settled. */
  next(): Promise<T | undefined>;
  /** Asks for the reads in flight to be given up: what they come to is nobody's any more. */
  cancel(): void;
  /** Reads no more, and resolves when no read is in flight. Idempotent. */
  end(): Promise<void>;
}

export class ReadAhead<T extends Uint8Array<ArrayBuffer>> implements ChunkReader<T> {
  /** A ring: reads under way, and chunks that nobody has asked for, in order. */
  private readonly lanes: (Lane<T> | undefined)[];
  private oldest = 0;
  private count = 0;
  /** The lane whose chunk the consumer has, or waits for. */
  private current: Lane<T> | undefined;
  /** Where the next read begins, and how many bytes are to be read from there on. */
  private ahead: number | bigint;
  private left: number;
  /** The first chunk was whole. Most files are small: before it is there nothing else is read. */
  private isAhead = false;
  /** There is nothing behind the current chunk. */
  private atEnd = false;
  private step: Promise<unknown> | undefined;
  private drained: Promise<void> | undefined;

  constructor(
    private readonly bound: BoundHandle,
    private readonly plan: Plan,
    private readonly memory: ChunkMemory<T>,
  ) {
    this.ahead = plan.first;
    this.left = plan.bytes;
    this.lanes = new Array<Lane<T> | undefined>(plan.depth).fill(undefined);
  }

  next(): Promise<T | undefined> {
    const step = this.read();
    this.step = step;
    return step;
  }

  cancel(): void {
    this.current?.cancel();
    for (const lane of this.lanes) lane?.cancel();
  }

  end(): Promise<void> {
    return this.drained ?? this.stop();
  }

  private async stop(): Promise<void> {
    this.atEnd = true;
    await this.step?.catch(ignore); // whoever asked for it hears of it
    await this.drain();
  }

  private async read(): Promise<T | undefined> {
    if (!this.atEnd) {
      if (this.current !== undefined) this.memory.done(this.current.memory);
      this.begin(); // a chunk that is used up makes room for one
      const lane = (this.current = this.takeOldest());
      if (lane !== undefined) {
        if (!lane.hasEnded) await lane.end();
        const chunk = this.chunkOf(lane);
        if (chunk !== undefined) return chunk;
      }
    }
    await this.drain();
    return undefined;
  }

  /** Begins to read the next chunk, if there is one. */
  private begin(): void {
    if (this.left <= 0) return;
    const { size, depth } = this.plan;
    const { bound, ahead: position } = this;
    const wanted = Math.min(size, this.left) | 0; // a small integer, whatever `left` is: V8 knows the others apart
    // A direct read takes whole blocks past the end.
    const length = bound.handle.file.direct ? size : wanted;
    const lane = new Lane(bound, this.memory.take(length), position, length, wanted, this.plan.signal);
    this.lanes[(this.oldest + this.count++) % depth] = lane;
    this.ahead = advance(position, length);
    this.left -= wanted;
    lane.begin();
  }

  private takeOldest(): Lane<T> | undefined {
    if (this.count === 0) return undefined;
    const lane = this.lanes[this.oldest];
    this.lanes[this.oldest] = undefined;
    this.oldest = (this.oldest + 1) % this.lanes.length;
    this.count--;
    return lane;
  }

  /** What a lane that has ended came to. @throws what its read failed with */
  private chunkOf(lane: Lane<T>): T | undefined {
    const { memory, position, length, wanted } = lane;
    const filled = lane.take();
    const { first, skip, depth } = this.plan;
    if (filled < length) {
      this.atEnd = true;
    } else if (!this.isAhead && !this.atEnd) {
      this.isAhead = true;
      for (let i = 1; i < depth; i++) this.begin();
    }
    const cut = position === first ? skip : 0;
    const bytes = Math.min(filled, wanted);
    if (cut === 0 && bytes === memory.length) return memory;
    return bytes > cut ? (memory.subarray(cut, bytes) as T) : undefined;
  }

  /** Memory in which a read is under way is not given up (R65). */
  private drain(): Promise<void> {
    this.drained ??= this.settle();
    return this.drained;
  }

  private async settle(): Promise<void> {
    const { lanes, current } = this;
    for (const lane of lanes) if (lane !== undefined && !lane.hasEnded) await lane.end();
    for (const lane of lanes) if (lane !== undefined) this.memory.done(lane.memory);
    if (current !== undefined) this.memory.done(current.memory);
  }
}

function ignore(): void {
  // See the comment at the call.
}
