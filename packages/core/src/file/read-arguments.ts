/** FileHandle's three forms of `read`, and what they have in common. */
import { types } from 'node:util';
import { invalidArgType } from '../errors.js';

/** What {@link OverlappedFile.read} resolves to: FileHandle's result. */
export interface ReadResult<T extends NodeJS.ArrayBufferView> {
  /** 0 at end of file; may be less than asked for anywhere (R62). */
  bytesRead: number;
  /** The buffer that was passed in. */
  buffer: T;
}

/** What and where {@link OverlappedFile.read} reads. */
export interface ReadOptions {
  /** First byte of the buffer to fill; default 0. */
  readonly offset?: number | undefined;
  /** Bytes to read; default: to the buffer's end. */
  readonly length?: number | undefined;
  /** First byte of the file; without it, where the last read without a position ended. */
  readonly position?: number | bigint | null | undefined;
  /** Aborts: at once if it has fired, else as soon as the system lets go of the buffer (R66-R68). */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_READ_BYTES = 16_384; // FileHandle.read's, where no buffer is given

/** `(buffer, offset, length, position)`, `(buffer, options)` or `(options)`. */
export function readArguments(
  first: unknown,
  second: number | null | ReadOptions | undefined,
  third: number | null | undefined,
  fourth: number | bigint | null | undefined,
): { buffer: NodeJS.ArrayBufferView; options: ReadOptions } {
  if (ArrayBuffer.isView(first)) {
    const buffer = first as NodeJS.ArrayBufferView;
    if (typeof second === 'object' && second !== null) return { buffer, options: second };
    if (second !== undefined && second !== null && typeof second !== 'number') {
      throw invalidArgType('offset', 'of type number', second);
    }
    return { buffer, options: { offset: second ?? undefined, length: third ?? undefined, position: fourth } };
  }
  const options = first ?? {};
  // Nobody means an ArrayBuffer as options: node:fs takes it for them, and never fills its bytes.
  if (typeof options !== 'object' || Array.isArray(options) || types.isAnyArrayBuffer(options)) {
    throw invalidArgType('buffer', 'an instance of Buffer, TypedArray, or DataView', first);
  }
  const { buffer = Buffer.alloc(DEFAULT_READ_BYTES), ...rest } = options as ReadOptions & {
    buffer?: NodeJS.ArrayBufferView;
  };
  return { buffer, options: rest };
}
