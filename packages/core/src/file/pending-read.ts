/**
 * One L1 read under way: a promise on top of the document layer's callback. Records are pooled and each is a
 * pre-allocated overlapped, so a read makes nothing but its promise.
 */
import { abortError, codeOf, type NativeError, systemError } from '../errors.js';
import {
  type BoundHandle,
  cancelIoEx,
  ERROR_INVALID_HANDLE,
  ERROR_INVALID_USER_BUFFER,
  ERROR_NOACCESS,
  ERROR_OPERATION_ABORTED,
  isEndOfFile,
  type NativeOverlapped,
  PreAllocatedOverlapped,
  queueCheckedRead,
} from '../overlapped/index.js';
import { checkPosition, checkSpan } from '../validate.js';
import { type Abortable, unwatch, watch } from './abort-group.js';

const DETAILS: ReadonlyMap<number, string> = new Map([
  [ERROR_INVALID_HANDLE, 'file closed'],
  [ERROR_INVALID_USER_BUFFER, 'too many reads are waiting; try again after some have completed'],
]);

/** Of a promise of whatever `shape` says the result is. */
type Resolve = (result: never) => void;

/** What a read of a batch has in place of a promise's function. */
function ignore(): void {
  // The batch hears of it.
}

/**
 * What a promise is resolved with to be rejected. Of the two functions that it comes with a read keeps one, since while it
 * waits each is 64 bytes, and failures are rare.
 */
class Failure {
  constructor(private readonly error: Error) {}

  // The language calls it, as it does for every thenable.
  then(_resolve: unknown, reject: (reason: Error) => void): void {
    reject(this.error);
  }
}

/** Bound once: what the layer below exports is a getter, and calling that for every read costs. */
const queueRead = queueCheckedRead;

class PendingRead extends PreAllocatedOverlapped implements Abortable {
  resolve: Resolve = ignore;
  signal: AbortSignal | undefined;
  /** Who hears of the end instead of a promise: the batch that the read is `index` of. */
  batch: ReadBatch | undefined;
  index = 0;
  /** What the promise resolves to beside the bytes read, where it is FileHandle's result. */
  shape: Uint8Array | undefined;

  constructor() {
    super(onCompletion);
    this.native.owner = this;
  }

  onAbort(): void {
    const { native } = this;
    if (native.bound !== undefined) cancelIoEx(native.bound.handle, native);
  }
}

/** Hears how each of its reads ended: one promise for all of them, not one each. */
export interface ReadBatch {
  /** Its caller goes on only when all of its reads have ended. */
  readonly together: boolean;
  /** @param bytesRead 0 at end of file, and on failure */
  settle(index: number, bytesRead: number, error: Error | undefined): void;
}

/** One executor for the promises of all reads, where one each would be memory for every read. */
let starting: PendingRead;
function executor(resolve: Resolve): void {
  starting.resolve = resolve;
}

const pool: PendingRead[] = [];
/** Records kept for reuse; more reads than this at once make garbage, no harm else. */
const MAX_POOLED = 4096;

function recycle(read: PendingRead): void {
  read.signal = undefined;
  read.batch = undefined;
  read.shape = undefined;
  if (pool.length < MAX_POOLED) pool.push(read);
}

/**
 * Reads `length` bytes at `position` into `buffer` from `offset` on. The promise resolves to the bytes read, 0 at end of
 * file (R19), or rejects with an OverlappedError or, if `signal` ended it, an AbortError (R66-R68).
 * Argument errors reject as well, before any system call (R60).
 * @param shape the result is FileHandle's, with this as its buffer: made where the read ends, it takes no promise of its own
 */
export function startRead<T = number>(
  bound: BoundHandle,
  buffer: NodeJS.ArrayBufferView,
  offset: number,
  length: number,
  position: number | bigint,
  signal: AbortSignal | undefined,
  shape?: Uint8Array,
): Promise<T> {
  try {
    if (signal !== undefined && signal.aborted) throw abortError(signal);
    checkPosition(position, 0);
    starting = begin(bound, checkSpan(buffer, offset, length), offset, length, position, signal, false);
    starting.shape = shape;
    return new Promise<T>(executor);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * A checked read whose end `batch` hears of; failures to start too, before this returns.
 * @returns what gives it up; not to be used once it has ended
 */
export function startBatchRead(
  batch: ReadBatch,
  index: number,
  bound: BoundHandle,
  target: Uint8Array,
  length: number,
  position: number | bigint,
  signal: AbortSignal | undefined,
): Abortable | undefined {
  try {
    if (signal !== undefined && signal.aborted) throw abortError(signal);
    const read = begin(bound, target, 0, length, position, signal, batch.together);
    read.batch = batch;
    read.index = index;
    return read;
  } catch (error) {
    batch.settle(index, 0, error as Error);
    return undefined;
  }
}

/** Hands a checked read down. Its completion comes from a later job, so the caller may still say who hears of it. */
function begin(
  bound: BoundHandle,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number | bigint,
  signal: AbortSignal | undefined,
  together: boolean,
): PendingRead {
  const read = pool.pop() ?? new PendingRead();
  const native = bound.allocateFrom(read);
  native.together = together;
  try {
    native.setOffset(position);
    const refusal = queueRead(bound.handle, target, offset, length, native);
    if (refusal !== 0) throw readError(bound, native, refusal);
  } catch (error) {
    bound.freeNativeOverlapped(native);
    recycle(read);
    throw error;
  }
  if (signal !== undefined) {
    read.signal = signal;
    watch(signal, read);
  }
  return read;
}

function onCompletion(errorCode: number, numBytes: number, native: NativeOverlapped): void {
  const read = native.owner as PendingRead;
  const { resolve, signal, batch, index, shape } = read;
  const bound = native.bound as BoundHandle;
  if (signal !== undefined) unwatch(signal, read);
  let error: Error | undefined;
  if (errorCode !== 0 && !isEndOfFile(errorCode)) {
    const aborted = errorCode === ERROR_OPERATION_ABORTED && signal !== undefined && signal.aborted;
    error = aborted ? abortError(signal) : readError(bound, native, errorCode);
  }
  // Pins and record go back before any continuation of the caller runs (R37).
  bound.freeNativeOverlapped(native);
  recycle(read);
  if (batch !== undefined) batch.settle(index, numBytes, error);
  else if (error !== undefined) resolve(new Failure(error) as never);
  else resolve((shape === undefined ? numBytes : { bytesRead: numBytes, buffer: shape }) as never);
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
