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
import { type BackendCounters, countersOf } from './overlapped/counters.js';
import { type BackendChoice, madeBackends, selectBackend } from './selector/index.js';

export type { AccessHint, Backend, BackendCapabilities, BackendStats } from './backend.js';
export type { FileTrace, ReadTrace } from './file/diagnostics.js';
export type { BackendCounters } from './overlapped/counters.js';
export type { NativeError, NativeErrorKind, OverlappedError } from './errors.js';
export { formatReport } from './selector/format-report.js';
export { open } from './file/open.js';
export type { EofPolicy, OpenOptions, RangeOptions } from './file/options.js';
export { OverlappedFile, type ReadAtOptions } from './file/overlapped-file.js';
export type { ReadOptions, ReadResult } from './file/read-arguments.js';
export type { ReadFileOptions } from './file/read-whole.js';
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
 * Memory for direct reads: it begins on a multiple of 4096 and is zeroed. Cached reads into it are faster, too, where io_uring
 * may pin it: worth it for buffers that are read into again and again.
 * @param bytes 1 to 2^32
 * @param backend whose memory it is; default the one that `open()` uses
 */
export function allocAligned(bytes: number, backend?: BackendChoice): Uint8Array<ArrayBuffer> {
  return alignedBytes(selectBackend(backend), bytes);
}

/**
 * What the backends of this thread have counted: those that `open()` has chosen, or made because it was told their names.
 * Cheap enough to ask every second. For a backend of your own, `countersOf` of `@overlapped/core/backend`.
 */
export function backendStats(): BackendCounters[] {
  return madeBackends().map(countersOf);
}
