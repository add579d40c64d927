/** `createReadStream()`: a Node Readable whose chunks the consumer may keep. */
import { Readable } from 'node:stream';
import type { OverlappedFile } from '../file/overlapped-file.js';
import type { BoundHandle } from '../overlapped/index.js';
import { checkPosition, integerInRange } from '../validate.js';
import { ownChunks, DEFAULT_DEPTH, exclusiveEnd } from './chunks.js';

/** FileHandle's stream options, and `depth`. */
export interface ReadStreamOptions {
  /** First byte; default 0. */
  readonly start?: number | bigint | undefined;
  /** Last byte, inclusive as in node:fs; default: the end of the file. */
  readonly end?: number | bigint | undefined;
  /** Bytes of a chunk; default 64 KiB. */
  readonly highWaterMark?: number | undefined;
  /** Chunks read ahead; default 4. */
  readonly depth?: number | undefined;
  /** Close the file when the stream ends or is destroyed; default true. */
  readonly autoClose?: boolean | undefined;
  /** Emit `close` when the stream is destroyed; default true. */
  readonly emitClose?: boolean | undefined;
  /** Chunks are strings in this encoding; default: Buffers. */
  readonly encoding?: BufferEncoding | undefined;
  /** Destroys the stream with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_HIGH_WATER_MARK = 64 << 10;

/** What {@link OverlappedFile.createReadStream} returns: a Readable that reads ahead. */
export class OverlappedReadStream extends Readable {
  /** Bytes pushed so far. */
  bytesRead = 0;
  /** The file's path as it was opened. */
  readonly path: string;

  private readonly source: AsyncGenerator<Uint8Array, void, void>;
  private readonly abort = new AbortController();
  private readonly autoClose: boolean;

  /** @internal */
  constructor(
    private readonly file: OverlappedFile,
    bound: BoundHandle,
    options: ReadStreamOptions,
  ) {
    const highWaterMark = integerInRange(
      options.highWaterMark ?? DEFAULT_HIGH_WATER_MARK,
      'highWaterMark',
      1,
      1 << 30,
    );
    const start = checkPosition(options.start ?? 0, 0);
    const end = exclusiveEnd(start, options.end);
    super({
      highWaterMark,
      emitClose: options.emitClose ?? true,
      ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    this.path = file.path;
    this.autoClose = options.autoClose ?? true;
    const { signal } = this.abort;
    this.source = ownChunks(bound, {
      start,
      end,
      chunkSize: highWaterMark,
      depth: options.depth ?? DEFAULT_DEPTH,
      signal,
    });
  }

  /** @internal */
  override _read(): void {
    this.source.next().then(
      ({ done, value }) => {
        if (this.destroyed) return;
        if (done === true) {
          this.push(null);
          return;
        }
        this.bytesRead += value.byteLength;
        this.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.abort.abort();
    this.source
      .return()
      .then(() => (this.autoClose ? this.file.close() : undefined))
      .then(
        () => callback(error),
        (closeError: unknown) => callback(error ?? (closeError as Error)),
      );
  }
}
