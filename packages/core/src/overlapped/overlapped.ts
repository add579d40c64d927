/** The managed half of the document's pair: `new Overlapped(...).pack(callback, bytes)` (R26-R36). */
import { AsyncResource } from 'node:async_hooks';
import { invalidArgType, invalidState } from '../errors.js';
import { asBytes, integerInRange } from '../validate.js';
import {
  dropPacked,
  freeNative,
  type IOCompletionCallback,
  NativeOverlapped,
  resetForPack,
} from './native-overlapped.js';

/** What pack can pin: one view, several, or nothing (R29). */
export type PinData = NodeJS.ArrayBufferView | readonly NodeJS.ArrayBufferView[] | null;

const UINT32_MAX = 0xffff_ffff;

/**
 * Checks everything before anything is kept, so that a refused entry leaves nothing pinned (R29).
 * The views are held as they are: V8 does not move their memory, so holding them is the pin (R38).
 */
export function checkPinData(data: PinData | undefined): PinData {
  if (data === null || data === undefined) return null;
  if (Array.isArray(data)) {
    data.forEach((view, i) => asBytes(view, `userData[${i}]`));
    return [...(data as readonly NodeJS.ArrayBufferView[])];
  }
  asBytes(data, 'userData');
  return data;
}

export function checkCallback(callback: unknown): asserts callback is IOCompletionCallback {
  if (typeof callback !== 'function') throw invalidArgType('callback', 'of type function', callback);
}

function isNativeOverlapped(value: unknown): value is NativeOverlapped {
  return value instanceof NativeOverlapped;
}

export function checkNativeOverlapped(value: unknown): asserts value is NativeOverlapped {
  if (!isNativeOverlapped(value)) {
    throw invalidArgType('overlapped', 'what pack or a bound handle returned', value);
  }
}

/**
 * One asynchronous read's position and identity. `pack` gives the object that ReadFile takes and pins the buffers
 * until `free`. The offsets read and write through to the packed object while there is one.
 */
export class Overlapped {
  private packed: NativeOverlapped | undefined;
  private low: number;
  private high: number;

  /**
   * @param offsetLow low 32 bits of the position, in bytes, 0 to 2^32 - 1 (R31, R44)
   * @param offsetHigh high 32 bits
   */
  constructor(offsetLow = 0, offsetHigh = 0) {
    this.low = integerInRange(offsetLow, 'offsetLow', 0, UINT32_MAX);
    this.high = integerInRange(offsetHigh, 'offsetHigh', 0, UINT32_MAX);
  }

  /** Low 32 bits of the position in bytes, 0 to 2^32 - 1 (R44). @throws ERR_OUT_OF_RANGE when set to another value */
  get offsetLow(): number {
    return this.packed?.offsetLow ?? this.low;
  }

  /** Sets it for the next read; the packed object follows. */
  set offsetLow(value: number) {
    this.low = integerInRange(value, 'offsetLow', 0, UINT32_MAX);
    if (this.packed !== undefined) this.packed.offsetLow = value;
  }

  /** High 32 bits of the position. @throws ERR_OUT_OF_RANGE */
  get offsetHigh(): number {
    return this.packed?.offsetHigh ?? this.high;
  }

  /** Sets it for the next read; the packed object follows. */
  set offsetHigh(value: number) {
    this.high = integerInRange(value, 'offsetHigh', 0, UINT32_MAX);
    if (this.packed !== undefined) this.packed.offsetHigh = value;
  }

  /**
   * Packs, pins `userData`, and captures the async context, which the callback will run in (R24).
   * @param callback called once, on a later job, unless readFile reports a failure at once (R21, R22)
   * @param userData a view, an array of views, or null: pinned from now until `free` (R26-R29)
   * @throws ERR_INVALID_STATE if it is packed already (R30); ERR_INVALID_ARG_TYPE or ERR_INVALID_ARG_VALUE if
   *   something can't be pinned, with nothing pinned (R29)
   */
  pack(callback: IOCompletionCallback, userData: PinData = null): NativeOverlapped {
    const native = this.unsafePack(callback, userData);
    native.context = new AsyncResource('OVERLAPPED', { requireManualDestroy: true });
    return native;
  }

  /** `pack` without the async context (R24). */
  unsafePack(callback: IOCompletionCallback, userData: PinData = null): NativeOverlapped {
    checkCallback(callback);
    if (this.packed !== undefined) throw invalidState('the Overlapped is packed already; free it first');
    const pinned = checkPinData(userData);
    const native = new NativeOverlapped();
    resetForPack(native, this.low, this.high);
    native.callback = callback;
    native.pinned = pinned;
    native.owner = this;
    native.release = releasePacked;
    this.packed = native;
    return native;
  }

  /** The Overlapped that `overlapped` was packed from (R32). @throws ERR_INVALID_ARG_TYPE for anything else */
  static unpack(overlapped: NativeOverlapped): Overlapped {
    checkNativeOverlapped(overlapped);
    if (!(overlapped.owner instanceof Overlapped)) {
      throw invalidState('the overlapped was freed, or a bound handle allocated it');
    }
    return overlapped.owner;
  }

  /**
   * Ends the pin. Once, by the callback or, after a synchronous failure or end of file, by the issuer (R33, R34).
   * @throws ERR_INVALID_STATE when freed before, or while its read is in flight
   */
  static free(overlapped: NativeOverlapped): void {
    checkNativeOverlapped(overlapped);
    if (overlapped.bound !== undefined) overlapped.bound.freeNativeOverlapped(overlapped);
    else freeNative(overlapped);
  }

  /** @internal */
  static releaseFrom(native: NativeOverlapped): void {
    const owner = native.owner as Overlapped;
    owner.low = native.offsetLow;
    owner.high = native.offsetHigh;
    owner.packed = undefined;
  }
}

function releasePacked(native: NativeOverlapped): void {
  Overlapped.releaseFrom(native);
  dropPacked(native);
}
