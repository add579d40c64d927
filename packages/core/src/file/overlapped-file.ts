/** `OverlappedFile`: what `open()` gives. FileHandle's reading half, with any number of reads in flight. */
import type { Stats } from 'node:fs';
import { ALIGNMENT, isAligned } from '../buffers/aligned.js';
import { invalidArgType, invalidArgValue, systemError } from '../errors.js';
import {
  type BoundHandle,
  bindHandle,
  closeHandle,
  ERROR_INVALID_HANDLE,
  type SafeFileHandle,
} from '../overlapped/index.js';
import { chunks, type ChunksOptions } from '../stream/chunks.js';
import { OverlappedReadStream, type ReadStreamOptions } from '../stream/read-stream.js';
import { readableWebStream, type WebStreamOptions } from '../stream/web-stream.js';
import { asBytes, checkPosition, checkSignal, integerInRange, MAX_READ_LENGTH } from '../validate.js';
import { checkEofPolicy, type RangeOptions } from './options.js';
import { startRead } from './pending-read.js';
import { readWhole } from './read-whole.js';
import {
  advance,
  checkRange,
  fillRanges,
  freshBytes,
  isAlignedSpan,
  type PlannedRanges,
  type RangeRequest,
} from './ranges.js';

/** What {@link OverlappedFile.read} resolves to: FileHandle's result. */
export interface ReadResult<T extends NodeJS.ArrayBufferView> {
  /** 0 at end of file; may be less than asked for anywhere (R62). */
  bytesRead: number;
  /** The buffer that was passed in. */
  buffer: T;
}

/** What and where {@link OverlappedFile.read} reads. */
export interface ReadOptions {
  /** First byte of the buffer to fill; default 0. */
  readonly offset?: number | undefined;
  /** Bytes to read; default: to the buffer's end. */
  readonly length?: number | undefined;
  /** First byte of the file; without it, where the last read without a position ended. */
  readonly position?: number | bigint | null | undefined;
  /** Aborts: at once if it has fired, else as soon as the system lets go of the buffer (R66-R68). */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link OverlappedFile.readAt}. */
export interface ReadAtOptions {
  /** Aborts: at once if it has fired, else as soon as the system lets go of the buffer (R66-R68). */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link OverlappedFile.readFile}. */
export interface ReadFileOptions {
  /** With one the result is a string; default: a Buffer. */
  readonly encoding?: BufferEncoding | null | undefined;
  /** Aborts: at once if it has fired, else as soon as the system lets go of the buffer (R66-R68). */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_READ_BYTES = 16_384; // FileHandle.read's, where no buffer is given
/** What one range may ask for: 4 GiB - 1. */
const MAX_RANGE_BYTES = 2 ** 32 - 1;

/**
 * An open file, to be read at any number of positions at once. It belongs to the thread that opened it. Close it by
 * `close()` or `await using`: nothing closes it when it is collected.
 */
export class OverlappedFile {
  private readonly handle: SafeFileHandle;
  private readonly bound: BoundHandle;
  /** Position of the next read that names none. Only this class keeps one: the system does not (R46). */
  private cursor: number | bigint = 0;

  /** @internal Use {@link open}. */
  constructor(handle: SafeFileHandle) {
    this.handle = handle;
    this.bound = bindHandle(handle);
  }

  /** The file descriptor, or a number that is unique among open files; -1 once closed. */
  get fd(): number {
    return this.handle.isClosed ? -1 : this.handle.file.fd;
  }

  /** The path as it was opened. */
  get path(): string {
    return this.handle.file.path;
  }

  /** Name of the backend that reads this file: `node-fs` also where another one handed it over. */
  get backend(): string {
    return this.handle.backend.name;
  }

  /** True if it was opened with `direct`. */
  get direct(): boolean {
    return this.handle.file.direct;
  }

