/** Memory that is made for what a read gives away. */
import type { Backend } from '../backend.js';

/**
 * What the address of memory is a multiple of where the kernel copies fast. Into memory 16 bytes behind such a place, where
 * large ArrayBuffers begin, the same copy takes twice as long.
 */
const COPY_ALIGNMENT = 64;
/** Copies of fewer bytes gain less than it costs to ask for the address. */
const WORTH_ALIGNING_BYTES = 32 << 10;

/**
 * From so many bytes on, malloc gets new pages for each block, which take the system longer to make than a read to fill,
 * unless they are large; and gives them back with it, so that it ends with the block what they were asked to be.
 */
const WORTH_LARGE_PAGES_BYTES = 32 << 20;

/** Memory that nobody else sees until the read has settled, on an ArrayBuffer of exactly `bytes`; not zeroed. */
export function freshBytes(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}

/**
 * The same for a read that fills all of it: where the kernel copies fast, if the backend can say where that is, on a
 * slightly longer ArrayBuffer; and on large pages, if it is large.
 */
export function freshForRead(backend: Backend, bytes: number): Buffer<ArrayBuffer> {
  if (bytes < WORTH_ALIGNING_BYTES || backend.pageOffset === undefined) return Buffer.allocUnsafeSlow(bytes);
  const memory = Buffer.allocUnsafeSlow(bytes + COPY_ALIGNMENT);
  if (bytes >= WORTH_LARGE_PAGES_BYTES) backend.useLargePages?.(memory);
  const beyond = backend.pageOffset(memory) % COPY_ALIGNMENT;
  const start = beyond === 0 ? 0 : COPY_ALIGNMENT - beyond;
  return memory.subarray(start, start + bytes);
}

/** A block so large, freed once, lets malloc keep twice as much. */
const KEPT_BYTES = 16 << 20;
let isKeeping = false;

/**
 * Lets malloc keep the memory of what a stream's consumer drops, for the chunks that follow. glibc gives free memory at
 * the end of its heap back to the system once there is twice as much of it as the largest block that was ever mapped for
 * itself and freed. Until a program has freed a large one, that is less than what the garbage collector frees of a stream at
 * once, and many chunks are made of new pages, which take longer to make than to fill. So one large block is made and
 * dropped; nobody writes to it, so it never becomes memory. Other libraries' malloc, and other systems, are as they were.
 */
export function keepFreedMemory(): void {
  if (isKeeping || process.platform !== 'linux') return;
  isKeeping = true;
  Buffer.allocUnsafeSlow(KEPT_BYTES);
}
