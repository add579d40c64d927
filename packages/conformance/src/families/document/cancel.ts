/** CancelIoEx: a request; the completion alone says how the read ended (R63-R69). */
import assert from 'node:assert/strict';
import { cancelIoEx, closeHandle, Overlapped, queueReadFile } from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { CALLS, nextTurn, read, startRead, withFile, withPendingSource } from './reads.js';

const SIZE = 10_000;
const CANCELLED = 995;

export function cancel(context: ConformanceContext): void {
  const needsCancel = (test: Mocha.Context): void =>
    context.needs(test, context.capabilities.cancel, "a read that the system has begun can't be given up");

  for (const call of CALLS) {
    it(`[R63] [R65] [R66] a read by ${call} that waits in the system ends with 995 by its own callback, not before`, async function () {
      needsCancel(this);
      await withPendingSource(context, this, async (handle) => {
        const buffer = Buffer.alloc(16, 0xee);
        const { overlapped, ended } = startRead(context, handle, buffer, { call });
        await nextTurn();
        cancelIoEx(handle, overlapped);
        assert.throws(() => Overlapped.free(overlapped), { code: 'ERR_INVALID_STATE' });
        const outcome = await ended;
        assert.deepEqual([outcome.called, outcome.errorCode, outcome.numBytes], [true, CANCELLED, 0]);
        assert.deepEqual(buffer, Buffer.alloc(16, 0xee));
      });
    });

    it(`[R66] a read by ${call} that is cancelled in the job that issued it ends with 995`, async function () {
      needsCancel(this);
      await withPendingSource(context, this, async (handle) => {
        const { overlapped, ended } = startRead(context, handle, Buffer.alloc(16), { call });
        cancelIoEx(handle, overlapped);
        assert.equal((await ended).errorCode, CANCELLED);
      });
    });
  }

  it('[R63] cancelling is idempotent, and other reads of the handle go on', async function () {
    needsCancel(this);
    await withPendingSource(context, this, async (handle, source) => {
      const one = startRead(context, handle, Buffer.alloc(16));
      const other = startRead(context, handle, Buffer.alloc(16));
      await nextTurn();
      cancelIoEx(handle, one.overlapped);
      cancelIoEx(handle, one.overlapped);
      assert.equal((await one.ended).errorCode, CANCELLED);
      await source.write(pattern(0, 16));
      assert.deepEqual([(await other.ended).errorCode, (await other.ended).numBytes], [0, 16]);
    });
  });

  it('[R63] without an overlapped it asks for every read of the handle, and for none of another', async function () {
    needsCancel(this);
    await withPendingSource(context, this, async (handle) => {
      await withPendingSource(context, this, async (otherHandle, otherSource) => {
        const reads = [1, 2, 3].map(() => startRead(context, handle, Buffer.alloc(16)).ended);
        const other = startRead(context, otherHandle, Buffer.alloc(16)).ended;
        await nextTurn();
        cancelIoEx(handle);
        const codes = (await Promise.all(reads)).map(({ errorCode }) => errorCode);
        assert.deepEqual(codes, [CANCELLED, CANCELLED, CANCELLED]);
        await otherSource.write(pattern(0, 16));
        assert.equal((await other).numBytes, 16);
      });
    });
  });

  it('[R64] with nothing to cancel, with a read that has ended, or through another handle, nothing happens', async () => {
    const file = context.fixtures.file(SIZE);
    await withFile(context, file, async (handle) => {
      await withFile(context, file, async (other) => {
        cancelIoEx(handle);
        const { overlapped, ended } = startRead(context, handle, Buffer.alloc(64));
        cancelIoEx(other, overlapped);
        cancelIoEx(other);
        assert.equal((await ended).numBytes, 64);
        cancelIoEx(handle, overlapped);
        cancelIoEx(handle);
        assert.equal((await read(context, handle, Buffer.alloc(64))).numBytes, 64);
      });
    });
  });

  it('[R63] [R67] a read of a file that is cancelled at once ends as cancelled, or with its bytes: each exactly once', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      const reads = Array.from({ length: 50 }, (_, i) => {
        const buffer = Buffer.alloc(100);
        const { overlapped, ended } = startRead(context, handle, buffer, {
          position: i * 100,
          call: 'queueReadFile',
        });
        cancelIoEx(handle, overlapped);
        return ended.then(({ errorCode, numBytes }) => {
          if (errorCode === CANCELLED) return;
          assert.deepEqual([errorCode, numBytes], [0, 100]);
          assert.deepEqual(buffer, pattern(i * 100, 100));
        });
      });
      await Promise.all(reads);
    });
  });

  it('[R63] [R67] where the system can give no read up, a cancelled one ends with its data', async function () {
    context.needs(this, !context.capabilities.cancel, 'here it ends with 995');
    await withPendingSource(context, this, async (handle, source) => {
      const buffer = Buffer.alloc(16);
      const { overlapped, ended } = startRead(context, handle, buffer);
      await nextTurn();
      cancelIoEx(handle, overlapped);
      await nextTurn();
      assert.throws(() => Overlapped.free(overlapped), { code: 'ERR_INVALID_STATE' });
      await source.write(pattern(0, 16));
      assert.deepEqual([(await ended).errorCode, (await ended).numBytes], [0, 16]);
      assert.deepEqual(buffer, pattern(0, 16));
    });
  });

  it('[R22] [R66] a read that waits in line for a slot is cancelled on every backend, and not inside the call', async () => {
    const backend = context.createBackend({ capacity: 1 });
    const file = context.fixtures.file(SIZE);
    await withFile(
      context,
      file,
      async (handle) => {
        const reads = Array.from({ length: backend.capacity + 10 }, () =>
          startRead(context, handle, Buffer.alloc(16), { call: 'queueReadFile' }),
        );
        let inside = true;
        const last = new Promise<[number, boolean]>((resolve) => {
          const overlapped = new Overlapped().pack((errorCode, _bytes, completed) => {
            Overlapped.free(completed);
            resolve([errorCode, inside]);
          });
          assert.equal(queueReadFile(handle, Buffer.alloc(16), 0, 16, overlapped), 0);
          cancelIoEx(handle, overlapped);
          inside = false;
        });
        assert.deepEqual(await last, [CANCELLED, false]);
        const results = await Promise.all(reads.map(({ ended }) => ended));
        for (const { errorCode, numBytes } of results) assert.deepEqual([errorCode, numBytes], [0, 16]);
      },
      backend,
    );
  });

  it('[R68] the file API issues nothing for a signal that is aborted already', async () => {
    const file = await context.open(context.fixtures.file(SIZE));
    const before = context.backend.stats().submissions;
    const reason = new Error('not any more');
    const read = file.readAt(Buffer.alloc(16), 0, { signal: AbortSignal.abort(reason) });
    await assert.rejects(read, { name: 'AbortError', cause: reason });
    assert.equal(context.backend.stats().submissions, before);
    await file.close();
  });

  it('[R69] an abort after the end of its read touches no read that came later', async () => {
    const file = await context.open(context.fixtures.file(SIZE));
    const controller = new AbortController();
    await file.readAt(Buffer.alloc(16), 0, { signal: controller.signal });
    const later = Array.from({ length: 8 }, () => file.readAt(Buffer.alloc(16), 0));
    controller.abort();
    assert.deepEqual(await Promise.all(later), new Array(8).fill(16));
    await file.close();
  });

  it('[R63] what is no handle, and what is no overlapped, is refused', async () => {
    const handle = context.createFile(context.fixtures.file(SIZE));
    const call = cancelIoEx as (...args: unknown[]) => void;
    assert.throws(() => call({}), { code: 'ERR_INVALID_ARG_TYPE', message: /handle/ });
    assert.throws(() => call(handle, {}), { code: 'ERR_INVALID_ARG_TYPE', message: /overlapped/ });
    await closeHandle(handle);
  });
}
