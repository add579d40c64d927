/**
 * hyparquet's `AsyncBuffer`: what it reads a parquet file through.
 *
 * ```ts
 * const file = await open('table.parquet');
 * const rows = await parquetReadObjects({ file: await asyncBuffer(file) });
 * await file.close();
 * ```
 */
import type { OverlappedFile } from '@overlapped/core';
import { sliceBounds } from './slice-bounds.js';

/** hyparquet's `AsyncBuffer`, of a file. */
export interface FileAsyncBuffer {
  /** Size of the file in bytes, when the buffer was made. */
  readonly byteLength: number;
  /**
   * As ArrayBuffer's: `end` is exclusive, negative ones count from the end, what is beyond it is left out.
   * @throws ERR_OVERLAPPED_UNEXPECTED_EOF if the file has become shorter
   */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/**
 * The file as a buffer of the size that it has now.
 * @param file stays the caller's to close
 */
export async function asyncBuffer(file: OverlappedFile): Promise<FileAsyncBuffer> {
  const { size } = await file.stat();
  return {
    byteLength: size,
    async slice(first, last) {
      const { start, end } = sliceBounds(size, first, last);
      const bytes = await file.readExactly(start, end - start);
      return bytes.buffer;
    },
  };
}
