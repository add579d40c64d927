/**
 * Buffers that are lent and given back. Fresh memory costs more than the copy into it: the system maps and clears each
 * page at its first touch.
 */
import type { Backend } from '../backend.js';
import { alignedBytes } from './aligned.js';

/** Memory kept for later, for each backend. */
const MAX_KEPT_BYTES = 16 << 20;

export class BufferPool {
  private readonly free = new Map<number, Uint8Array<ArrayBuffer>[]>();
  private kept = 0;

  constructor(private readonly backend: Backend) {}

  /** `bytes` bytes that begin on a page, with whatever the last borrower left in them. */
  lend(bytes: number): Uint8Array<ArrayBuffer> {
    const buffer = this.free.get(bytes)?.pop();
    if (buffer === undefined) return alignedBytes(this.backend, bytes);
    this.kept -= bytes;
    // A borrower may have transferred it away after giving it back.
    return buffer.byteLength === bytes ? buffer : this.lend(bytes);
  }

  /** No read may be filling it. */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    const bytes = buffer.byteLength;
    if (bytes === 0 || this.kept + bytes > MAX_KEPT_BYTES) return;
    this.kept += bytes;
    const buffers = this.free.get(bytes);
    if (buffers === undefined) this.free.set(bytes, [buffer]);
    else buffers.push(buffer);
  }
}

const pools = new WeakMap<Backend, BufferPool>();

export function poolOf(backend: Backend): BufferPool {
  let pool = pools.get(backend);
  if (pool === undefined) pools.set(backend, (pool = new BufferPool(backend)));
  return pool;
}
