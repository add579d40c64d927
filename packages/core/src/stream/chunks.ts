/** `chunks()`: a file in order, read ahead, into memory that is used again and again. */
import type { Backend } from '../backend.js';
import { alignDown, ALIGNMENT } from '../buffers/aligned.js';
import { freshForRead, keepFreedMemory } from '../buffers/fresh.js';
import { type BufferPool, poolOf } from '../buffers/pool.js';
import { invalidState, outOfRange } from '../errors.js';
import { startTracedRead } from '../file/pending-read.js';
import { advance, checkRange, finishFill } from '../file/ranges.js';
import type { BoundHandle } from '../overlapped/index.js';
import { checkPosition, checkSignal, integerInRange, MAX_POSITION } from '../validate.js';

/** What {@link OverlappedFile.chunks} reads, and how far ahead. */
export interface ChunksOptions {
  /** First byte; default 0. */
  readonly start?: number | bigint | undefined;
  /** First byte that is not read, as in `slice`; default: the end of the file. */
  readonly end?: number | bigint | undefined;
  /** Bytes of a chunk, 1 to 2^30; default 256 KiB. The last chunk may be shorter. */
  readonly chunkSize?: number | undefined;
  /** Reads in flight once the first chunk was whole, 1 to 1024; default 4. */
  readonly depth?: number | undefined;
  /** Aborts: at once if it has fired, else as soon as the system lets go of the buffer (R66-R68). */
  readonly signal?: AbortSignal | undefined;
}

export const DEFAULT_CHUNK_BYTES = 256 << 10;
export const DEFAULT_DEPTH = 4;
export const MAX_CHUNK_BYTES = 1 << 30;
export const MAX_DEPTH = 1024;

/** What is to be read, checked: blocks of `size` bytes from `first` on, of which `skip` and the end are cut. */
interface Plan {
  readonly first: number | bigint;
  readonly skip: number;
  /** Bytes from `first` to the end. Beyond 2^53 it is not exact, and nobody comes to that end. */
  readonly bytes: number;
  readonly size: number;
  readonly depth: number;
}

function plan(bound: BoundHandle, options: ChunksOptions): Plan {
  checkSignal(options.signal);
  const start = checkPosition(options.start ?? 0, 0);
  const end = BigInt(checkPosition(options.end ?? MAX_POSITION, 0));
  if (end < BigInt(start)) throw outOfRange('end', `>= start (${start})`, options.end as number | bigint);
  const size = integerInRange(options.chunkSize ?? DEFAULT_CHUNK_BYTES, 'chunkSize', 1, MAX_CHUNK_BYTES);
  const depth = integerInRange(options.depth ?? DEFAULT_DEPTH, 'depth', 1, MAX_DEPTH);
  const bytes = Number(end - BigInt(start));
  if (!bound.handle.file.direct) return { first: start, skip: 0, bytes, size, depth };
  // Direct reads go by whole blocks: begin on one, and cut what was not asked for.
  const skip = Number(BigInt(start) % BigInt(ALIGNMENT));
  const blocks = Math.max(ALIGNMENT, alignDown(size));
  return { first: advance(start, -skip), skip, bytes: skip + bytes, size: blocks, depth };
}

/** A chunk's memory, and the read that fills it. */
interface Lane {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly position: number | bigint;
  readonly length: number;
  /** Of `length`, what is not behind the end. */
  readonly wanted: number;
  readonly read: Promise<number>;
}

/** Where chunks' memory comes from, and where it goes when the consumer is through with it. */
interface ChunkMemory {
  /** @returns `length` bytes or more, at most the chunk size */
  take(length: number): Uint8Array<ArrayBuffer>;
  done(memory: Uint8Array<ArrayBuffer>): void;
}

/** A file's chunks, one after the other. */
export interface ChunkReader {
  /** The next chunk; undefined behind the last one. Not to be called again before it has settled. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Reads no more, and resolves when no read is in flight. Idempotent. */
  end(): Promise<void>;
}

/** The file's chunks, each lent until the next step. Leaving early leaves no read in flight. */
export async function* chunks(
  bound: BoundHandle,
  options: ChunksOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const reader = lentChunks(bound, options);
  try {
    let chunk: Uint8Array<ArrayBuffer> | undefined;
    while ((chunk = await reader.next()) !== undefined) yield chunk;
  } finally {
    await reader.end();
  }
}

function lentChunks(bound: BoundHandle, options: ChunksOptions): ChunkReader {
  const checked = plan(bound, options);
  return new ReadAhead(bound, options, checked, new LentMemory(poolOf(bound.handle.backend), checked.size));
}

/** The file's chunks, the consumer's to keep. */
export function ownChunks(bound: BoundHandle, options: ChunksOptions): ChunkReader {
  const { backend, file } = bound.handle;
  if (file.direct) return copiesOf(lentChunks(bound, options));
  keepFreedMemory();
  return new ReadAhead(bound, options, plan(bound, options), new OwnMemory(backend));
}

