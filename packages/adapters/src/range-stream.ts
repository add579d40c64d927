import {
  type ReadableByteStreamController,
  ReadableStream,
  type UnderlyingByteSource,
} from 'node:stream/web';
import type { OverlappedFile } from '@overlapped/core';

/** Bytes of a chunk. */
const CHUNK_BYTES = 256 << 10;

/**
 * Bytes `start` up to, without, `end` of a file as a web byte stream. Where the file ends before, the stream fails with
 * ERR_OVERLAPPED_UNEXPECTED_EOF.
 */
export function rangeStream(
  file: OverlappedFile,
  start: number,
  end: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let position = start;
  const source: UnderlyingByteSource = {
    type: 'bytes',
    async pull(controller: ReadableByteStreamController) {
      if (position < end) {
        const bytes = await file.readExactly(position, Math.min(CHUNK_BYTES, end - position));
        position += bytes.byteLength;
        controller.enqueue(bytes);
        return;
      }
      controller.close();
      controller.byobRequest?.respond(0); // a consumer with a buffer of its own waits for this
    },
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>(source as never); // whose types take no byte source of such chunks
}
