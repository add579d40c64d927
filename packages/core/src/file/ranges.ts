/** Whole ranges: short reads are finished, large ones split, direct ones aligned (R62). */
import { alignDown, alignedBytes, alignUp, ALIGNMENT, isAligned } from '../buffers/aligned.js';
import { invalidState, outOfRange } from '../errors.js';
import type { BoundHandle } from '../overlapped/index.js';
import { byteLengthOf, checkPosition, MAX_POSITION } from '../validate.js';
import type { EofPolicy } from './options.js';
import { readIsTraced, type ReadTrace, traceRead } from './diagnostics.js';
import { startRead } from './pending-read.js';
import { readBatch } from './read-batch.js';

/** A range longer than this is read in pieces, several at a time: no system call takes more than 2^31 bytes. */
const PIECE_BYTES = 1 << 20;
/** Pieces of one range in flight: enough to keep a disk busy, and memory's bandwidth used up. */
const PIECES_IN_FLIGHT = 8;

type Position = number | bigint;

/** `position + bytes`, as a number where that is exact. */
export function advance(position: Position, bytes: number): Position {
  if (typeof position === 'number') {
    const sum = position + bytes;
    return Number.isSafeInteger(sum) ? sum : BigInt(position) + BigInt(bytes);
  }
  return position + BigInt(bytes);
}

/** The range ended before its length was read. */
export interface UnexpectedEofError extends Error {
  /** Always this. */
  code: 'ERR_OVERLAPPED_UNEXPECTED_EOF';
  /** First byte of the range. */
  position: Position;
  /** Bytes asked for. */
  length: number;
  /** Bytes that there were. */
  bytesRead: number;
  /** The file's path as it was opened. */
  path: string;
}

function unexpectedEof(
  bound: BoundHandle,
  position: Position,
  length: number,
  bytesRead: number,
): UnexpectedEofError {
  const { path } = bound.handle.file;
  const error = new Error(
    `The file ended after ${bytesRead} of ${length} bytes at ${position}, read '${path}'. ` +
      "To take what there is, pass { eof: 'clamp' }",
  );
  const code = 'ERR_OVERLAPPED_UNEXPECTED_EOF' as const;
  return Object.assign(error, { code, position, length, bytesRead, path });
}

/** Memory that its owner transferred away between two reads of a range has neither bytes nor room (R39). */
function checkHeld(target: Uint8Array, length: number): void {
  if (byteLengthOf(target) < length)
    throw invalidState('the buffer was transferred or detached during the read');
}

/** Waits for all, then throws the first failure: no read may still fill a buffer that the caller has back. */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/**
 * Reads on until `target` is full or the file ends; `filled` bytes are there already. A direct read resumes on a block's
 * boundary, so it may read part of a block twice; no progress then means that the file ends in that block.
 * @returns bytes in target
 */
async function finishFill(
  bound: BoundHandle,
  target: Uint8Array,
  position: Position,
  signal: AbortSignal | undefined,
  filled: number,
): Promise<number> {
  const { direct } = bound.handle.file;
  while (filled < target.byteLength) {
    const at = direct ? alignDown(filled) : filled;
    const rest = target.byteLength - at;
    const bytesRead = await startRead(bound, target, at, rest, advance(position, at), signal);
    if (at + bytesRead <= filled) break;
    filled = at + bytesRead;
  }
  return filled;
}

async function fillLarge(
  bound: BoundHandle,
  target: Uint8Array,
  position: Position,
  signal: AbortSignal | undefined,
): Promise<number> {
  const length = target.byteLength;
  let next = 0;
  let end = length;
  const worker = async (): Promise<void> => {
    while (next < end) {
      const at = next;
      next += PIECE_BYTES;
      try {
        checkHeld(target, length);
        const piece = target.subarray(at, at + PIECE_BYTES);
        const filled = await finishFill(bound, piece, advance(position, at), signal, 0);
        if (filled < piece.byteLength) end = Math.min(end, at + filled);
      } catch (error) {
        next = length; // the other workers stop after the piece they have
        throw error;
      }
    }
  };
  await settleAll(Array.from({ length: PIECES_IN_FLIGHT }, worker));
  return end;
}

/** Fills `target` as far as the file goes. @returns bytes in target; fewer than its length only at end of file */
export function fill(
  bound: BoundHandle,
  target: Uint8Array,
  position: Position,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (bound.handle.file.direct && !(isAligned(target) && isAlignedSpan(position, target.byteLength))) {
    return fillThroughAligned(bound, target, position, signal);
  }
  if (target.byteLength > PIECE_BYTES) return fillLarge(bound, target, position, signal);
  return finishFill(bound, target, position, signal, 0);
}

export function isAlignedSpan(position: Position, length: number): boolean {
  return length % ALIGNMENT === 0 && offsetInBlock(position) === 0;
}

