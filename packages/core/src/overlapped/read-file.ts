/** The document's ReadFile, its batched form, and CancelIoEx. */
import { ISSUED_COMPLETE } from '../backend.js';
import { invalidArgType, invalidState } from '../errors.js';
import { checkPosition, checkSpan } from '../validate.js';
import {
  ERROR_ACCESS_DENIED,
  ERROR_INVALID_HANDLE,
  ERROR_INVALID_PARAMETER,
  ERROR_INVALID_USER_BUFFER,
} from './constants.js';
import { NativeOverlapped, ReadState } from './native-overlapped.js';
import { checkNativeOverlapped } from './overlapped.js';
import { SafeFileHandle } from './safe-file-handle.js';

let lastError = 0;

/**
 * The error of the last {@link readFile} on this thread that returned false: a Win32 number on every backend. 997 is
 * "pending", and no failure (R50). Captured inside readFile, so later calls do not disturb it (R55).
 */
export function getLastError(): number {
  return lastError;
}

/**
 * Starts one read and returns at once.
 *
 * @param handle a bound handle
 * @param buffer where the bytes go; held until the read's own completion, whatever else happens (R26, R65)
 * @param numberOfBytesToRead 0 to 2^31 - 1 and at most the buffer's length (R60)
 * @param numberOfBytesReadMustBeZero null, as the article passes IntPtr.Zero
 * @param overlapped packed; its offsets are the position (R44)
 * @returns true if the read has finished already: the callback comes all the same (R20, R49). False: look at
 *   {@link getLastError}: 997, the callback comes (R50); 38, end of file, no callback, free the overlapped (R51);
 *   6, the handle is closed; 87, it is not bound; 5, it was opened without read access (R60); 1784, too many reads are in flight, try again (R77); anything
 *   else, the read failed, no callback, free the overlapped (R54).
 * @throws argument errors, and ERR_INVALID_STATE for an overlapped that is not packed or is in flight (R35), before
 *   any system call
 */
export function readFile(
  handle: SafeFileHandle,
  buffer: NodeJS.ArrayBufferView,
  numberOfBytesToRead: number,
  numberOfBytesReadMustBeZero: null,
  overlapped: NativeOverlapped,
): boolean {
  if (numberOfBytesReadMustBeZero !== null) {
    throw invalidArgType('numberOfBytesReadMustBeZero', 'null', numberOfBytesReadMustBeZero);
  }
  const target = checkRead(handle, overlapped, buffer, 0, numberOfBytesToRead);
  const refusal = fillIn(handle, overlapped, target, 0, numberOfBytesToRead) || accessRefusal(handle);
  if (refusal !== 0) {
    lastError = refusal;
    return false;
  }
  const outcome = handle.port.issue(overlapped);
  if (outcome === ISSUED_COMPLETE) return true;
  lastError = outcome;
  return false;
}

/**
 * The batched form of {@link readFile}: every outcome comes by the callback, and all reads queued by one job of the
 * event loop go to the system in one call. When all slots are taken it waits in line, first come first served (R77).
 *
 * @param offset first byte of `buffer` to fill
 * @param length bytes to read
 * @returns 0, or the error that refused it: 6 closed, 87 not bound, 5 no read access, 1784 the line is full. Then no
 *   callback comes.
 * @throws as readFile
 */
export function queueReadFile(
  handle: SafeFileHandle,
  buffer: NodeJS.ArrayBufferView,
  offset: number,
  length: number,
  overlapped: NativeOverlapped,
): number {
  const target = checkRead(handle, overlapped, buffer, offset, length);
  return queueCheckedRead(handle, target, offset, length, overlapped);
}

/**
 * {@link queueReadFile} for the file API, which has checked what it passes, and under the names of its own arguments.
 * @internal
 */
export function queueCheckedRead(
  handle: SafeFileHandle,
  target: Uint8Array,
  offset: number,
  length: number,
  overlapped: NativeOverlapped,
): number {
  const refusal = fillIn(handle, overlapped, target, offset, length);
  if (refusal !== 0) return refusal;
  if (!handle.readable) return ERROR_ACCESS_DENIED;
  return handle.port.queue(overlapped) ? 0 : ERROR_INVALID_USER_BUFFER;
}

/** Checks the arguments of a read but for its position. @returns the buffer's bytes */
function checkRead(
  handle: SafeFileHandle,
  overlapped: NativeOverlapped,
  buffer: NodeJS.ArrayBufferView,
  offset: number,
  length: number,
): Uint8Array {
  if (!(handle instanceof SafeFileHandle)) throw invalidArgType('handle', 'what createFile returned', handle);
  if (!(overlapped instanceof NativeOverlapped)) checkNativeOverlapped(overlapped);
  if (overlapped.state !== ReadState.Packed) throw invalidState(refusalOf(overlapped));
  return checkSpan(buffer, offset, length);
}

/** Fills in the request, at the overlapped's position. @returns 0, or why the handle can't be read */
function fillIn(
  handle: SafeFileHandle,
  overlapped: NativeOverlapped,
  target: Uint8Array,
  offset: number,
  length: number,
): number {
  if (overlapped.offsetHigh >= 0x20_0000) checkPosition(overlapped.position, length);
  if (handle.isClosed) return ERROR_INVALID_HANDLE;
  if (handle.bound === undefined) return ERROR_INVALID_PARAMETER;
  overlapped.handle = handle;
  overlapped.file = handle.file;
  overlapped.target = target;
  overlapped.targetOffset = offset;
  overlapped.length = length;
  return 0;
}

/**
 * 5 for a handle without read access (R60). Where ReadFile itself says so it is let to; Linux calls such a read a bad
 * descriptor (EBADF), which 6 would stand for.
 */
function accessRefusal({ readable, backend }: SafeFileHandle): number {
  return readable || backend.capabilities.synchronousOutcomes ? 0 : ERROR_ACCESS_DENIED;
}

function refusalOf(overlapped: NativeOverlapped): string {
  return overlapped.state === ReadState.Free
    ? 'the overlapped was freed; pack again'
    : 'the overlapped carries a read already; one at a time (R35)';
}

/**
 * Asks the system to give up one read, or every read of the handle. A request: each read ends by its own callback,
 * with 995 or with whatever it had come to (R63-R67). Idempotent; does nothing to a read that has ended.
 */
export function cancelIoEx(handle: SafeFileHandle, overlapped: NativeOverlapped | null = null): void {
  if (!(handle instanceof SafeFileHandle)) throw invalidArgType('handle', 'what createFile returned', handle);
  if (overlapped === null) {
    handle.port.cancelAll(handle);
    return;
  }
  checkNativeOverlapped(overlapped);
  if (overlapped.handle === handle) handle.port.cancel(overlapped);
}
