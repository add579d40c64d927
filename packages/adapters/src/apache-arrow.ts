/**
 * A file as Apache Arrow's `RecordBatchReader` takes it.
 *
 * ```ts
 * const reader = await RecordBatchReader.from(arrowFileHandle(await open('table.arrow')));
 * const table = await tableFromIPC(reader);
 * ```
 */
import type { FileHandle } from 'node:fs/promises';
import type { OverlappedFile } from '@overlapped/core';

/**
 * What Arrow uses of a FileHandle: `fd`, `stat`, `read`, `close`. A read beyond the end of the file fails with
 * ERR_OVERLAPPED_UNEXPECTED_EOF: Arrow would ask for the rest of a file that was cut off, for ever.
 * @param file closed by the reader when it is done
 */
export function arrowFileHandle(file: OverlappedFile): FileHandle {
  const handle = {
    get fd() {
      return file.fd;
    },
    stat: () => file.stat(),
    async read(buffer: Uint8Array, offset: number, length: number, position: number) {
      await file.readMany([{ position, into: buffer.subarray(offset, offset + length) }]);
      return { bytesRead: length, buffer };
    },
    close: () => file.close(),
  };
  return handle as unknown as FileHandle;
}
