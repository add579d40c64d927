/** Memory that is made for what a read gives away. */
import type { Backend } from '../backend.js';

/**
 * What the address of memory is a multiple of where the kernel copies fast. Into memory 16 bytes behind such a place, where
 * large ArrayBuffers begin, the same copy takes twice as long.
 */
const COPY_ALIGNMENT = 64;
/** Copies of fewer bytes gain less than it costs to ask for the address. */
const WORTH_ALIGNING_BYTES = 32 << 10;

/** Memory that nobody else sees until the read has settled, on an ArrayBuffer of exactly `bytes`; not zeroed. */
export function freshBytes(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}

/** {@link freshBytes} where the kernel copies fast, if the backend can say where that is: on a slightly longer ArrayBuffer. */
export function freshAligned(backend: Backend, bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes < WORTH_ALIGNING_BYTES || backend.pageOffset === undefined) return freshBytes(bytes);
  const memory = freshBytes(bytes + COPY_ALIGNMENT);
  const beyond = backend.pageOffset(memory) % COPY_ALIGNMENT;
  const start = beyond === 0 ? 0 : COPY_ALIGNMENT - beyond;
  return memory.subarray(start, start + bytes);
}
