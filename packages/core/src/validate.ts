/** Argument checks. Each runs before any system call and names the argument it refuses (R45, R60). */
import { fileURLToPath } from 'node:url';
import { invalidArgType, invalidArgValue, outOfRange } from './errors.js';

/** One read takes at most this many bytes: 2^31 - 1 (R60). */
export const MAX_READ_LENGTH = 0x7fff_ffff;

/** No position plus length may pass 2^63 - 1 (R45). */
export const MAX_POSITION = 0x7fff_ffff_ffff_ffffn;

/** The ECMAScript classes of memory that a read may fill. */
export type ReadTarget = NodeJS.ArrayBufferView;

type Getter = (this: unknown) => unknown;

/** The function behind a property that is the language's own, where this engine has it. */
function getterOf(prototype: object, name: string): Getter {
  const property = Object.getOwnPropertyDescriptor(prototype, name) as { readonly get: Getter } | undefined;
  return property === undefined ? (): undefined => undefined : property.get;
}

// Every read asks for all three. V8 compiles none of them in place: by name each costs a look-up and a call, by `call` a call.
const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;
const byteLengthGetter = getterOf(TYPED_ARRAY, 'byteLength');
const bufferGetter = getterOf(TYPED_ARRAY, 'buffer');
const resizableGetter = getterOf(ArrayBuffer.prototype, 'resizable'); // ES2024

/**
 * `bytes.byteLength`, for whatever every read runs: 0 once the memory is gone. Not `bytes.length`, which V8 of Node 20 compiles
 * to a load that misses that, where it has seen resizable memory before.
 */
export function byteLengthOf(bytes: Uint8Array): number {
  return byteLengthGetter.call(bytes) as number;
}

/** Whether memory could be taken away from a read while its buffer stays (R40). */
function isResizable(view: ArrayBufferView): boolean {
  const buffer = view instanceof Uint8Array ? bufferGetter.call(view) : view.buffer;
  return buffer instanceof ArrayBuffer && resizableGetter.call(buffer) === true;
}

/** Bytes of what most callers pass, a view that {@link asBytes} would give back as it is; 0 for everything else. */
export function plainByteLength(view: unknown): number {
  if (!(view instanceof Uint8Array)) return 0;
  const bytes = byteLengthOf(view);
  return bytes > 0 && !isResizable(view) ? bytes : 0;
}

/**
 * The bytes of `view` as a `Uint8Array`; a `Uint8Array` (a `Buffer` too) comes back as it is.
 * @throws ERR_INVALID_ARG_TYPE if it is not a view, ERR_INVALID_ARG_VALUE if its memory can't be pinned: detached
 *   (R60) or resizable (R40). SharedArrayBuffer and WebAssembly memory can.
 */
export function asBytes(view: unknown, name: string): Uint8Array {
  if (plainByteLength(view) > 0) return view as Uint8Array;
  if (!ArrayBuffer.isView(view)) {
    throw invalidArgType(name, 'an instance of Buffer, TypedArray, or DataView', view);
  }
  if (isResizable(view)) {
    throw invalidArgValue(
      name,
      'is a view on a resizable ArrayBuffer, whose memory could be taken away during the read',
    );
  }
  if (isDetached(view)) throw detached(name);
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function detached(name: string): Error {
  return invalidArgValue(name, 'has no memory: its ArrayBuffer was transferred or detached');
}

/** True if the view's memory was taken away. Only called where the length is 0, so its cost does not matter. */
function isDetached(view: ArrayBufferView): boolean {
  const { buffer } = view;
  if (buffer.byteLength > 0 || !(buffer instanceof ArrayBuffer)) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true; // TypeError: Cannot perform Construct on a detached ArrayBuffer
  }
}

/** Checks that `value` is an integer from `min` to `max`. */
export function integerInRange(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
  return value;
}

/** Checks which part of `buffer` a read is to fill. @returns its bytes */
export function checkSpan(buffer: NodeJS.ArrayBufferView, offset: number, length: number): Uint8Array {
  const plain = plainByteLength(buffer);
  const bytes = plain > 0 ? (buffer as Uint8Array) : asBytes(buffer, 'buffer');
  const room = plain > 0 ? plain : byteLengthOf(bytes);
  integerInRange(offset, 'offset', 0, room);
  integerInRange(length, 'length', 0, Math.min(room - offset, MAX_READ_LENGTH));
  return bytes;
}

/**
 * Checks a byte position for a read of `length` bytes (R45): an integer number up to 2^53 - 1 or a bigint, not
 * negative, and position + length at most 2^63 - 1. There is no "current position": -1 is refused.
 */
export function checkPosition(position: unknown, length: number): number | bigint {
  if (typeof position === 'number') {
    if (Number.isSafeInteger(position) && position >= 0) return position;
    throw outOfRange('position', '>= 0 && <= 9007199254740991 as a number, or a bigint', position);
  }
  if (typeof position === 'bigint') {
    if (position >= 0n && position <= MAX_POSITION - BigInt(length)) return position;
    throw outOfRange('position', `>= 0n && <= ${MAX_POSITION - BigInt(length)}n`, position);
  }
  throw invalidArgType('position', 'an integer of type number or bigint', position);
}

/** Checks that `signal` is an AbortSignal, or absent. */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return;
  if (typeof signal !== 'object' || signal === null || !('aborted' in signal)) {
    throw invalidArgType('options.signal', 'an instance of AbortSignal', signal);
  }
}

/** A path as `node:fs` takes it, made a string. */
export function pathString(path: unknown): string {
  if (path instanceof URL) {
    if (path.protocol !== 'file:') throw invalidArgValue('path', 'must be a file: URL');
    return fileURLToPath(path);
  }
  const text = Buffer.isBuffer(path) ? utf8(path) : path;
  if (typeof text !== 'string')
    throw invalidArgType('path', 'of type string or an instance of Buffer or URL', path);
  if (text.includes('\0')) throw invalidArgValue('path', 'must be a string without null bytes');
  return text;
}

/** A path given as bytes has to be UTF-8: the backends take names as text. */
function utf8(path: Buffer): string {
  const text = path.toString();
  if (!Buffer.from(text).equals(path)) throw invalidArgValue('path', 'must be UTF-8 where it is a Buffer');
  return text;
}
