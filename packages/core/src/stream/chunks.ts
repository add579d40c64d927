/** `chunks()`: a file in order, read ahead, into memory that is used again and again. */
import type { Backend } from '../backend.js';
import { alignDown, ALIGNMENT } from '../buffers/aligned.js';
import { freshForRead, keepFreedMemory } from '../buffers/fresh.js';
import { type BufferPool, poolOf } from '../buffers/pool.js';
import { outOfRange } from '../errors.js';
import { advance, checkRange } from '../file/ranges.js';
import type { BoundHandle } from '../overlapped/index.js';
import { checkPosition, checkSignal, integerInRange, MAX_POSITION } from '../validate.js';
import { type ChunkMemory, type ChunkReader, type Plan, ReadAhead } from './read-ahead.js';

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

function plan(bound: BoundHandle, options: ChunksOptions): Plan {
  const { signal } = options;
  checkSignal(signal);
  const start = checkPosition(options.start ?? 0, 0);
  const end = BigInt(checkPosition(options.end ?? MAX_POSITION, 0));
  if (end < BigInt(start)) throw outOfRange('end', `>= start (${start})`, options.end as number | bigint);
  const size = integerInRange(options.chunkSize ?? DEFAULT_CHUNK_BYTES, 'chunkSize', 1, MAX_CHUNK_BYTES);
  const depth = integerInRange(options.depth ?? DEFAULT_DEPTH, 'depth', 1, MAX_DEPTH);
  const bytes = Number(end - BigInt(start));
  if (!bound.handle.file.direct) return { first: start, skip: 0, bytes, size, depth, signal };
  // Direct reads go by whole blocks: begin on one, and cut what was not asked for.
  const skip = Number(BigInt(start) % BigInt(ALIGNMENT));
  const blocks = Math.max(ALIGNMENT, alignDown(size));
  return { first: advance(start, -skip), skip, bytes: skip + bytes, size: blocks, depth, signal };
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

function lentChunks(bound: BoundHandle, options: ChunksOptions): ChunkReader<Uint8Array<ArrayBuffer>> {
  const checked = plan(bound, options);
  return new ReadAhead(bound, checked, new LentMemory(poolOf(bound.handle.backend), checked.size));
}

/** The file's chunks, the consumer's to keep. */
export function ownChunks(bound: BoundHandle, options: ChunksOptions): ChunkReader<Buffer<ArrayBuffer>> {
  const { backend, file } = bound.handle;
  if (file.direct) return copiesOf(lentChunks(bound, options));
  keepFreedMemory();
  return new ReadAhead(bound, plan(bound, options), new OwnMemory(backend));
}

/** Direct reads want aligned memory, which is too dear to give away. */
function copiesOf(lent: ChunkReader<Uint8Array<ArrayBuffer>>): ChunkReader<Buffer<ArrayBuffer>> {
  return {
    next: async () => {
      const chunk = await lent.next();
      return chunk === undefined ? undefined : Buffer.from(chunk.slice().buffer);
    },
    cancel: () => lent.cancel(),
    end: () => lent.end(),
  };
}

class LentMemory implements ChunkMemory<Uint8Array<ArrayBuffer>> {
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

class OwnMemory implements ChunkMemory<Buffer<ArrayBuffer>> {
  constructor(private readonly backend: Backend) {}

  /** No more than is read: it is kept. */
  take(length: number): Buffer<ArrayBuffer> {
    return freshForRead(this.backend, length);
  }

  done(): void {
    // It is the consumer's.
  }
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
