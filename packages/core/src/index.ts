/**
 * `@overlapped/core`: many positioned reads in flight, on io_uring, an I/O completion port, or node:fs.
 *
 * ```ts
 * import { open } from '@overlapped/core';
 * await using file = await open('data.bin');
 * const bytesRead = await file.readAt(buffer, position);
 * ```
 *
 * @packageDocumentation
 */
import { alignedBytes } from './buffers/aligned.js';
import { type BackendChoice, selectBackend } from './selector/index.js';

export type { AccessHint, Backend, BackendCapabilities, BackendStats } from './backend.js';
export type { NativeError, NativeErrorKind, OverlappedError } from './errors.js';
export { formatReport } from './cli/doctor.js';
export { open } from './file/open.js';
export type { EofPolicy, OpenOptions, RangeOptions } from './file/options.js';
export {
  OverlappedFile,
  type ReadAtOptions,
  type ReadFileOptions,
  type ReadOptions,
  type ReadResult,
} from './file/overlapped-file.js';
export type { RangeRequest, UnexpectedEofError } from './file/ranges.js';
export {
  BACKEND_VARIABLE,
  type BackendChoice,
  type BackendsReport,
  type BackendUnavailableError,
  type CandidateReport,
  describeBackends,
  selectBackend,
} from './selector/index.js';
export type { ChunksOptions } from './stream/chunks.js';
export type { OverlappedReadStream, ReadStreamOptions } from './stream/read-stream.js';
export type { WebStreamOptions } from './stream/web-stream.js';

/**
 * Memory for direct reads: it begins on a multiple of 4096 and is zeroed.
 * @param bytes 1 to 2^32
 * @param backend whose memory it is; default the one that `open()` uses
 */
export function allocAligned(bytes: number, backend?: BackendChoice): Uint8Array<ArrayBuffer> {
  return alignedBytes(selectBackend(backend), bytes);
}
