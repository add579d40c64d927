/** `OverlappedFile`: what `open()` gives. FileHandle's reading half, with any number of reads in flight. */
import { EventEmitter, setMaxListeners } from 'node:events';
import type { BigIntStats, Stats } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
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
import {
  asBytes,
  byteLengthOf,
  checkPosition,
  checkSignal,
  checkSpan,
  integerInRange,
  MAX_READ_LENGTH,
} from '../validate.js';
import { Cursor } from './cursor.js';
import { readIsTraced, traceClose } from './diagnostics.js';
import { checkEofPolicy, type RangeOptions } from './options.js';
import { startRead } from './pending-read.js';
import { planRanges } from './plan-ranges.js';
import { checkRange, fillRanges, isAlignedSpan, type RangeRequest } from './ranges.js';
import { readArguments, type ReadOptions, type ReadResult } from './read-arguments.js';
import { readVector } from './read-vector.js';
import { checkReadFileOptions, type ReadFileOptions, readWhole } from './read-whole.js';
import { startTracedRead } from './traced-read.js';

/** Options of {@link OverlappedFile.readAt}. */
export interface ReadAtOptions {
  /** Aborts: at once if it has fired, else as soon as the system lets go of the buffer (R66-R68). */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An open file, to be read at any number of positions at once. It belongs to the thread that opened it. Close it by
 * `close()` or `await using`: nothing closes it when it is collected. Emits `close`, once, when {@link OverlappedFile.close}
 * is first called.
 */
export class OverlappedFile extends EventEmitter<{ close: [] }> {
  private readonly handle: SafeFileHandle;
  /** @internal */ readonly bound: BoundHandle;
  /** @internal Position of the next read that names none. */ readonly cursor = new Cursor();

