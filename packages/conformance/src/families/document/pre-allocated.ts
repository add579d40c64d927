/** Overlappeds made once and used for many reads (R28, R35; what dotnet's PreAllocatedOverlappedTests check). */
import assert from 'node:assert/strict';
import {
  type BoundHandle,
  BoundHandle as Bound,
  type IOCompletionCallback,
  type NativeOverlapped,
  PreAllocatedOverlapped,
  queueReadFile,
} from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { PINNABLE } from './pack.js';
import { collectGarbage, isCollected, withFile, withPendingSource } from './reads.js';

const SIZE = 4096;
const nothing: IOCompletionCallback = () => undefined;

interface Result {
  readonly errorCode: number;
  readonly numBytes: number;
  readonly overlapped: NativeOverlapped;
}

/** One pre-allocated overlapped, and the promise of its next completion. */
class Reusable {
  private report!: (result: Result) => void;
  readonly overlapped = new PreAllocatedOverlapped(
    (errorCode, numBytes, overlapped) => this.report({ errorCode, numBytes, overlapped }),
    this,
  );

  read(bound: BoundHandle, buffer: Buffer, position: number): Promise<Result> {
    return new Promise((resolve) => {
      this.report = resolve;
      const native = bound.allocateFrom(this.overlapped);
      native.setOffset(position);
      assert.equal(queueReadFile(bound.handle, buffer, 0, buffer.length, native), 0);
    });
  }
}

export function preAllocated(context: ConformanceContext): void {
  for (const [what, make] of PINNABLE) {
    it(`[R29] [R35] ${what} can be pinned, and state may be null`, () => {
      new PreAllocatedOverlapped(nothing, null, make()).dispose();
    });
  }

  it('[R35] without a callback none is made, and what was half made is collected', async () => {
    const none = null as unknown as IOCompletionCallback;
    assert.throws(() => new PreAllocatedOverlapped(none), { code: 'ERR_INVALID_ARG_TYPE' });
    await collectGarbage();
  });

  it('[R35] null is refused, and so is one that is in use or was disposed', async () => {
    await withFile(context, context.fixtures.file(SIZE), (_handle, bound) => {
      const none = null as unknown as PreAllocatedOverlapped;
      assert.throws(() => bound.allocateFrom(none), { code: 'ERR_INVALID_ARG_TYPE' });
      const overlapped = new PreAllocatedOverlapped(nothing);
      const native = bound.allocateFrom(overlapped);
      assert.throws(() => bound.allocateFrom(overlapped), {
        code: 'ERR_INVALID_ARG_VALUE',
        message: /in use/,
      });
      bound.freeNativeOverlapped(native);
      overlapped.dispose();
      overlapped.dispose();
      assert.throws(() => bound.allocateFrom(overlapped), { code: 'ERR_INVALID_STATE' });
    });
  });

  it('[R12] none is allocated after the bound handle was disposed', async () => {
    await withFile(context, context.fixtures.file(SIZE), (_handle, bound) => {
      bound.dispose();
      const overlapped = new PreAllocatedOverlapped(nothing);
      assert.throws(() => bound.allocateFrom(overlapped), { code: 'ERR_INVALID_STATE' });
    });
  });

  it('[R28] [R31] [R35] on two handles, ten reads each through one overlapped: right bytes, and zeroed each time', async () => {
    const file = context.fixtures.file(SIZE);
    await withFile(context, file, async (_first, one) => {
      await withFile(context, file, async (_second, two) => {
        const reusable = new Reusable();
        const buffer = Buffer.alloc(100);
        for (let i = 0; i < 20; i++) {
          const bound = i % 2 === 0 ? one : two;
          const fresh = bound.allocateFrom(reusable.overlapped);
          assert.deepEqual([fresh.offsetLow, fresh.offsetHigh, fresh.native], [0, 0, 0]);
          bound.freeNativeOverlapped(fresh);
          const { errorCode, numBytes, overlapped } = await reusable.read(bound, buffer, i * 100);
          assert.deepEqual([errorCode, numBytes], [0, 100]);
          assert.deepEqual(buffer, pattern(i * 100, 100));
          assert.equal(Bound.getNativeOverlappedState(overlapped), reusable);
          bound.freeNativeOverlapped(overlapped);
        }
        reusable.overlapped.dispose();
      });
    });
  });

  it('[R37] its callback may free it and start the next read at once', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle, bound) => {
      const buffer = Buffer.alloc(64);
      const positions: number[] = [];
      await new Promise<void>((resolve, reject) => {
        const overlapped = new PreAllocatedOverlapped((errorCode, _bytes, completed) => {
          positions.push(Number(completed.position));
          bound.freeNativeOverlapped(completed);
          if (errorCode !== 0) reject(new Error(`error ${errorCode}`));
          else if (positions.length === 5) resolve();
          else start();
        });
        const start = (): void => {
          const native = bound.allocateFrom(overlapped);
          native.setOffset(positions.length * 64);
          queueReadFile(handle, buffer, 0, 64, native);
        };
        start();
      });
      assert.deepEqual(positions, [0, 64, 128, 192, 256]);
    });
  });

  it('[R33] [R35] disposed during its read, it keeps its pins until the read is freed', async function () {
    await withPendingSource(context, this, async (handle, source, bound) => {
      let completed!: (native: NativeOverlapped) => void;
      const completion = new Promise<NativeOverlapped>((resolve) => (completed = resolve));
      const { overlapped, pinned } = ((): { overlapped: PreAllocatedOverlapped; pinned: WeakRef<object> } => {
        const extra = Buffer.allocUnsafeSlow(64);
        const made = new PreAllocatedOverlapped((_error, _bytes, native) => completed(native), null, extra);
        return { overlapped: made, pinned: new WeakRef(extra) };
      })();
      const native = bound.allocateFrom(overlapped);
      assert.equal(queueReadFile(handle, Buffer.alloc(16), 0, 16, native), 0);
      overlapped.dispose();
      assert.throws(() => bound.freeNativeOverlapped(native), { code: 'ERR_INVALID_STATE' });
      assert.equal(await isCollected(pinned), false, 'unpinned while its read was in flight');
      await source.write(Buffer.alloc(16));
      bound.freeNativeOverlapped(await completion);
      assert.equal(await isCollected(pinned), true, 'still pinned after the free');
    });
  });
}
