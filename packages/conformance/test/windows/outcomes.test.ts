/** Every outcome that a read can have and that can be had here: docs/windows.md's table, row by row. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { cancelIoEx, closeHandle, Overlapped } from '@overlapped/core/overlapped';
import { Fixtures, pattern } from '@overlapped/conformance';
import {
  type Backend,
  counter,
  describeOnWindows,
  fencesPassed,
  type Issued,
  issueRead,
  makeBackend,
  openBound,
} from './port.js';

const SIZE = 10_000;

describeOnWindows('completion port: outcomes', (addon) => {
  const onWine = addon.wine !== '';
  const fixtures = new Fixtures();
  let backend: Backend;

  beforeEach(() => (backend = makeBackend(addon)));
  afterEach(async () => {
    assert.equal(backend.stats().inFlight, 0);
    assert.equal(counter(backend, 'unknown'), 0);
    assert.equal(counter(backend, 'statusMismatches'), 0);
    await backend.close();
  });
  after(() => fixtures.dispose());

  /** The read's one callback, after which no other may come. */
  async function callback(read: Issued): Promise<{ errorCode: number; numBytes: number }> {
    await read.completed;
    await turn();
    assert.equal(read.callbacks.length, 1, 'one callback (R21)');
    return read.callbacks[0]!;
  }

  /** No callback comes: whatever packet there could be has been dequeued. */
  async function noCallback(read: Issued): Promise<void> {
    await fencesPassed(backend);
    await turn();
    assert.equal(read.callbacks.length, 0);
    Overlapped.free(read.overlapped); // the issuer's (R34)
  }

  it('[R20] [R49] O1: TRUE at once, and the callback comes all the same', async () => {
    const pipe = await fixtures.pendingSource();
    const handle = openBound(backend, pipe.path);
    await pipe.write(Buffer.from('ready'));
    const read = issueRead(handle, 16);
    assert.equal(read.returned, true);
    assert.deepEqual(await callback(read), { errorCode: 0, numBytes: 5 });
    assert.equal(read.buffer.toString('latin1', 0, 5), 'ready');
    assert.equal(counter(backend, 'O1'), 1);
    await closeHandle(handle);
    await pipe.end();
  });

  it('[R50] O1 or O2: data of a regular file', async () => {
    const handle = openBound(backend, fixtures.file(SIZE));
    const read = issueRead(handle, 4096, 100);
    assert.ok(read.returned || read.lastError === 997);
    assert.deepEqual(await callback(read), { errorCode: 0, numBytes: 4096 });
    assert.deepEqual(read.buffer, pattern(100, 4096));
    assert.equal(counter(backend, 'O1') + counter(backend, 'O2'), 1);
    await closeHandle(handle);
  });

  it('[R19] [R51] O3 or O4: end of file, by callback or at once, never both', async () => {
    const handle = openBound(backend, fixtures.file(SIZE));
    const read = issueRead(handle, 4096, SIZE);
    assert.equal(read.returned, false);
    if (read.lastError === 38) await noCallback(read);
    else assert.deepEqual(await callback(read), { errorCode: 38, numBytes: 0 });
    assert.equal(counter(backend, 'O3') + counter(backend, 'O4'), 1);
    await closeHandle(handle);
  });

  it('[R7] [R51] O4: the null device ends at once, without a callback', async () => {
    const handle = openBound(backend, '\\\\.\\NUL');
    const read = issueRead(handle, 16);
    assert.equal(read.returned, false);
    assert.equal(read.lastError, 38);
    await noCallback(read);
    assert.equal(counter(backend, 'O4'), 1);
    await closeHandle(handle);
  });

  it('[R52] O6: the writer closes while a read of its pipe waits', async () => {
    const pipe = await fixtures.pendingSource();
    const handle = openBound(backend, pipe.path);
    const read = issueRead(handle, 16);
    assert.equal(read.lastError, 997);
    await pipe.end();
    assert.deepEqual(await callback(read), { errorCode: 109, numBytes: 0 });
    assert.equal(counter(backend, 'O6'), 1);
    const next = issueRead(handle, 16);
    assert.equal(next.lastError, 109);
    await noCallback(next);
    await closeHandle(handle);
  });

  it('[R63] O7: a waiting read that is cancelled ends with 995, its neighbour goes on', async () => {
    const pipes = [await fixtures.pendingSource(), await fixtures.pendingSource()] as const;
    const handles = pipes.map((pipe) => openBound(backend, pipe.path));
    const [cancelled, kept] = handles.map((handle) => issueRead(handle, 16)) as [Issued, Issued];
    cancelIoEx(handles[0]!, cancelled.overlapped);
    assert.deepEqual(await callback(cancelled), { errorCode: 995, numBytes: 0 });
    assert.equal(kept.callbacks.length, 0);
    await pipes[1].write(Buffer.from('kept'));
    assert.deepEqual(await callback(kept), { errorCode: 0, numBytes: 4 });
    assert.equal(counter(backend, 'O7'), 1);
    for (const handle of handles) await closeHandle(handle);
    for (const pipe of pipes) await pipe.end();
  });

  it('[R61] zero bytes are read with success anywhere, also beyond the end', async () => {
    const handle = openBound(backend, fixtures.file(SIZE));
    for (const position of [0, SIZE, 2 ** 40]) {
      const read = issueRead(handle, 0, position);
      assert.ok(read.returned || read.lastError === 997);
      assert.deepEqual(await callback(read), { errorCode: 0, numBytes: 0 });
    }
    await closeHandle(handle);
  });

  it('[R36] X1: a packet after a failure at once is counted and dropped, and completes no other read', async () => {
    const failing = openBound(backend, '\\\\.\\NUL');
    const file = openBound(backend, fixtures.file(SIZE));
    const good: Issued[] = [];
    for (let i = 0; i < 200; i++) {
      const bad = issueRead(failing, 16);
      assert.equal(bad.lastError, 38);
      Overlapped.free(bad.overlapped);
      good.push(issueRead(file, 64, i * 16)); // at once, so that a recycled OVERLAPPED would be hit
    }
    await Promise.all(good.map(({ completed }) => completed));
    await fencesPassed(backend);
    await turn();
    for (const [i, read] of good.entries()) {
      assert.deepEqual(read.callbacks, [{ errorCode: 0, numBytes: 64 }]);
      assert.deepEqual(read.buffer, pattern(i * 16, 64));
    }
    const strays = counter(backend, 'strays');
    assert.equal(strays, counter(backend, 'X1'));
    if (onWine) assert.equal(strays, 200);
    else assert.equal(strays, 0, 'Windows queues no packet after a failure');
    await closeHandle(failing);
    await closeHandle(file);
  });

  it('[R77] more failures at once than there are OVERLAPPEDs wait for their fence, none is misreported', async () => {
    const small = makeBackend(addon, { capacity: 4 });
    const handle = openBound(small, '\\\\.\\NUL');
    for (let i = 0; i < 100; i++) {
      const read = issueRead(handle, 16);
      assert.equal(read.lastError, 38);
      Overlapped.free(read.overlapped);
    }
    await fencesPassed(small);
    await closeHandle(handle);
    await small.close();
  });
});