  /**
   * Reads into `buffer`, at most once: a short read is legal (R62), 0 bytes is the end of the file (R19). FileHandle's
   * signatures: `(buffer, offset, length, position)`, `(buffer, options)`, `(options)`. Lengths are in bytes, up to
   * 2^31 - 1. The buffer belongs to the read until the promise settles.
   * @param position 0 to 2^63 - 1 - length, number or bigint. Without one: from where the last such read ended. -1 and
   *   other negatives are refused, which node:fs takes for "no position" (R45).
   * @throws argument errors before any I/O; OverlappedError, such as EIO or EBADF once closed; AbortError
   */
  read<T extends NodeJS.ArrayBufferView>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<ReadResult<T>>;
  read<T extends NodeJS.ArrayBufferView>(buffer: T, options?: ReadOptions): Promise<ReadResult<T>>;
  read<T extends NodeJS.ArrayBufferView = Buffer>(
    options?: ReadOptions & { buffer?: T },
  ): Promise<ReadResult<T>>;
  async read(
    first?: NodeJS.ArrayBufferView | (ReadOptions & { buffer?: NodeJS.ArrayBufferView }),
    second?: number | null | ReadOptions,
    third?: number | null,
    fourth?: number | bigint | null,
  ): Promise<ReadResult<NodeJS.ArrayBufferView>> {
    const { buffer, options } = readArguments(first, second, third, fourth);
    checkSignal(options.signal);
    const bytes = asBytes(buffer, 'buffer');
    const offset = integerInRange(options.offset ?? 0, 'offset', 0, bytes.byteLength);
    const room = Math.min(bytes.byteLength - offset, MAX_READ_LENGTH);
    const length = integerInRange(options.length ?? room, 'length', 0, room);
    const bytesRead = await this.readOnce(bytes, offset, length, options.position, options.signal);
    return { bytesRead, buffer };
  }

  /**
   * The lean path: fills `buffer` from its start with what is at `position`, at most once.
   * @param position 0 to 2^63 - 1 - length, number or bigint
   * @returns bytes read, 0 at end of file
   * @throws argument errors before any I/O; OverlappedError, such as EIO or EBADF once closed; AbortError
   */
  readAt(
    buffer: NodeJS.ArrayBufferView,
    position: number | bigint,
    options?: ReadAtOptions,
  ): Promise<number> {
    const signal = options?.signal;
    if (signal !== undefined || this.handle.file.direct || !(buffer instanceof Uint8Array)) {
      return this.readAtChecked(buffer, position, signal);
    }
    return startRead(this.bound, buffer, 0, buffer.byteLength, position, undefined);
  }

  private async readAtChecked(
    buffer: NodeJS.ArrayBufferView,
    position: number | bigint,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    checkSignal(signal);
    checkPosition(position, 0); // a missing one is not "where the last read ended" here
    const bytes = asBytes(buffer, 'buffer');
    return this.readOnce(bytes, 0, bytes.byteLength, position, signal);
  }

  /**
   * Fills several buffers, one after the other, from `position` on. FileHandle's `readv`.
   * @param position as in `read`
   * @throws as `read`; after a failure nothing counts as read
   */
  async readv<T extends NodeJS.ArrayBufferView>(
    buffers: readonly T[],
    position?: number | bigint | null,
  ): Promise<{
    /** Bytes read into all of them; 0 at end of file. */ bytesRead: number;
    /** The array that was passed in. */ buffers: readonly T[];
  }> {
    if (!Array.isArray(buffers)) throw invalidArgType('buffers', 'an array of views', buffers);
    const targets = buffers.map((buffer, i) => asBytes(buffer, `buffers[${i}]`));
    const total = targets.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const follows = position === undefined || position === null;
    const start = follows ? this.reserve(total) : position;
    let at = checkRange(start, total);
    const reads = await Promise.allSettled(
      targets.map((target) => {
        const read = this.readOnce(target, 0, target.byteLength, at, undefined);
        at = advance(at, target.byteLength);
        return read;
      }),
    );
    const { bytesRead, failure } = countInOrder(reads, targets);
    const kept = failure === undefined ? bytesRead : 0; // after a failure nothing counts as read
    if (follows) this.cursor = advance(this.cursor, kept - total);
    if (failure !== undefined) throw failure.reason;
    return { bytesRead, buffers };
  }

