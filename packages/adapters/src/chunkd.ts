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

export class ChunkdSource {
  readonly type = 'file';
  readonly url: URL;

  constructor(
    private readonly file: OverlappedFile,
    /** Size in bytes and time of the last change (ISO 8601), when the source was made. */
    readonly metadata: { size: number; lastModified: string },
  ) {
    this.url = pathToFileURL(file.path);
  }

  async head(): Promise<ChunkdSource['metadata']> {
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

/** @param file closed by the source's `close()` */
export async function chunkdSource(file: OverlappedFile): Promise<ChunkdSource> {
  const { size, mtime } = await file.stat();
  return new ChunkdSource(file, { size, lastModified: mtime.toISOString() });
}