/** Direct reads want aligned memory, which is too dear to give away. */
function copiesOf(lent: ChunkReader): ChunkReader {
  return { next: async () => (await lent.next())?.slice(), end: () => lent.end() };
}

class LentMemory implements ChunkMemory {
  constructor(
    private readonly pool: BufferPool,
    private readonly size: number,
  ) {}

  take(): Uint8Array<ArrayBuffer> {
    return this.pool.lend(this.size);
  }

  done(memory: Uint8Array<ArrayBuffer>): void {
    this.pool.giveBack(memory);
  }
}

class OwnMemory implements ChunkMemory {
  constructor(private readonly backend: Backend) {}

  /** No more than is read: it is kept. */
  take(length: number): Uint8Array<ArrayBuffer> {
    return freshForRead(this.backend, length);
  }

  done(): void {
    // It is the consumer's.
  }
}

class ReadAhead implements ChunkReader {
  /** Reads under way, and chunks that nobody has asked for, in order. */
  private readonly lanes: Lane[] = [];
  /** The lane whose chunk the consumer has, or waits for. */
  private current: Lane | undefined;
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
    private readonly options: ChunksOptions,
    private readonly plan: Plan,
    private readonly memory: ChunkMemory,
  ) {
    this.ahead = plan.first;
    this.left = plan.bytes;
  }

  next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const step = this.read();
    this.step = step;
    return step;
  }

  end(): Promise<void> {
    return this.drained ?? this.stop();
  }

  private async stop(): Promise<void> {
    this.atEnd = true;
    await this.step?.catch(ignore); // whoever asked for it hears of it
    await this.drain();
  }

  private async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.atEnd) {
      if (this.current !== undefined) this.memory.done(this.current.memory);
      this.begin(1); // a chunk that is used up makes room for one
      const lane = (this.current = this.lanes.shift());
      const chunk = lane === undefined ? undefined : await this.chunkOf(lane);
      if (chunk !== undefined) return chunk;
    }
    await this.drain();
    return undefined;
  }

  private begin(count: number): void {
    for (let i = 0; i < count && this.left > 0; i++) {
      this.lanes.push(this.beginOne());
    }
  }

  private beginOne(): Lane {
    const { size } = this.plan;
    const { bound, ahead: position } = this;
    const wanted = Math.min(size, this.left);
    // A direct read takes whole blocks past the end.
    const length = bound.handle.file.direct ? size : wanted;
    const memory = this.memory.take(length);
    const read = startTracedRead(bound, memory, 0, length, position, this.options.signal);
    read.catch(ignore); // whoever awaits it hears of it
    this.ahead = advance(position, length);
    this.left -= wanted;
    return { memory, position, length, wanted, read };
  }

  private async chunkOf(lane: Lane): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { memory, position, length, wanted } = lane;
    let filled = await lane.read;
    // Read ahead into memory that a consumer then transferred away with a chunk beside it: the bytes are gone.
    if (filled > 0 && memory.byteLength < length) throw lostMemory();
    // Short reads are finished, so that chunks stay in step.
    if (filled > 0 && filled < length) filled = await this.finish(lane, filled);
    const { first, skip, depth } = this.plan;
    if (filled < length) {
      this.atEnd = true;
    } else if (!this.isAhead && !this.atEnd) {
      this.isAhead = true;
      this.begin(depth - 1);
    }
    const cut = position === first ? skip : 0;
    const bytes = Math.min(filled, wanted);
    return bytes > cut ? memory.subarray(cut, bytes) : undefined;
  }

  private finish({ memory, position, length }: Lane, filled: number): Promise<number> {
    const target = memory.subarray(0, length);
    return finishFill(this.bound, target, position, this.options.signal, filled, startTracedRead);
  }

  /** Memory in which a read is under way is not given up (R65). */
  private drain(): Promise<void> {
    this.drained ??= this.settle();
    return this.drained;
  }

  private async settle(): Promise<void> {
    const { lanes, current } = this;
    await Promise.allSettled(lanes.map(({ read }) => read));
    for (const lane of lanes) this.memory.done(lane.memory);
    if (current !== undefined) this.memory.done(current.memory);
  }
}

function lostMemory(): Error {
  return invalidState('the memory of a chunk was transferred away; chunks are lent: copy what you keep');
}

function ignore(): void {
  // See the comment at the call.
}

/** Checks `start` and the inclusive `end` that Node's streams take. @returns an exclusive end */
export function exclusiveEnd(
  start: number | bigint,
  end: number | bigint | undefined,
): number | bigint | undefined {
  if (end === undefined || end === Infinity) return undefined;
  checkRange(end, 1);
  if (end < start) throw outOfRange('start', `<= "end" (here: ${end})`, start);
  return advance(end, 1);
}