  /**
   * Reads exactly `length` bytes at `position`, however many reads that takes.
   * @param position 0 to 2^63 - 1 - length, number or bigint (R45)
   * @param length bytes, 0 to 2^32 - 1
   * @returns bytes on an ArrayBuffer of exactly their length, the caller's to keep
   * @throws ERR_OVERLAPPED_UNEXPECTED_EOF if the file ends before, unless `eof` is `clamp`; else as `readAt`
   */
  async readExactly(
    position: number | bigint,
    length: number,
    options: RangeOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const [result] = await this.readMany([{ position, length }], options);
    return result as Uint8Array<ArrayBuffer>;
  }

  /**
   * Reads many ranges with one submission and one wake-up: a parquet file's column chunks, a zip's entries. Each result is
   * exact, as in `readExactly`, in the order of `ranges`; with `into`, the part of it that was filled.
   * @throws the first range's failure, after every range has settled; ERR_OVERLAPPED_UNEXPECTED_EOF if the file ends in
   *   one, unless `eof` is `clamp`
   */
  async readMany(ranges: readonly RangeRequest[], options: RangeOptions = {}): Promise<Uint8Array[]> {
    if (!Array.isArray(ranges)) throw invalidArgType('ranges', 'an array', ranges);
    checkSignal(options.signal);
    const eof = checkEofPolicy(options.eof);
    return fillRanges(this.bound, planRanges(ranges), eof, options.signal);
  }

  /**
   * The whole file, from its start: a Buffer, or a string with `encoding`. Up to 4 GiB.
   * @throws as `readAt`
   */
  async readFile(options: ReadFileOptions | BufferEncoding | null = {}): Promise<Buffer | string> {
    const { encoding, signal } = typeof options === 'string' ? { encoding: options } : (options ?? {});
    checkSignal(signal);
    if (encoding !== undefined && encoding !== null && !Buffer.isEncoding(encoding)) {
      throw invalidArgValue('encoding', `is invalid encoding. Received '${String(encoding)}'`);
    }
    const whole = await readWhole(this, signal);
    return encoding === undefined || encoding === null ? whole : whole.toString(encoding);
  }

  /** The file's status, as FileHandle's. @throws EBADF once closed */
  async stat(): Promise<Stats> {
    if (this.handle.isClosed)
      throw systemError({
        syscall: 'fstat',
        win32: ERROR_INVALID_HANDLE,
        path: this.path,
        detail: 'file closed',
      });
    return this.handle.backend.stat(this.handle.file);
  }

  /**
   * The file in order, `depth` reads ahead. Each chunk is lent: it is valid until the next one is asked for; copy what
   * you keep. The fastest way through a file. Leaving the loop early leaves no read in flight.
   * @throws from the first step: argument errors; OverlappedError; AbortError
   */
  chunks(options: ChunksOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    return chunks(this.bound, options);
  }

  /**
   * A Node Readable, with FileHandle's options; `end` is inclusive. Its chunks are the consumer's to keep. It closes the
   * file when it ends, unless `autoClose` is false.
   * @throws argument errors; failed reads destroy the stream with their error
   */
  createReadStream(options: ReadStreamOptions = {}): OverlappedReadStream {
    return new OverlappedReadStream(this, this.bound, options);
  }

  /**
   * A web ReadableStream of bytes; takes the caller's buffers (BYOB). It leaves the file open, unless `autoClose` is true.
   * @throws argument errors; failed reads error the stream
   */
  readableWebStream(options: WebStreamOptions = {}): ReadableStream<Uint8Array> {
    return readableWebStream(this, options);
  }

  /**
   * Refuses new reads, cancels those in flight, waits until the system has let go of every buffer, then closes
   * (R70). Idempotent: later calls wait for the same close.
   */
  close(): Promise<void> {
    return closeHandle(this.handle);
  }