  /** @internal Use {@link open}. */
  constructor(handle: SafeFileHandle) {
    super();
    setMaxListeners(0, this); // each stream listens for the close, and there may be many at once
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
  read(
    first?: NodeJS.ArrayBufferView | (ReadOptions & { buffer?: NodeJS.ArrayBufferView }),
    second?: number | null | ReadOptions,
    third?: number | null,
    fourth?: number | bigint | null,
  ): Promise<ReadResult<NodeJS.ArrayBufferView>> {
    // What most callers pass needs no look at options, and no second promise.
    const plain =
      first instanceof Uint8Array &&
      typeof second === 'number' &&
      typeof third === 'number' &&
      typeof fourth === 'number' &&
      second + third <= byteLengthOf(first);
    if (!plain || this.handle.isClosed || readIsTraced())
      return this.readChecked(first, second, third, fourth);
    try {
      if (this.handle.file.direct) {
        checkAligned(checkSpan(first, second, third), second, third, checkPosition(fourth, 0));
      }
    } catch (error) {
      return Promise.reject(error);
    }
    return startRead(this.bound, first, second, third, fourth, undefined, first);
  }

  private async readChecked(
    ...args: Parameters<typeof readArguments>
  ): Promise<ReadResult<NodeJS.ArrayBufferView>> {
    this.checkOpen('read');
    const { buffer, options } = readArguments(...args);
    checkSignal(options.signal);
    const bytes = asBytes(buffer, 'buffer');
    const offset = integerInRange(options.offset ?? 0, 'offset', 0, bytes.byteLength);
    const room = Math.min(bytes.byteLength - offset, MAX_READ_LENGTH);
    const length = integerInRange(options.length ?? room, 'length', 0, room);
    const { position, signal } = options;
    const bytesRead = await (position === undefined || position === null
      ? this.readOn(bytes, offset, length, signal)
      : this.readFrom(position, bytes, offset, length, signal));
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
    if (signal === undefined && !this.handle.file.direct && buffer instanceof Uint8Array) {
      return startTracedRead(this.bound, buffer, 0, byteLengthOf(buffer), position, undefined);
    }
    try {
      checkSignal(signal);
      const bytes = asBytes(buffer, 'buffer');
      return this.readFrom(checkPosition(position, 0), bytes, 0, byteLengthOf(bytes), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Fills several buffers, one after the other, from `position` on. FileHandle's `readv`.
   * @param position as in `read`
   * @throws as `read`; after a failure nothing counts as read
   */
  async readv<T extends readonly NodeJS.ArrayBufferView[]>(
    buffers: T,
    position?: number | bigint | null,
  ): Promise<{
    /** Bytes read into all of them; 0 at end of file. */ bytesRead: number;
    /** The array that was passed in. */ buffers: T;
  }> {
    this.checkOpen('readv');
    if (!Array.isArray(buffers)) throw invalidArgType('buffers', 'an array of views', buffers);
    const targets = buffers.map((buffer, i) => asBytes(buffer, `buffers[${i}]`));
    const total = targets.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const follows = position === undefined || position === null;
    const start = checkRange(follows ? this.cursor.at : position, total);
    if (follows) this.cursor.take(total);
    let bytesRead = 0; // after a failure nothing counts as read
    try {
      // Async: what is wrong with one of them is for the others' end to be told.
      bytesRead = await readVector(targets, start, async (target, at) =>
        this.readFrom(at, target, 0, target.byteLength, undefined),
      );
    } finally {
      if (follows) this.cursor.giveBack(total - bytesRead);
    }
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
   * The file from where the last read without a position ended (its start, if there was none) to its end: a Buffer, or a
   * string with `encoding`. Up to 4 GiB. Such reads then go on at the end, as FileHandle's do.
   * @throws as `readAt`
   */
  readFile(
    options?: (ReadFileOptions & { readonly encoding?: null | undefined }) | null,
  ): Promise<Buffer<ArrayBuffer>>;
  readFile(
    options: (ReadFileOptions & { readonly encoding: BufferEncoding }) | BufferEncoding,
  ): Promise<string>;
  readFile(options?: ReadFileOptions | BufferEncoding | null): Promise<string | Buffer<ArrayBuffer>>;
  async readFile(options?: ReadFileOptions | BufferEncoding | null): Promise<string | Buffer<ArrayBuffer>> {
    this.checkOpen('readFile');
    const { encoding, signal } = checkReadFileOptions(options);
    const whole = await readWhole(this, signal);
    return encoding === undefined ? whole : whole.toString(encoding);
  }

  /** The lines of what a stream with these options reads; `for await` it. As FileHandle's. */
  readLines(options?: ReadStreamOptions): Interface {
    return createInterface({ input: this.createReadStream(options), crlfDelay: Infinity });
  }

  /** The file's status, as FileHandle's; with `bigint` all of it is exact. @throws EBADF once closed */
  stat(options?: { readonly bigint?: false | undefined }): Promise<Stats>;
  stat(options: { readonly bigint: true }): Promise<BigIntStats>;
  stat(options?: { readonly bigint?: boolean | undefined }): Promise<Stats | BigIntStats>;
  async stat(options?: { readonly bigint?: boolean | undefined }): Promise<Stats | BigIntStats> {
    this.checkOpen('fstat');
    return this.handle.backend.stat(this.handle.file, options?.bigint === true);
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
   * An `fs.ReadStream`, with FileHandle's options; `end` is inclusive. Without `start` it begins where the last read without
   * a position ended, and moves that on. Its chunks are the consumer's to keep. It closes the file when it ends, unless
   * `autoClose` is false.
   * @throws argument errors; failed reads destroy the stream with their error
   */
  createReadStream(options?: ReadStreamOptions): OverlappedReadStream {
    return new OverlappedReadStream(this, options ?? {});
  }

  /**
   * A web ReadableStream of bytes; takes the caller's buffers (BYOB). Without `start`, as `createReadStream`. It leaves the
   * file open, unless `autoClose` is true.
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
    const { handle, path, backend } = this;
    if (handle.isClosed) return closeHandle(handle);
    const closed = traceClose(() => closeHandle(handle), { path, backend });
    this.emit('close');
    return closed;
  }

  /** `await using`: {@link OverlappedFile.close | close()} at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** From where the last read without a position ended. */
  private async readOn(
    bytes: Uint8Array,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    // The cursor itself is on a block edge, or at the end of the file, where the system says 0.
    if (this.handle.file.direct) checkAligned(bytes, offset, length, 0);
    const start = this.cursor.take(length);
    let bytesRead = 0;
    try {
      bytesRead = await startTracedRead(this.bound, bytes, offset, length, start, signal);
    } finally {
      this.cursor.giveBack(length - bytesRead);
    }
    return bytesRead;
  }

  /** No async function, which would cost a direct read as much as all else that is done for it here. */
  private readFrom(
    position: number | bigint,
    bytes: Uint8Array,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    if (this.handle.file.direct) checkAligned(bytes, offset, length, position);
    return startTracedRead(this.bound, bytes, offset, length, position, signal);
  }

  private checkOpen(syscall: string): void {
    if (!this.handle.isClosed) return;
    throw systemError({ syscall, win32: ERROR_INVALID_HANDLE, path: this.path, detail: 'file closed' });
  }
}

/** What direct reads want of their arguments, where they read anything. */
function checkAligned(bytes: Uint8Array, offset: number, length: number, position: number | bigint): void {
  if (length === 0) return;
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
