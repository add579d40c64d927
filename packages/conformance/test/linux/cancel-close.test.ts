/** Giving up reads, closing with reads in flight, and using what is closed (R63-R72). */
import assert from 'node:assert/strict';
import { open } from '@overlapped/core';
import { cancelIoEx, closeHandle, createFile, ERROR_OPERATION_ABORTED } from '@overlapped/core/overlapped';
import { Fixtures, pattern } from '@overlapped/conformance';
import { describeUring, openDescriptors, Reader, turn, uringBackend } from './support.js';

const ABORTED = { errorCode: ERROR_OPERATION_ABORTED, numBytes: 0 };
const CLOSED = { errorCode: 6, numBytes: 0 };

describeUring('io_uring: cancel and close', () => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  it('[R63] cancelling one FIFO read leaves its neighbour', async () => {
    const backend = uringBackend();
    const fifo = fixtures.fifo();
    const reader = new Reader(backend, fifo.path);
    const [one, two] = [new Uint8Array(8), new Uint8Array(8)];
    const first = reader.read(one);
    const second = reader.read(two);
    await turn();
    cancelIoEx(reader.handle, first.native);
    assert.deepEqual(await first.ended, ABORTED);
    assert.equal(backend.stats().inFlight, 1);
    await fifo.write(Buffer.from('neighbor'));
    assert.deepEqual(await second.ended, { errorCode: 0, numBytes: 8 });
    assert.deepEqual(one, new Uint8Array(8));
    assert.equal(Buffer.from(two).toString(), 'neighbor');
    await closeHandle(reader.handle);
    await backend.close();
    await fifo.end();
  });

  it('a read and its cancellation in one job, and one in a full queue, end as cancelled', async () => {
    const backend = uringBackend({ capacity: 8, queueEntries: 1 });
    const fifo = fixtures.fifo();
    const reader = new Reader(backend, fifo.path);
    const waiting = Array.from({ length: 20 }, () => reader.read(new Uint8Array(8)));
    for (const { native } of waiting) cancelIoEx(reader.handle, native);
    for (const { ended } of waiting) assert.deepEqual(await ended, ABORTED);
    await closeHandle(reader.handle);
    await backend.close();
    await fifo.end();
  });

  it('[R70] [R71] closing a handle ends its reads, and no other handle’s', async () => {
    const backend = uringBackend();
    const fifos = [fixtures.fifo(), fixtures.fifo()] as const;
    const [one, two] = fifos.map(({ path }) => new Reader(backend, path)) as [Reader, Reader];
    const first = Array.from({ length: 30 }, () => one.read(new Uint8Array(8)).ended);
    const second = two.read(new Uint8Array(8)).ended;
    await turn();
    await closeHandle(one.handle);
    for (const ended of first) assert.deepEqual(await ended, ABORTED);
    await fifos[1].write(Buffer.from('12345678'));
    assert.deepEqual(await second, { errorCode: 0, numBytes: 8 });
    await closeHandle(two.handle);
    await backend.close();
    for (const fifo of fifos) await fifo.end();
  });

  for (const [when, pause] of [
    ['in the kernel', turn],
    ['not yet submitted', () => Promise.resolve()],
  ] as const) {
    it(`[R74] closing the backend ends reads that are ${when}`, async () => {
      const backend = uringBackend({ capacity: 100, queueEntries: 8 });
      const fifo = fixtures.fifo();
      const reader = new Reader(backend, fifo.path);
      const waiting = Array.from({ length: 100 }, () => reader.read(new Uint8Array(8)).ended);
      await pause();
      const closed = backend.close();
      assert.equal(backend.close(), closed);
      await closed;
      for (const ended of waiting) assert.deepEqual(await ended, ABORTED);
      await closeHandle(reader.handle);
      await fifo.end();
    });
  }

  it('[R21] reads that wait for a slot when the backend closes end too', async () => {
    const backend = uringBackend({ capacity: 4 });
    const fifo = fixtures.fifo();
    const reader = new Reader(backend, fifo.path);
    const waiting = Array.from({ length: 50 }, () => reader.read(new Uint8Array(8)).ended);
    await turn();
    await backend.close();
    const outcomes = await Promise.all(waiting);
    assert.deepEqual(outcomes.slice(0, 4), Array(4).fill(ABORTED));
    assert.deepEqual(outcomes.slice(4), Array(46).fill(CLOSED));
    await closeHandle(reader.handle);
    await fifo.end();
  });

  it('a closed backend refuses reads, files and memory, and crashes at none', async () => {
    const backend = uringBackend();
    const file = fixtures.file(100);
    const opened = await open(file, { backend });
    const reader = new Reader(backend, file);
    await backend.close();
    // The eventfd goes with its watcher's close callback, after the turn's immediates.
    await turn();
    await turn();
    const before = openDescriptors();
    await assert.rejects(opened.readAt(new Uint8Array(10), 0), { code: 'EBADF' });
    assert.deepEqual(await reader.read(new Uint8Array(10)).ended, CLOSED);
    await assert.rejects(open(file, { backend }), { code: 'ERR_INVALID_STATE' });
    assert.throws(
      () => createFile(file, undefined, undefined, null, undefined, undefined, null, { backend }),
      {
        code: 'ERR_INVALID_STATE',
      },
    );
    assert.throws(() => backend.allocate(4096), { code: 'ERR_INVALID_STATE' });
    assert.equal(backend.stats().inFlight, 0, 'its counters stay readable');
    assert.equal(openDescriptors(), before, 'a refused file stayed open');
    await opened.close();
    await closeHandle(reader.handle);
    assert.equal(openDescriptors(), before - 2, 'closing the files of a closed backend left them open');
    await backend.close();
  });

  it('[R66] a long read in a kernel worker can be asked to stop, and says data or cancelled', async () => {
    const backend = uringBackend({ asyncBytes: 1, aloneBytes: 0 });
    const size = 4 << 20;
    const reader = new Reader(backend, fixtures.file(size));
    const buffer = Buffer.alloc(size);
    const tally: Record<number, number> = {};
    for (let i = 0; i < 50; i++) {
      const { native, ended } = reader.read(buffer);
      await turn();
      cancelIoEx(reader.handle, native);
      const { errorCode, numBytes } = await ended;
      tally[errorCode] = (tally[errorCode] ?? 0) + 1;
      assert.ok(errorCode === ERROR_OPERATION_ABORTED || (errorCode === 0 && numBytes > 0), `${errorCode}`);
      if (errorCode === 0) assert.deepEqual(buffer.subarray(0, 4096), pattern(0, 4096));
    }
    await closeHandle(reader.handle);
    await backend.close();
  });
});
