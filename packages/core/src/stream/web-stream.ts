/** `readableWebStream()`: a web byte stream that reads straight into the consumer's buffers. */
import {
  type ReadableByteStreamController,
  ReadableStream,
  type UnderlyingByteSource,
} from 'node:stream/web';
import { invalidArgType, invalidState } from '../errors.js';
import type { OverlappedFile } from '../file/overlapped-file.js';
import { advance } from '../file/ranges.js';
import { checkPosition, checkSignal, integerInRange } from '../validate.js';
import { exclusiveEnd } from './chunks.js';

/** What {@link OverlappedFile.readableWebStream} reads. */
export interface WebStreamOptions {
  /** As FileHandle's: it is a byte stream in any case. */
  readonly type?: 'bytes' | undefined;
  /** First byte; default: where the last read without a position ended. */
  readonly start?: number | bigint | undefined;
  /** Last byte, inclusive; default: the end of the file. */
  readonly end?: number | bigint | undefined;
  /** Bytes of a chunk where the consumer brings no buffer; default 64 KiB. */
  readonly chunkSize?: number | undefined;
  /** Close the file when the stream ends or is cancelled; default false, as in node:fs. */
  readonly autoClose?: boolean | undefined;
  /** Errors the stream at its next read. */
  readonly signal?: AbortSignal | undefined;
}

interface ByobRequest {
  readonly view: Uint8Array;
  respond(bytes: number): void;
}

const DEFAULT_CHUNK_BYTES = 64 << 10;

/** @internal */
export function readableWebStream(
  file: OverlappedFile,
  options: WebStreamOptions,
): ReadableStream<Uint8Array> {
  if (file.fd === -1) throw invalidState('The file is closed: open it again to read it');
  if (options.type !== undefined && typeof options.type !== 'string') {
    throw invalidArgType('options.type', 'of type string', options.type);
  }
  checkSignal(options.signal);
  const { start } = options;
  const end = exclusiveEnd(checkPosition(start ?? 0, 0), options.end);
  const autoAllocateChunkSize = integerInRange(
    options.chunkSize ?? DEFAULT_CHUNK_BYTES,
    'chunkSize',
    1,
    1 << 30,
  );
  const finish = async (): Promise<void> => {
    if (options.autoClose === true) await file.close();
  };
  let position = start;
  const source: UnderlyingByteSource = {
    type: 'bytes',
    autoAllocateChunkSize,
    async pull(controller: ReadableByteStreamController) {
      position ??= file.cursor.at;
      // autoAllocateChunkSize means that there always is a request.
      const request = controller.byobRequest as unknown as ByobRequest;
      const left = end === undefined ? undefined : BigInt(end) - BigInt(position);
      const room = request.view.byteLength;
      const length = left !== undefined && left < BigInt(room) ? Number(left) : room;
      // The view's memory belongs to the stream until respond(): nobody else can take it away.
      const [filled] = await file.readMany([{ position, into: request.view.subarray(0, length) }], {
        eof: 'clamp',
        signal: options.signal,
      });
      const bytes = (filled as Uint8Array).byteLength;
      if (bytes === 0) {
        controller.close();
        request.respond(0);
        await finish();
        return;
      }
      position = advance(position, bytes);
      if (start === undefined) file.cursor.take(bytes);
      request.respond(bytes);
    },
    cancel: finish,
  };
  return new ReadableStream<Uint8Array>(source as never);
}
