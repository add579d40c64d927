/**
 * A `Source` as `@chunkd/source` has it, for `@cogeotiff/core` and others.
 *
 * ```ts
 * const tiff = await Tiff.create(await chunkdSource(await open('image.tif')));
 * const tile = await tiff.images[0].getTile(0, 0);
 * await tiff.source.close();
 * ```
 */
import { pathToFileURL } from 'node:url';
import type { OverlappedFile } from '@overlapped/core';

interface FetchOptions {
  /** Cancels the read; the promise then rejects with an AbortError. */
  readonly signal?: AbortSignal;
}

/** What a source knows of its file. */
export interface ChunkdMetadata {
  /** Bytes. */
  size: number;
  /** Time of the last change, ISO 8601. */
  lastModified: string;
}

/** `@chunkd/source`'s `Source`, of a file. */
export class ChunkdSource {
  /** What kind of source it is. */
  readonly type = 'file';
  /** The file's, `file:`. */
  readonly url: URL;

  /** @internal Use {@link chunkdSource}. */
  constructor(
    private readonly file: OverlappedFile,
    /** When the source was made. */
    readonly metadata: ChunkdMetadata,
  ) {
    this.url = pathToFileURL(file.path);
  }

  /** {@link metadata}; reads nothing. */
  async head(): Promise<ChunkdMetadata> {
    return this.metadata;
  }

  /**
   * @param offset first byte; a negative one means that many at the end of the file
   * @param length bytes; default: to the end of the file, where longer ones end too
   * @throws a SourceError, with code 400 for a negative offset with a length, and 416 for one outside of the file
   */
  async fetch(offset: number, length?: number, options: FetchOptions = {}): Promise<ArrayBuffer> {
    const { size } = this.metadata;
    if (offset < 0 && length !== undefined) {
      throw new ChunkdSourceError(`offset ${offset} is from the end and takes no length`, 400, this);
    }
    const start = offset < 0 ? size + offset : offset;
    if (start < 0 || start > size) {
      throw new ChunkdSourceError(`offset ${offset} is outside of the file, of ${size} bytes`, 416, this);
    }
    const { signal } = options;
    const bytes = await this.file.readExactly(start, Math.min(length ?? size, size - start), { signal });
    return bytes.buffer;
  }

  /** Closes the file. */
  close(): Promise<void> {
    return this.file.close();
  }
}

/** What `SourceError.is` of `@chunkd/source` knows for one of its own; `@cogeotiff/core` comes without that package. */
class ChunkdSourceError extends Error {
  readonly url: URL;
  protected readonly _sourceError = 'SourceError';

  constructor(
    message: string,
    /** As HTTP's. */
    readonly code: number,
    readonly source: ChunkdSource,
  ) {
    super(`Cannot fetch from ${source.url.href}: ${message}`);
    this.url = source.url;
  }
}

/**
 * The file as a source of the size that it has now.
 * @param file closed by the source's `close()`
 */
export async function chunkdSource(file: OverlappedFile): Promise<ChunkdSource> {
  const { size, mtime } = await file.stat();
  return new ChunkdSource(file, { size, lastModified: mtime.toISOString() });
}
