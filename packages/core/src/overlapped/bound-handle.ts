/** A handle bound to its backend's completion port (R8-R14), and the overlappeds that it allocates (R29-R35). */
import { AsyncResource } from 'node:async_hooks';
import { invalidArgType, invalidArgValue, invalidState, systemError } from '../errors.js';
import { ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER } from './constants.js';
import {
  dropPacked,
  freeNative,
  type IOCompletionCallback,
  NativeOverlapped,
  ReadState,
  resetForPack,
} from './native-overlapped.js';
import { checkCallback, checkNativeOverlapped, checkPinData, type PinData } from './overlapped.js';
import { SafeFileHandle } from './safe-file-handle.js';

/**
 * Callback, state and pins made once and used for many reads, one at a time (R28, R35): allocate, read, free, again.
 */
export class PreAllocatedOverlapped {
  /** @internal */ readonly native = new NativeOverlapped();
  private disposed = false;

  /**
   * @param callback called for each read
   * @param state given back by `getNativeOverlappedState`
   * @param pinData pinned until `dispose`; null for none
   */
  constructor(callback: IOCompletionCallback, state: unknown = null, pinData: PinData = null) {
    checkCallback(callback);
    const { native } = this;
    native.pinned = checkPinData(pinData);
    native.callback = callback;
    native.owner = state;
    native.preAllocated = this;
    native.release = releasePreAllocated;
  }

  private get inUse(): boolean {
    return this.native.state !== ReadState.Free;
  }

  /** Ends the pins, now or, while a read uses it, when that read is freed (R35). Idempotent. */
  dispose(): void {
    this.disposed = true;
    if (!this.inUse) this.native.pinned = undefined;
  }

  /** @internal */
  allocate(bound: BoundHandle): NativeOverlapped {
    if (this.disposed) throw invalidState('the PreAllocatedOverlapped was disposed');
    if (this.inUse) throw invalidArgValue('preAllocated', 'is in use by another read');
    const { native } = this;
    resetForPack(native, 0, 0);
    native.bound = bound;
    return native;
  }

  /** @internal */
  releaseNative(): void {
    this.native.bound = undefined;
    if (this.disposed) this.native.pinned = undefined;
  }
}

function releasePreAllocated(native: NativeOverlapped): void {
  native.preAllocated?.releaseNative();
}

function releaseAllocated(native: NativeOverlapped): void {
  dropPacked(native);
  native.bound = undefined;
}

/** What {@link bindHandle} returns: the handle's tie to the completion port, and a maker of overlappeds (R8, R11). */
export class BoundHandle {
  private isDisposed = false;

  /** @internal Use {@link bindHandle}. */
  constructor(
    /** The bound handle. It stays the caller's to close, and readable after dispose (R12). */
    readonly handle: SafeFileHandle,
  ) {}

  /**
   * An overlapped for one read, at position 0, with the async context of this call (R24, R31).
   * @throws ERR_INVALID_STATE after dispose (R12); the errors of `Overlapped.pack` (R29)
   */
  allocateNativeOverlapped(
    callback: IOCompletionCallback,
    state: unknown = null,
    pinData: PinData = null,
  ): NativeOverlapped {
    const native = this.unsafeAllocateNativeOverlapped(callback, state, pinData);
    native.context = new AsyncResource('OVERLAPPED', { requireManualDestroy: true });
    return native;
  }

  /** `allocateNativeOverlapped` without the async context. */
  unsafeAllocateNativeOverlapped(
    callback: IOCompletionCallback,
    state: unknown = null,
    pinData: PinData = null,
  ): NativeOverlapped {
    this.checkUsable();
    checkCallback(callback);
    const pinned = checkPinData(pinData);
    const native = new NativeOverlapped();
    resetForPack(native, 0, 0);
    native.callback = callback;
    native.owner = state;
    native.pinned = pinned;
    native.bound = this;
    native.release = releaseAllocated;
    return native;
  }

  /** The pre-allocated overlapped, ready for a read at position 0. @throws if it is in use or disposed (R35) */
  allocateFrom(preAllocated: PreAllocatedOverlapped): NativeOverlapped {
    this.checkUsable();
    if (!(preAllocated instanceof PreAllocatedOverlapped)) {
      throw invalidArgType('preAllocated', 'an instance of PreAllocatedOverlapped', preAllocated);
    }
    return preAllocated.allocate(this);
  }

  /** Once (R33). @throws ERR_INVALID_ARG_VALUE if another bound handle allocated it; ERR_INVALID_STATE in flight */
  freeNativeOverlapped(overlapped: NativeOverlapped): void {
    checkNativeOverlapped(overlapped);
    if (overlapped.bound !== this && overlapped.bound !== undefined) {
      throw invalidArgValue('overlapped', 'was allocated by another bound handle');
    }
    freeNative(overlapped);
  }

  /** The `state` given at allocation, identically; null stays null (R32). */
  static getNativeOverlappedState(overlapped: NativeOverlapped): unknown {
    checkNativeOverlapped(overlapped);
    return overlapped.owner;
  }

  /** Allocates no more. The handle stays open, earlier overlappeds can still be freed (R12). Idempotent. */
  dispose(): void {
    this.isDisposed = true;
  }

  private checkUsable(): void {
    if (this.isDisposed) throw invalidState('the BoundHandle was disposed');
  }
}

/**
 * Binds a handle to its backend's completion port. Permanent until the handle closes (R11).
 * @throws ERR_INVALID_ARG_TYPE for null and undefined, EBADF for 0, -1 and a closed handle (R9), EINVAL for a handle
 *   that is bound already or was opened without FILE_FLAG_OVERLAPPED (R10)
 */
export function bindHandle(handle: SafeFileHandle): BoundHandle {
  const value: unknown = handle;
  if (value === 0 || value === -1 || (value instanceof SafeFileHandle && value.isClosed)) {
    throw systemError({
      syscall: 'bind',
      win32: ERROR_INVALID_HANDLE,
      detail: 'the handle is closed or invalid',
    });
  }
  if (!(value instanceof SafeFileHandle)) throw invalidArgType('handle', 'what createFile returned', handle);
  const refusal =
    handle.bound !== undefined ? 'the handle is bound already' : 'it was opened without FILE_FLAG_OVERLAPPED';
  if (handle.bound !== undefined || !handle.overlapped) {
    throw systemError({
      syscall: 'bind',
      win32: ERROR_INVALID_PARAMETER,
      path: handle.file.path,
      backend: handle.backend.name,
      detail: refusal,
    });
  }
  handle.backend.bind(handle.file);
  handle.bound = new BoundHandle(handle);
  return handle.bound;
}
