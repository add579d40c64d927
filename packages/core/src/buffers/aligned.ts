/** Page-aligned memory for direct reads, and for buffers that the library lends. */
import type { Backend } from '../backend.js';
import { integerInRange } from '../validate.js';

/** Direct reads need position, length and address to be multiples of this: every common device's block divides it. */
export const ALIGNMENT = 4096;

const SLAB_BYTES = 1 << 20;
/** Larger requests get memory of their own. */
const LARGEST_SHARED = SLAB_BYTES / 4;
const MAX_BYTES = 2 ** 32;

/** Every ArrayBuffer that begins on a page. Weak: it keeps none alive. */
const alignedBuffers = new WeakSet<ArrayBufferLike>();
const slabs = new WeakMap<Backend, { buffer: ArrayBuffer; used: number }>();

export function alignDown(bytes: number): number {
  return bytes - (bytes % ALIGNMENT);
}

export function alignUp(bytes: number): number {
  return alignDown(bytes + ALIGNMENT - 1);
}

/** Whether direct reads can go to `view`: memory from {@link allocAligned}, at an aligned offset in it. */
export function isAligned(view: Uint8Array): boolean {
  return alignedBuffers.has(view.buffer) && view.byteOffset % ALIGNMENT === 0;
}

function allocate(backend: Backend, bytes: number): ArrayBuffer {
  const buffer = backend.allocate(bytes);
  alignedBuffers.add(buffer);
  return buffer;
}

/**
 * `bytes` bytes that begin on a page, zeroed. Small ones share a slab, which lives as long as any of them.
 * @param bytes 1 to 2^32; rounded up to whole pages inside, exact in the view returned
 */
export function alignedBytes(backend: Backend, bytes: number): Uint8Array<ArrayBuffer> {
  integerInRange(bytes, 'bytes', 1, MAX_BYTES);
  const whole = alignUp(bytes);
  if (whole > LARGEST_SHARED) return new Uint8Array(allocate(backend, whole), 0, bytes);
  let slab = slabs.get(backend);
  // A slab that was transferred away has no bytes left to give.
  if (slab === undefined || slab.used + whole > slab.buffer.byteLength) {
    slab = { buffer: allocate(backend, SLAB_BYTES), used: 0 };
    slabs.set(backend, slab);
  }
  const view = new Uint8Array(slab.buffer, slab.used, bytes);
  slab.used += whole;
  return view;
}
