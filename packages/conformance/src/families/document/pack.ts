/** Pack, unpack and free: identity, state, pins and their owner (R26-R37; what dotnet's OverlappedTests check). */
import assert from 'node:assert/strict';
import {
  BoundHandle,
  type IOCompletionCallback,
  type NativeOverlapped,
  Overlapped,
  type PinData,
  queueReadFile,
  readFile,
} from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { interpose } from '../../interpose.js';
import { isCollected, nextTurn, read, startRead, withFile, withPendingSource } from './reads.js';

const SIZE = 4096;
const nothing: IOCompletionCallback = () => undefined;
const INVALID_STATE = { code: 'ERR_INVALID_STATE' };
const WRONG_TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const WRONG_VALUE = { code: 'ERR_INVALID_ARG_VALUE' };

export const PINNABLE: readonly (readonly [string, () => PinData])[] = [
  ['one buffer', () => Buffer.alloc(16)],
  ['an array of buffers', () => [Buffer.alloc(16), new Float64Array(2), new DataView(new ArrayBuffer(8))]],
  ['an empty array', () => []],
  ['nothing', () => null],
  ['an empty buffer', () => Buffer.alloc(0)],
  ['shared memory', () => new Uint8Array(new SharedArrayBuffer(16))],
];

function detached(): Uint8Array {
  const view = new Uint8Array(16);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

export function onResizable(): Uint8Array {
  // ES2024, which the compiler's library does not have yet.
  const make = ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer;
  return new Uint8Array(new make(16, { maxByteLength: 32 }));
}

const UNPINNABLE: readonly (readonly [string, () => unknown, object])[] = [
  ['a plain object', () => ({}), WRONG_TYPE],
  ['a bare ArrayBuffer', () => new ArrayBuffer(16), WRONG_TYPE],
  ['a detached view', detached, WRONG_VALUE],
  ['a view on a resizable buffer', onResizable, WRONG_VALUE],
];

function fields({ offsetLow, offsetHigh, native }: NativeOverlapped): number[] {
  return [offsetLow, offsetHigh, native];
}

export function pack(context: ConformanceContext): void {
  describe('pack', () => packFamily());
  describe('allocate from a bound handle', () => allocateFamily(context));
  describe('free', () => freeFamily(context));
  describe('completions', () => completionFamily(context));
}

function packFamily(): void {
  for (const [what, make] of PINNABLE) {
    it(`[R29] [R31] ${what} can be pinned; the fresh overlapped is zero`, () => {
      const overlapped = new Overlapped().pack(nothing, make());
      assert.deepEqual(fields(overlapped), [0, 0, 0]);
      Overlapped.free(overlapped);
    });
  }

  for (const [what, make, error] of UNPINNABLE) {
    it(`[R29] ${what} can't be pinned, alone or in an array; what was pinned before it in that call is released`, async () => {
      const overlapped = new Overlapped();
      assert.throws(() => overlapped.pack(nothing, make() as PinData), error);
      const before = ((): WeakRef<object> => {
        const good = Buffer.allocUnsafeSlow(16);
        assert.throws(() => overlapped.pack(nothing, [good, make()] as PinData), error);
        return new WeakRef(good);
      })();
      assert.equal(await isCollected(before), true);
      Overlapped.free(overlapped.pack(nothing)); // the failed calls left it unpacked
    });
  }

  it('[R29] the callback has to be a function', () => {
    assert.throws(() => new Overlapped().pack(null as unknown as IOCompletionCallback), WRONG_TYPE);
  });

  it('[R30] packed is packed: again only after free', () => {
    const overlapped = new Overlapped();
    const first = overlapped.pack(nothing);
    assert.throws(() => overlapped.pack(nothing), INVALID_STATE);
    assert.throws(() => overlapped.unsafePack(nothing), INVALID_STATE);
    Overlapped.free(first);
    const second = overlapped.pack(nothing);
    Overlapped.free(second);
  });

  it('[R31] the offsets given to the constructor, low word first, are those of the packed overlapped, both ways', () => {
    const overlapped = new Overlapped(0xffff_ffff, 7);
    const native = overlapped.pack(nothing);
    assert.deepEqual(fields(native), [0xffff_ffff, 7, 0]);
    overlapped.offsetLow = 1;
    overlapped.offsetHigh = 2;
    assert.deepEqual(fields(native), [1, 2, 0]);
    native.setOffset(0x5_0000_0003n);
    assert.deepEqual([overlapped.offsetLow, overlapped.offsetHigh], [3, 5]);
    Overlapped.free(native);
    assert.deepEqual([overlapped.offsetLow, overlapped.offsetHigh], [3, 5]);
  });

  it('[R31] offsets are 32 bits each, unsigned', () => {
    for (const bad of [-1, 2 ** 32, 1.5, NaN]) {
      assert.throws(() => new Overlapped(bad), { code: 'ERR_OUT_OF_RANGE' });
      assert.throws(() => new Overlapped(0, bad), { code: 'ERR_OUT_OF_RANGE' });
    }
  });

  it('[R32] unpack gives the Overlapped back; null and what was freed are refused', () => {
    const overlapped = new Overlapped();
    const native = overlapped.pack(nothing);
    assert.equal(Overlapped.unpack(native), overlapped);
    assert.throws(() => Overlapped.unpack(null as unknown as NativeOverlapped), WRONG_TYPE);
    Overlapped.free(native);
    assert.throws(() => Overlapped.unpack(native), INVALID_STATE);
  });
}

function allocateFamily(context: ConformanceContext): void {
  it('[R32] the state comes back identical, and null stays null', async () => {
    await withFile(context, context.fixtures.file(SIZE), (_handle, bound) => {
      for (const state of [{}, null, 'text', 0]) {
        const native = bound.allocateNativeOverlapped(nothing, state, Buffer.alloc(16));
        assert.equal(BoundHandle.getNativeOverlappedState(native), state);
        bound.freeNativeOverlapped(native);
      }
      const none = null as unknown as NativeOverlapped;
      assert.throws(() => BoundHandle.getNativeOverlappedState(none), WRONG_TYPE);
    });
  });

  for (const [what, make] of PINNABLE) {
    it(`[R29] [R31] ${what} can be pinned; the overlapped is zero`, async () => {
      await withFile(context, context.fixtures.file(SIZE), (_handle, bound) => {
        const native = bound.allocateNativeOverlapped(nothing, null, make());
        assert.deepEqual(fields(native), [0, 0, 0]);
        bound.freeNativeOverlapped(native);
      });
    });
  }

  it("[R29] no callback, or something that can't be pinned, is refused", async () => {
    await withFile(context, context.fixtures.file(SIZE), (_handle, bound) => {
      const none = null as unknown as IOCompletionCallback;
      assert.throws(() => bound.allocateNativeOverlapped(none), WRONG_TYPE);
      for (const [, make, error] of UNPINNABLE) {
        assert.throws(() => bound.allocateNativeOverlapped(nothing, null, make() as PinData), error);
      }
    });
  });

  it('[R33] only the bound handle that allocated an overlapped frees it', async () => {
    const file = context.fixtures.file(SIZE);
    await withFile(context, file, async (_first, bound) => {
      await withFile(context, file, (_second, other) => {
        const native = bound.allocateNativeOverlapped(nothing);
        assert.throws(() => other.freeNativeOverlapped(native), WRONG_VALUE);
        bound.freeNativeOverlapped(native);
      });
    });
  });
}

function freeFamily(context: ConformanceContext): void {
  it('[R33] null is refused, and so is the second free', async () => {
    await withFile(context, context.fixtures.file(SIZE), (_handle, bound) => {
      const none = null as unknown as NativeOverlapped;
      assert.throws(() => Overlapped.free(none), WRONG_TYPE);
      assert.throws(() => bound.freeNativeOverlapped(none), WRONG_TYPE);
      const packed = new Overlapped().pack(nothing);
      Overlapped.free(packed);
      assert.throws(() => Overlapped.free(packed), INVALID_STATE);
      const allocated = bound.allocateNativeOverlapped(nothing);
      bound.freeNativeOverlapped(allocated);
      assert.throws(() => bound.freeNativeOverlapped(allocated), INVALID_STATE);
    });
  });

  it('[R33] [R35] a read in flight can be neither freed nor issued again, and completes all the same', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      const buffer = Buffer.alloc(16);
      const { overlapped, ended } = startRead(context, handle, buffer);
      assert.throws(() => Overlapped.free(overlapped), INVALID_STATE);
      assert.throws(() => readFile(handle, buffer, 16, null, overlapped), INVALID_STATE);
      assert.throws(() => queueReadFile(handle, buffer, 0, 16, overlapped), INVALID_STATE);
      await source.write(Buffer.from('0123456789abcdef'));
      assert.equal((await ended).numBytes, 16);
      assert.equal(buffer.toString(), '0123456789abcdef');
    });
  });

  it('[R34] the callback frees its overlapped; until then it is not free, and after it the same object packs again', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      const overlapped = new Overlapped();
      for (let i = 0; i < 3; i++) {
        const buffer = Buffer.alloc(16);
        await new Promise<void>((resolve, reject) => {
          const native = overlapped.pack((_error, _bytes, completed) => {
            try {
              assert.throws(() => overlapped.pack(nothing), INVALID_STATE);
              assert.throws(() => readFile(handle, buffer, 16, null, completed), INVALID_STATE);
              Overlapped.free(completed);
              resolve();
            } catch (error) {
              reject(error);
            }
          }, buffer);
          assert.equal(queueReadFile(handle, buffer, 0, 16, native), 0);
        });
      }
    });
  });

  it('[R26] pack pins the buffer until free, longer than the read itself takes', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      let completed: NativeOverlapped | undefined;
      const pinned = await new Promise<WeakRef<object>>((resolve) => {
        const buffer = Buffer.allocUnsafeSlow(64);
        const weak = new WeakRef<object>(buffer);
        const native = new Overlapped().pack((_error, _bytes, overlapped) => {
          completed = overlapped;
          resolve(weak);
        }, buffer);
        queueReadFile(handle, buffer, 0, 64, native);
      });
      assert.equal(await isCollected(pinned), false, 'unpinned before free');
      Overlapped.free(completed as NativeOverlapped);
      assert.equal(await isCollected(pinned), true, 'still pinned after free');
    });
  });

  it('[R37] a buffer that was not packed is held until its completion, and not until free', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      let completed: NativeOverlapped | undefined;
      const held = await new Promise<WeakRef<object>>((resolve) => {
        const buffer = Buffer.allocUnsafeSlow(64);
        const weak = new WeakRef<object>(buffer);
        const native = new Overlapped().pack((_error, _bytes, overlapped) => {
          completed = overlapped;
          resolve(weak);
        });
        queueReadFile(handle, buffer, 0, 64, native);
      });
      assert.equal(await isCollected(held), true);
      Overlapped.free(completed as NativeOverlapped);
    });
  });
}

function completionFamily(context: ConformanceContext): void {
  it('[R36] a packet for a read that has completed is counted and dropped, whoever has its slot by then', async () => {
    const real = context.createBackend();
    let repeat: (() => void) | undefined;
    const backend = interpose(real, {
      attach: (sink) =>
        real.attach({
          complete(...packet) {
            repeat ??= () => sink.complete(...packet);
            sink.complete(...packet);
          },
          settled: () => sink.settled(),
        }),
    });
    await withFile(
      context,
      context.fixtures.file(SIZE),
      async (handle) => {
        assert.equal((await read(context, handle, Buffer.alloc(16))).numBytes, 16);
        const again = repeat as () => void;
        again(); // the slot is free
        const second = startRead(context, handle, Buffer.alloc(32));
        again(); // the slot is another read's
        assert.equal((await second.ended).numBytes, 32);
        await nextTurn();
        assert.equal(handle.port.strayPackets, 2);
      },
      backend,
    );
  });
}