  /** `await using`: {@link OverlappedFile.close | close()} at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async readOnce(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number | bigint | null | undefined,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const direct = this.handle.file.direct && length > 0;
    if (position === undefined || position === null) {
      // The cursor itself is on a block edge, or at the end of the file, where the system says 0.
      if (direct) checkAligned(bytes, offset, length, 0);
      const bytesRead = await startRead(
        this.bound,
        bytes,
        offset,
        length,
        this.reserve(length),
        signal,
      ).catch((error: unknown) => {
        this.cursor = advance(this.cursor, -length);
        throw error;
      });
      this.cursor = advance(this.cursor, bytesRead - length); // never past what was read (R80)
      return bytesRead;
    }
    if (direct) checkAligned(bytes, offset, length, position);
    return startRead(this.bound, bytes, offset, length, position, signal);
  }

  /** Takes the next `length` bytes before they are read, so that two reads at once get different ones (R80). */
  private reserve(length: number): number | bigint {
    const at = this.cursor;
    this.cursor = advance(at, length);
    return at;
  }
}

/** Bytes up to the first read that was short, or the first failure before it. */
function countInOrder(
  reads: readonly PromiseSettledResult<number>[],
  targets: readonly Uint8Array[],
): { bytesRead: number; failure?: PromiseRejectedResult } {
  let bytesRead = 0;
  for (const [i, read] of reads.entries()) {
    if (read.status === 'rejected') return { bytesRead, failure: read };
    bytesRead += read.value;
    if (read.value < (targets[i] as Uint8Array).byteLength) break;
  }
  return { bytesRead };
}

function readArguments(
  first: unknown,
  second: number | null | ReadOptions | undefined,
  third: number | null | undefined,
  fourth: number | bigint | null | undefined,
): { buffer: NodeJS.ArrayBufferView; options: ReadOptions } {
  if (ArrayBuffer.isView(first)) {
    const buffer = first as NodeJS.ArrayBufferView;
    if (typeof second === 'object' && second !== null) return { buffer, options: second };
    if (second !== undefined && second !== null && typeof second !== 'number') {
      throw invalidArgType('offset', 'of type number', second);
    }
    return { buffer, options: { offset: second ?? undefined, length: third ?? undefined, position: fourth } };
  }
  // A bare ArrayBuffer would be taken for options and its bytes never filled, as node:fs does.
  const options = first ?? {};
  if (typeof options !== 'object' || options instanceof ArrayBuffer || options instanceof SharedArrayBuffer) {
    throw invalidArgType('buffer', 'an instance of Buffer, TypedArray, or DataView', first);
  }
  const { buffer = Buffer.alloc(DEFAULT_READ_BYTES), ...rest } = options as ReadOptions & {
    buffer?: NodeJS.ArrayBufferView;
  };
  return { buffer, options: rest };
}

/** Checks all of them before any is read, and each before memory is made for it. */
function planRanges(ranges: readonly RangeRequest[]): PlannedRanges {
  const planned: PlannedRanges = { positions: [], targets: [], lengths: [], owned: [] };
  for (let i = 0; i < ranges.length; i++) {
    const range: unknown = ranges[i];
    if (typeof range !== 'object' || range === null) {
      throw invalidArgType(`ranges[${i}]`, 'of type object', range);
    }
    const { position, length, into } = range as RangeRequest;
    const bytes = into === undefined ? undefined : asBytes(into, `ranges[${i}].into`);
    const asked =
      bytes === undefined
        ? integerInRange(length, 'length', 0, MAX_RANGE_BYTES)
        : integerInRange(length ?? bytes.byteLength, 'length', 0, bytes.byteLength);
    planned.positions.push(checkRange(position, asked));
    const target = bytes === undefined ? freshBytes(asked) : part(bytes, asked);
    planned.targets.push(target);
    planned.lengths.push(asked);
    planned.owned.push(into === undefined);
  }
  return planned;
}

/** Most ranges take all of their memory, and need no view of a part of it. */
function part(bytes: Uint8Array, length: number): Uint8Array {
  return length === bytes.byteLength ? bytes : bytes.subarray(0, length);
}

function checkAligned(bytes: Uint8Array, offset: number, length: number, position: number | bigint): void {
  const rule = `must be a multiple of ${ALIGNMENT} in a file opened with direct`;
  if (!isAlignedSpan(position, 0)) throw invalidArgValue('position', rule);
  if (!isAlignedSpan(0, length)) throw invalidArgValue('length', rule);
  if (!isAligned(bytes) || offset % ALIGNMENT !== 0) {
    throw invalidArgValue(
      'buffer',
      `must begin on a multiple of ${ALIGNMENT}: use allocAligned(), or readExactly()`,
    );
  }
}