function offsetInBlock(position: Position): number {
  return typeof position === 'number' ? position % ALIGNMENT : Number(position % BigInt(ALIGNMENT));
}

/** A direct read of any range: whole blocks into aligned memory, then a copy. */
async function fillThroughAligned(
  bound: BoundHandle,
  target: Uint8Array,
  position: Position,
  signal: AbortSignal | undefined,
): Promise<number> {
  const length = target.byteLength;
  const skip = offsetInBlock(position);
  const start = advance(position, -skip);
  const block = alignedBytes(bound.handle.backend, Math.max(ALIGNMENT, alignUp(skip + length)));
  const end = await finishFill(bound, block, start, signal, 0);
  checkHeld(target, length);
  const filled = Math.max(0, Math.min(end - skip, length));
  if (filled > 0) target.set(block.subarray(skip, skip + filled)); // no bytes need no memory
  return filled;
}

/** One range of `readMany`. */
export interface RangeRequest {
  /** First byte, 0 to 2^63 - 1. */
  readonly position: Position;
  /** Bytes to read; default: all of `into`. */
  readonly length?: number | undefined;
  /** Where they go; default: memory made for them, on an ArrayBuffer of exactly that length. */
  readonly into?: Uint8Array | undefined;
}

/** Ranges that are checked: one entry of each list per range. */
export interface PlannedRanges {
  readonly positions: Position[];
  readonly targets: Uint8Array[];
  /** Of the targets, as long as their owners do not transfer them away. */
  readonly lengths: number[];
  /** The target is memory made for the range. */
  readonly owned: boolean[];
}

/** Checks a range of `length` bytes and where it goes, before any of a batch is issued. */
export function checkRange(position: unknown, length: number): Position {
  const checked = checkPosition(position, 0);
  if (typeof checked === 'number' && checked + length <= Number.MAX_SAFE_INTEGER) return checked;
  if (BigInt(checked) + BigInt(length) > MAX_POSITION) {
    throw outOfRange('position', `<= ${MAX_POSITION - BigInt(length)} for ${length} bytes`, checked);
  }
  return checked;
}

/** What the caller gets of a range of which `filled` bytes were read, fewer than asked for. */
function settleShort(
  bound: BoundHandle,
  { positions, targets, lengths, owned }: PlannedRanges,
  index: number,
  filled: number,
  eof: EofPolicy,
): Uint8Array {
  const target = targets[index] as Uint8Array;
  const length = lengths[index] as number;
  checkHeld(target, length);
  if (eof === 'error') throw unexpectedEof(bound, positions[index] as Position, length, filled);
  // Memory of ours is given away whole, so a shorter result gets an ArrayBuffer of its own length.
  return owned[index] === true ? target.slice(0, filled) : target.subarray(0, filled);
}

/** Whether each range is one read into memory that needs no alignment. */
function isPlain(bound: BoundHandle, lengths: readonly number[]): boolean {
  if (bound.handle.file.direct) return false;
  for (const length of lengths) if (length > PIECE_BYTES) return false;
  return true;
}

/**
 * Reads every range; the first reads of plain ones are all issued in this job, so that they share one submission.
 * @returns the targets, cut where the file ended before
 */
export async function fillRanges(
  bound: BoundHandle,
  ranges: PlannedRanges,
  eof: EofPolicy,
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  if (readIsTraced()) await traceRead(() => fillAll(bound, ranges, eof, signal), traceOf(bound, ranges));
  else await fillAll(bound, ranges, eof, signal);
  return ranges.targets;
}

function traceOf(bound: BoundHandle, { positions, lengths }: PlannedRanges): ReadTrace {
  const { backend, file } = bound.handle;
  const length = lengths.reduce((sum, bytes) => sum + bytes, 0);
  return {
    path: file.path,
    backend: backend.name,
    ranges: positions.length,
    position: positions[0] ?? 0,
    length,
  };
}

/** Fills every target, and cuts those that the file ends in. @returns bytes in all of them */
async function fillAll(
  bound: BoundHandle,
  ranges: PlannedRanges,
  eof: EofPolicy,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { positions, targets, lengths } = ranges;
  const plain = isPlain(bound, lengths);
  const filled = await (plain
    ? readBatch(bound, ranges, signal)
    : settleAll(targets.map((target, i) => fill(bound, target, positions[i] as Position, signal))));
  let total = 0;
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i] as Uint8Array;
    const length = lengths[i] as number;
    let bytes = filled[i] as number;
    if (bytes !== length) {
      if (plain && bytes > 0)
        bytes = await finishFill(bound, target, positions[i] as Position, signal, bytes);
      if (bytes < length) targets[i] = settleShort(bound, ranges, i, bytes, eof);
      filled[i] = bytes;
    }
    total += bytes;
  }
  for (let i = 0; i < targets.length; i++) checkHeld(targets[i] as Uint8Array, filled[i] as number);
  return total;
}
