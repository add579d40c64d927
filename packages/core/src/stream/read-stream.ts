/** `createReadStream()`: a Node Readable whose chunks the consumer may keep. */
import { type PathLike, ReadStream } from 'node:fs';
import { outOfRange } from '../errors.js';
import type { OverlappedFile } from '../file/overlapped-file.js';
import { checkPosition, integerInRange } from '../validate.js';
import { DEFAULT_DEPTH, exclusiveEnd, MAX_CHUNK_BYTES, MAX_DEPTH, ownChunks } from './chunks.js';
import type { ChunkReader } from './read-ahead.js';

/** FileHandle's stream options, and `depth`. */
export interface ReadStreamOptions {
  /** First byte; default: where the last read without a position ended. */
  readonly start?: number | bigint | undefined;
  /** Last byte, inclusive as in node:fs; default: the end of the file. */
  readonly end?: number | bigint | undefined;
  /** Bytes of a chunk; default 64 KiB. */
  readonly highWaterMark?: number | undefined;
  /** Reads in flight once the first chunk was whole, 1 to 1024; default 4. */
  readonly depth?: number | undefined;
  /** Close the file when the stream ends or is destroyed; default true. */
  readonly autoClose?: boolean | undefined;
  /** Emit `close` when the stream is destroyed; default true. */
  readonly emitClose?: boolean | undefined;
  /** Chunks are strings in this encoding; default: Buffers. */
  readonly encoding?: BufferEncoding | null | undefined;
  /** Destroys the stream with an AbortError. */
  readonly signal?: AbortSignal | null | undefined;
}

/** A file that a stream opens when it is first read, and closes, whatever `autoClose` says, when it is destroyed. */
export interface UnopenedFile {
  readonly path: PathLike;
  open(): Promise<OverlappedFile>;
}

/** Node's constructor, of which @types/node says nothing: it checks the options, and fills the stream's public fields. */
const NodeReadStream = ReadStream as unknown as new (
  path: PathLike | undefined,
  options: object,
) => ReadStream & {
  /** The file's; null before it is open and once the stream is destroyed. */
  fd: number | null;
  /** Whether the end of the stream closes the file. */
  autoClose: boolean;
};

/** An `fs.ReadStream` in all but how it reads. */
export class OverlappedReadStream extends NodeReadStream {
  private readonly unopened: UnopenedFile | undefined;
  private file: OverlappedFile | undefined;
  private readonly first: number | bigint | undefined;
  private readonly last: number | bigint | undefined;
  private readonly depth: number;
  /** None before the first read. */
  private chunks: ChunkReader<Buffer<ArrayBuffer>> | undefined;

  /** @internal */
  constructor(from: OverlappedFile | UnopenedFile, options: ReadStreamOptions) {
    const { depth = DEFAULT_DEPTH, start, end, ...others } = options;
    integerInRange(depth, 'depth', 1, MAX_DEPTH);
    if (options.highWaterMark === 0) throw outOfRange('highWaterMark', '>= 1', 0); // Node's stream would be empty
    // Node's streams know no bigints; what is none is checked as there.
    const big = typeof start === 'bigint' || typeof end === 'bigint';
    if (big) exclusiveEnd(checkPosition(start ?? 0, 0), end);
    const range = big ? {} : { start, end };
    const unopened = 'open' in from;
    super(unopened ? from.path : undefined, { ...others, ...range, fd: unopened ? undefined : from.fd });
    this.first = start;
    this.last = end === Infinity ? undefined : end;
    this.depth = depth;
    if (unopened) {
      this.unopened = from;
    } else {
      this.file = from;
      this.path = from.path;
      if (!this.destroyed) from.once('close', this.onFileClosed);
    }
  }

  /** @internal */
  override _construct(callback: (error?: Error | null) => void): void {
    const { unopened } = this;
    if (unopened === undefined || this.destroyed) return callback();
    const opened = (file: OverlappedFile): void => {
      this.file = file;
      this.fd = file.fd;
      callback();
      this.emit('open', this.fd);
      this.emit('ready');
    };
    // A listener that throws is an uncaught exception, not a rejected promise.
    unopened.open().then((file) => process.nextTick(opened, file), callback);
  }

  /** @internal */
  override _read(): void {
    const file = this.file as OverlappedFile; // there is one once it is constructed
    this.chunks ??= this.begin(file);
    this.chunks.next().then(
      (chunk) => {
        if (this.destroyed) return;
        if (chunk === undefined) {
          file.off('close', this.onFileClosed);
          this.push(null);
          return;
        }
        this.bytesRead += chunk.byteLength;
        if (this.first === undefined) file.cursor.take(chunk.byteLength);
        this.push(chunk);
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  /** With a signal that has fired, Node calls it inside the constructor: nothing is set then, and nothing begun. @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.chunks?.cancel();
    this.file?.off('close', this.onFileClosed);
    this.finish().then(
      () => callback(error),
      (closeError: unknown) => callback(error ?? (closeError as Error)),
    );
  }

  /** Reads nothing more, then lets go of the file. */
  private async finish(): Promise<void> {
    await this.chunks?.end();
    this.fd = null;
    if (this.unopened !== undefined || this.autoClose) await this.file?.close();
  }

  private begin(file: OverlappedFile): ChunkReader<Buffer<ArrayBuffer>> {
    const start = this.first ?? file.cursor.at;
    // Where Node's streams follow the file's position, `end` counts from there.
    const origin = this.first === undefined ? BigInt(start) : 0n;
    return ownChunks(file.bound, {
      start,
      end: this.last === undefined ? undefined : origin + BigInt(this.last) + 1n,
      chunkSize: Math.min(this.readableHighWaterMark, MAX_CHUNK_BYTES),
      depth: this.depth,
    });
  }

  private readonly onFileClosed = (): void => {
    this.destroy();
  };
}
