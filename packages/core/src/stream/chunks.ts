/** `chunks()`: a file in order, read ahead, into memory that is used again and again. */
import { alignDown, ALIGNMENT } from '../buffers/aligned.js';
import { poolOf } from '../buffers/pool.js';
import { invalidState, outOfRange } from '../errors.js';
import { startTracedRead } from '../file/pending-read.js';
import { advance, checkRange, finishFill, freshBytes } from '../file/ranges.js';
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
  /** Chunks read ahead, 1 to 1024; default 4. */
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
  readonly end: bigint;
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
  if (!bound.handle.file.direct) return { first: start, skip: 0, end, size, depth };
  // Direct reads go by whole blocks: begin on one, and cut what was not asked for.
  const skip = Number(BigInt(start) % BigInt(ALIGNMENT));
  return { first: advance(start, -skip), skip, end, size: Math.max(ALIGNMENT, alignDown(size)), depth };
}

/** One buffer of the ring, and the read that fills it. */
interface Lane {
  readonly memory: Uint8Array<ArrayBuffer>;
  position: number | bigint;
  length: number;
  read: Promise<number>;
}

/** Where chunks' memory comes from, and where it goes when the consumer is through with it. */
interface ChunkMemory {
  /** @returns `length` bytes or more, at most the chunk size */
  take(length: number): Uint8Array<ArrayBuffer>;
  done(memory: Uint8Array<ArrayBuffer>): void;
}

/** The file's chunks, each lent until the next step. Leaving early leaves no read in flight. */
export function chunks(
  bound: BoundHandle,
  options: ChunksOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const pool = poolOf(bound.handle.backend);
  return readAhead(bound, options, (size) => ({
    take: () => pool.lend(size),
    done: (memory) => pool.giveBack(memory),
  }));
}

/** The file's chunks, the consumer's to keep. */
export function ownChunks(
  bound: BoundHandle,
  options: ChunksOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const fresh: ChunkMemory = { take: freshBytes, done: ignore }; // no more than is read: it is kept
  return bound.handle.file.direct ? copies(chunks(bound, options)) : readAhead(bound, options, () => fresh);
}

/** Direct reads want aligned memory, which is too dear to give away. */
async function* copies(
  lent: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  for await (const chunk of lent) yield chunk.slice();
}

async function* readAhead(
  bound: BoundHandle,
  options: ChunksOptions,
  memoryOf: (size: number) => ChunkMemory,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { first: start, skip, end, size, depth } = plan(bound, options);
  const { signal } = options;
  const { file } = bound.handle;
  const source = memoryOf(size);
  let ahead = start;
  const begin = (): Lane | undefined => {
    const left = end - BigInt(ahead);
    if (left <= 0n) return undefined;
    // A direct read takes whole blocks past `end`; the surplus is cut below.
    const length = left < BigInt(size) && !file.direct ? Number(left) : size;
    const memory = source.take(length);
    const lane = {
      memory,
      position: ahead,
      length,
      read: startTracedRead(bound, memory, 0, length, ahead, signal),
    };
    lane.read.catch(ignore); // whoever awaits it hears of it
    ahead = advance(ahead, length);
    return lane;
  };
  const lanes: Lane[] = [];
  let lane: Lane | undefined;
  try {
    while (lanes.length < depth && (lane = begin()) !== undefined) lanes.push(lane);
    let cut = skip;
    while ((lane = lanes.shift()) !== undefined) {
      let filled = await lane.read;
      if (filled === 0) return;
      // Read ahead into memory that a consumer then transferred away with a chunk beside it: the bytes are gone.
      if (lane.memory.byteLength < lane.length) throw lostMemory();
      // Short reads are finished, so that chunks stay in step.
      filled = await finishFill(
        bound,
        lane.memory.subarray(0, lane.length),
        lane.position,
        signal,
        filled,
        startTracedRead,
      );
      const room = end - BigInt(lane.position);
      const bytes = room < BigInt(filled) ? Number(room) : filled;
      if (bytes > cut) yield lane.memory.subarray(cut, bytes);
      cut = 0;
      if (filled < lane.length) return; // the end of the file
      source.done(lane.memory);
      lane = begin();
      if (lane !== undefined) lanes.push(lane);
    }
  } finally {
    if (lane !== undefined && !lanes.includes(lane)) lanes.push(lane);
    // Memory in which a read is under way is not given up (R65).
    await Promise.allSettled(lanes.map(({ read }) => read));
    for (const { memory } of lanes) source.done(memory);
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
