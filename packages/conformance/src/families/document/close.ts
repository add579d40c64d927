/** Closing: refuse, cancel, drain, then close (R70-R72). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {
  bindHandle,
  cancelIoEx,
  closeHandle,
  getLastError,
  Overlapped,
  readFile,
} from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { interpose } from '../../interpose.js';
import { nextTurn, read, startRead, withFile, withPendingSource } from './reads.js';
import { isEndOfFile } from './tally.js';

const SIZE = 10_000;

export function closeAndDrain(context: ConformanceContext): void {
  it('[R21] [R70] with up to 100 reads in flight it waits for the callback of each, exactly one', async () => {
    const count = Math.min(100, context.backend.capacity); // readFile does not wait in line
    const handle = context.createFile(context.fixtures.file(SIZE));
    bindHandle(handle);
    let callbacks = 0;
    const reads = Array.from({ length: count }, (_, i) => {
      const call = i % 2 === 0 ? 'readFile' : 'queueReadFile';
      const { ended } = startRead(context, handle, Buffer.alloc(100), { position: i * 100, call });
      return ended.then(({ called, errorCode, numBytes }) => {
        callbacks += called ? 1 : 0;
        assert.ok(errorCode === 995 || (errorCode === 0 && numBytes === 100), `error ${errorCode}`);
      });
    });
    await closeHandle(handle);
    assert.equal(callbacks, count);
    await Promise.all(reads);
  });

  it('[R70] it is idempotent: every call gives the same promise', async () => {
    const handle = context.createFile(context.fixtures.file(SIZE));
    assert.equal(handle.isClosed, false);
    const closing = closeHandle(handle);
    assert.equal(handle.isClosed, true);
    assert.equal(closeHandle(handle), closing);
    await closing;
    assert.equal(closeHandle(handle), closing);
  });

  it('[R70] while it drains, new reads are refused with 6', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      const { ended } = startRead(context, handle, Buffer.alloc(16));
      await nextTurn();
      const closing = closeHandle(handle);
      const overlapped = new Overlapped().pack(() => assert.fail('no callback'));
      assert.equal(readFile(handle, Buffer.alloc(16), 16, null, overlapped), false);
      assert.equal(getLastError(), 6);
      Overlapped.free(overlapped);
      await source.end();
      await ended;
      await closing;
    });
  });

  it('[R70] [R71] a read that waits in the system is cancelled and has its callback before the file closes', async function () {
    const canCancel = context.capabilities.cancel;
    context.needs(this, canCancel, "a read that the system has begun can't be given up");
    await withPendingSource(context, this, async (handle) => {
      const { ended } = startRead(context, handle, Buffer.alloc(16));
      let errorCode: number | undefined;
      void ended.then((outcome) => (errorCode = outcome.errorCode));
      await nextTurn();
      await closeHandle(handle);
      assert.ok(errorCode === 995 || errorCode === 109 || errorCode === 6, `error ${errorCode}`);
    });
  });

  it('[R71] the file closes after the last packet, whatever that takes', async function () {
    const real = context.createBackend();
    const order: string[] = [];
    const backend = interpose(real, {
      closeFile: (file) => {
        order.push('file closed');
        return real.closeFile(file);
      },
    });
    context.needs(this, real.capabilities.pipes, 'the backend reads no pipes');
    const source = await context.fixtures.pendingSource();
    try {
      await withFile(
        context,
        source.path,
        async (handle) => {
          const overlapped = new Overlapped().pack((_error, _bytes, completed) => {
            order.push('callback');
            Overlapped.free(completed);
          });
          readFile(handle, Buffer.alloc(16), 16, null, overlapped);
          await nextTurn();
          const closing = closeHandle(handle);
          await nextTurn();
          await source.end();
          await closing;
        },
        backend,
      );
    } finally {
      await source.end();
    }
    assert.deepEqual(order, ['callback', 'file closed']);
  });

  it('[R72] reads issued in the job that closes use the file that they named, not one that opens next', async () => {
    const file = context.fixtures.file(SIZE);
    const decoy = context.fixtures.path();
    fs.writeFileSync(decoy, Buffer.alloc(SIZE, 0xdd));
    for (let round = 0; round < 20; round++) {
      const handle = context.createFile(file);
      bindHandle(handle);
      const buffer = Buffer.alloc(64);
      const { ended } = startRead(context, handle, buffer, { call: 'queueReadFile' });
      const closing = closeHandle(handle);
      const other = context.createFile(decoy);
      const { errorCode } = await ended;
      assert.ok(errorCode === 0 || errorCode === 995, `error ${errorCode}`);
      if (errorCode === 0) assert.deepEqual(buffer, pattern(0, 64));
      await closing;
      await closeHandle(other);
    }
  });

  it('[R70] [R77] reads that wait in line when it closes have their callbacks too', async () => {
    const backend = context.createBackend({ capacity: 2 });
    const handle = context.createFile(context.fixtures.file(SIZE), undefined, undefined, backend);
    bindHandle(handle);
    const reads = Array.from(
      { length: backend.capacity + 50 },
      () => startRead(context, handle, Buffer.alloc(16), { call: 'queueReadFile' }).ended,
    );
    await closeHandle(handle);
    const codes = (await Promise.all(reads)).map(({ errorCode }) => errorCode);
    assert.ok(codes.every((code) => code === 0 || code === 995));
    assert.ok(codes.filter((code) => code === 995).length >= 50, 'those in line were never issued');
  });

  it('[R74] when it has closed, data that arrives later goes to the next reader, and not into the buffer', async function () {
    context.needs(this, process.platform !== 'win32', 'a named pipe has one reader');
    context.needs(this, context.capabilities.cancel, "a read that the system has begun can't be given up");
    await withPendingSource(context, this, async (handle, source) => {
      const buffer = Buffer.alloc(16, 0xee);
      const { ended } = startRead(context, handle, buffer);
      await nextTurn();
      await closeHandle(handle);
      await ended;
      await withFile(context, source.path, async (next) => {
        await source.write(pattern(0, 16));
        const bytes = Buffer.alloc(16);
        assert.equal((await read(context, next, bytes)).numBytes, 16);
        assert.deepEqual(bytes, pattern(0, 16));
      });
      assert.deepEqual(buffer, Buffer.alloc(16, 0xee));
    });
  });

  it('[R70] [R74] a callback may close the handle of its own read', async () => {
    const handle = context.createFile(context.fixtures.file(SIZE));
    bindHandle(handle);
    const outcome = await startRead(context, handle, Buffer.alloc(16), { position: SIZE }).ended.then(
      (ended) => {
        void closeHandle(handle);
        return ended;
      },
    );
    assert.equal(isEndOfFile(outcome), true);
    await new Promise<void>((resolve, reject) => {
      const second = context.createFile(context.fixtures.file(SIZE));
      bindHandle(second);
      const overlapped = new Overlapped().pack((_error, _bytes, completed) => {
        cancelIoEx(second);
        closeHandle(second).then(resolve, reject);
        Overlapped.free(completed);
      });
      readFile(second, Buffer.alloc(16), 16, null, overlapped);
    });
    await closeHandle(handle);
  });
}
