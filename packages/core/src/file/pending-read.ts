/**
 * One L1 read under way: a promise on top of the document layer's callback. Records are pooled and each owns a
 * pre-allocated overlapped, so a read makes nothing but its promise.
 */
import { abortError, codeOf, type NativeError, systemError } from '../errors.js';
import {
  type BoundHandle,
  cancelIoEx,
  ERROR_BROKEN_PIPE,
  ERROR_HANDLE_EOF,
  ERROR_INVALID_HANDLE,
  ERROR_NOACCESS,
  ERROR_OPERATION_ABORTED,
  ERROR_PIPE_NOT_CONNECTED,
  type NativeOverlapped,
  PreAllocatedOverlapped,
  queueReadFile,
} from '../overlapped/index.js';
import { checkPosition } from '../validate.js';
import { type Abortable, unwatch, watch } from './abort-group.js';
import { readIsTraced, traceRead } from './diagnostics.js';

/** Win32's three ways to say "no more bytes" (R19, R51, R52). */
function isEndOfFile(errorCode: number): boolean {
  return (
    errorCode === ERROR_HANDLE_EOF ||
    errorCode === ERROR_BROKEN_PIPE ||
    errorCode === ERROR_PIPE_NOT_CONNECTED
  );
}

const DETAILS: ReadonlyMap<number, string> = new Map([
  [ERROR_INVALID_HANDLE, 'file closed'],
  [1784, 'too many reads are waiting; try again after some have completed'],
]);

class PendingRead implements Abortable {
  readonly overlapped: PreAllocatedOverlapped = new PreAllocatedOverlapped(onCompletion, this);
  resolve!: (bytesRead: number) => void;
  reject!: (reason: unknown) => void;
  bound!: BoundHandle;
  native!: NativeOverlapped;
  signal: AbortSignal | undefined;
  /** Passed to `new Promise`; made once for each record. */
  readonly executor = (resolve: (bytesRead: number) => void, reject: (reason: unknown) => void): void => {
    this.resolve = resolve;
    this.reject = reject;
  };

  onAbort(): void {
    cancelIoEx(this.bound.handle, this.native);
  }
}

const pool: PendingRead[] = [];
/** Records kept for reuse; more reads than this at once make garbage, no harm else. */
const MAX_POOLED = 4096;

function recycle(read: PendingRead): void {
  read.signal = undefined;
  if (pool.length < MAX_POOLED) pool.push(read);
}

/**
 * Reads `length` bytes at `position` into `buffer` from `offset` on. The promise resolves to the bytes read, 0 at end of
 * file (R19), or rejects with an OverlappedError or, if `signal` ended it, an AbortError (R66-R68).
 * Argument errors reject as well, before any system call (R60).
 */
export function startRead(
  bound: BoundHandle,
  buffer: NodeJS.ArrayBufferView,
  offset: number,
  length: number,
  position: number | bigint,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (!readIsTraced()) return issueRead(bound, buffer, offset, length, position, signal);
  const { backend, file } = bound.handle;
  const trace = { path: file.path, backend: backend.name, position, length };
  return traceRead(() => issueRead(bound, buffer, offset, length, position, signal), trace);
}

function issueRead(
  bound: BoundHandle,
  buffer: NodeJS.ArrayBufferView,
  offset: number,
  length: number,
  position: number | bigint,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (signal !== undefined && signal.aborted) return Promise.reject(abortError(signal));
  const read = pool.pop() ?? new PendingRead();
  const native = bound.allocateFrom(read.overlapped);
  let refusal: number;
  try {
    native.setOffset(checkPosition(position, 0));
    refusal = queueReadFile(bound.handle, buffer, offset, length, native);
  } catch (error) {
    bound.freeNativeOverlapped(native);
    recycle(read);
    return Promise.reject(error);
  }
  if (refusal !== 0) {
    const error = readError(bound, native, refusal);
    bound.freeNativeOverlapped(native);
    recycle(read);
    return Promise.reject(error);
  }
  read.bound = bound;
  if (signal !== undefined) {
    read.native = native;
    read.signal = signal;
    watch(signal, read);
  }
  return new Promise<number>(read.executor);
}

function onCompletion(errorCode: number, numBytes: number, native: NativeOverlapped): void {
  const read = native.owner as PendingRead;
  const { resolve, reject, bound, signal } = read;
  if (signal !== undefined) unwatch(signal, read);
  let error: Error | undefined;
  if (errorCode !== 0 && !isEndOfFile(errorCode)) {
    const aborted = errorCode === ERROR_OPERATION_ABORTED && signal !== undefined && signal.aborted;
    error = aborted ? abortError(signal) : readError(bound, native, errorCode);
  }
  // Pins and record go back before any continuation of the caller runs (R37).
  bound.freeNativeOverlapped(native);
  recycle(read);
  if (error === undefined) resolve(numBytes);
  else reject(error);
}

function readError(bound: BoundHandle, native: NativeOverlapped, win32: number): Error {
  const { backend, file } = bound.handle;
  const raw: NativeError | undefined =
    native.native === 0 ? undefined : { kind: backend.errorKind, code: native.native };
  const detached = win32 === ERROR_NOACCESS;
  const error = systemError({
    syscall: 'read',
    win32,
    native: raw,
    code: detached ? 'ERR_INVALID_STATE' : codeOf(win32, raw),
    path: file.path,
    position: native.position,
    backend: backend.name,
    detail: detached ? 'the buffer was transferred or detached during the read' : DETAILS.get(win32),
  });
  return error;
}
