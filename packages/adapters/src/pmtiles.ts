/**
 * PMTiles' `Source`, for archives on disk. One `PMTiles` answers any number of `getZxy` at once.
 *
 * ```ts
 * const file = await open('map.pmtiles');
 * const tile = await new PMTiles(pmtilesSource(file)).getZxy(0, 0, 0);
 * await file.close();
 * ```
 */
import type { OverlappedFile } from '@overlapped/core';

interface RangeResponse {
  /** As many bytes as were asked for; fewer only of the header's read. */
  readonly data: ArrayBuffer;
}

/** PMTiles' `Source`, of a file. */
export interface FileTileSource {
  /** The file's path. */
  getKey(): string;
  /**
   * The bytes of a range, in memory of their own.
   * @param offset first byte
   * @param length bytes
   * @param signal cancels the read; the promise then rejects with an AbortError
   * @throws ERR_OVERLAPPED_UNEXPECTED_EOF if the file ends before, unless it is the read of the header, at 0
   */
  getBytes(offset: number, length: number, signal?: AbortSignal): Promise<RangeResponse>;
}

/**
 * The file as a source of tiles.
 * @param file stays the caller's to close
 */
export function pmtilesSource(file: OverlappedFile): FileTileSource {
  return {
    getKey: () => file.path,
    async getBytes(offset, length, signal) {
      // PMTiles asks for 16 KiB to get the header, however small the archive; all other ranges are the archive's own.
      const eof = offset === 0 ? 'clamp' : 'error';
      const bytes = await file.readExactly(offset, length, { signal, eof });
      return { data: bytes.buffer };
    },
  };
}
