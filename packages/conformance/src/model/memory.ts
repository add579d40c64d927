/** Memory that a read fills, between margins that no read may touch; its owner may transfer it away. */
import { allocAligned } from '@overlapped/core';
import type { Backend } from '@overlapped/core/backend';
import assert from 'node:assert/strict';
import { SENTINEL } from '../families/file/subject.js';
import { LONGEST_READ } from './file-model.js';

const MARGIN = 64; // a multiple of every element's size
const UNTOUCHED = Buffer.alloc(LONGEST_READ + MARGIN, SENTINEL);

type View = NodeJS.ArrayBufferView;
type MakeView = (buffer: ArrayBufferLike, offset: number, bytes: number) => View;

/** The classes of views that a read takes, and what they may be on. Elements wider than a byte round down. */
const KINDS = {
  Buffer: [ArrayBuffer, (buffer, offset, bytes) => Buffer.from(buffer, offset, bytes)],
  DataView: [ArrayBuffer, (buffer, offset, bytes) => new DataView(buffer, offset, bytes)],
  Float64Array: [ArrayBuffer, (buffer, offset, bytes) => new Float64Array(buffer, offset, bytes >> 3)],
  shared: [SharedArrayBuffer, (buffer, offset, bytes) => new Uint8Array(buffer, offset, bytes)],
} as const satisfies Record<string, readonly [new (bytes: number) => ArrayBufferLike, MakeView]>;

export type MemoryKind = keyof typeof KINDS;
export const MEMORY_KINDS = Object.keys(KINDS) as readonly MemoryKind[];

export class Memory {
  /** What the read is given. */
  readonly view: View;
  readonly length: number;
  moved = false;
  private whole: Uint8Array;
  private readonly offset: number;

  private constructor(
    whole: Uint8Array,
    view: View,
    private readonly transferable: boolean,
  ) {
    this.whole = whole.fill(SENTINEL);
    this.view = view;
    this.offset = view.byteOffset - whole.byteOffset;
    this.length = view.byteLength;
  }

  static of(kind: MemoryKind, bytes: number): Memory {
    const [Store, makeView] = KINDS[kind];
    const buffer = new Store(bytes + 2 * MARGIN);
    return new Memory(new Uint8Array(buffer), makeView(buffer, MARGIN, bytes), kind !== 'shared');
  }

  /** For direct reads; `bytes` is a multiple of 4096. */
  static aligned(backend: Backend, bytes: number): Memory {
    const whole = allocAligned(bytes, backend);
    return new Memory(whole, whole, false);
  }

  /** A copy of the view's bytes from its start, wherever they are by now. */
  bytes(count = this.length): Uint8Array {
    return this.whole.slice(this.offset, this.offset + count);
  }

  /** Gives the memory a new owner, which outlives the read (R39), if it is memory that can be transferred. */
  transfer(): void {
    if (this.moved || !this.transferable) return;
    const buffer = this.whole.buffer as ArrayBuffer;
    const owned = structuredClone(buffer, { transfer: [buffer] });
    if (buffer.byteLength > 0) return; // Bun copies what a read is filling
    this.whole = new Uint8Array(owned);
    this.moved = true;
  }

  /** Beyond the view nothing is written, and in it nothing beyond what was read (R43). */
  checkUntouched(bytesRead: number): void {
    const { whole, offset } = this;
    for (const [from, to] of [
      [0, offset],
      [offset + bytesRead, whole.byteLength],
    ] as const) {
      const beyond = whole.subarray(from, to);
      if (UNTOUCHED.subarray(0, to - from).equals(beyond)) continue;
      const at = from - offset + beyond.findIndex((byte) => byte !== SENTINEL);
      assert.fail(`byte ${at} of the buffer was written, beyond the ${bytesRead} bytes read (R43)`);
    }
  }
}
