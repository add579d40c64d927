/**
 * geotiff.js' source: a list of slices goes to the system in one submission.
 *
 * ```ts
 * const tiff = await GeoTIFF.fromSource(await geotiffSource(await open('image.tif')));
 * const raster = await (await tiff.getImage()).readRasters();
 * await tiff.close();
 * ```
 */
import type { OverlappedFile } from '@overlapped/core';

interface Slice {
  /** First byte. */
  readonly offset: number;
  /** Bytes; those beyond the end of the file are left out. */
  readonly length: number;
}

interface FetchedSlice extends Slice {
  /** Its bytes. */
  readonly data: ArrayBufferLike;
}

/** geotiff.js' `BaseSource`. */
export interface FileBaseSource {
  /** Bytes, when the source was made. */
  readonly fileSize: number;
  /**
   * Many slices, in one submission, in their order.
   * @param signal cancels the reads; the promise then rejects with an AbortError
   */
  fetch(slices: readonly Slice[], signal?: AbortSignal): Promise<ArrayBufferLike[]>;
  /** One slice, cancelled as `fetch`. */
  fetchSlice(slice: Slice, signal?: AbortSignal): Promise<FetchedSlice>;
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * The file as a source of the size that it has now.
 * @param file closed by the image's `close()`
 */
export async function geotiffSource(file: OverlappedFile): Promise<FileBaseSource> {
  const { size } = await file.stat();
  return {
    fileSize: size,
    async fetch(slices, signal) {
      const ranges = slices.map(({ offset, length }) => ({ position: offset, length }));
      const parts = await file.readMany(ranges, { signal, eof: 'clamp' });
      return parts.map(({ buffer }) => buffer);
    },
    async fetchSlice({ offset, length }, signal) {
      const { buffer } = await file.readExactly(offset, length, { signal, eof: 'clamp' });
      return { offset, length, data: buffer };
    },
    close: () => file.close(),
  };
}
