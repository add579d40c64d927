/** Many reads through small queues, and what comes back when all is closed (R77). */
import assert from 'node:assert/strict';
import { open } from '@overlapped/core';
import { closeHandle } from '@overlapped/core/overlapped';
import { type UringOptions } from '@overlapped/core/backend';
import { Fixtures, pattern } from '@overlapped/conformance';
import { collect, describeUring, openDescriptors, Reader, turn, uringBackend } from './support.js';

const SIZE = 1 << 20;

describeUring('io_uring: limits', () => {
  const fixtures = new Fixtures();
  let file: string;
  before(() => (file = fixtures.file(SIZE)));
  after(() => fixtures.dispose());

  const shapes: UringOptions[] = [
    { capacity: 2000, queueEntries: 8 },
    { capacity: 16, queueEntries: 8 },
    { capacity: 16 }, // far below the default queue
    { capacity: 1, queueEntries: 1 },
    { capacity: 32_768, queueEntries: 32_768 },
  ];
  it('files that are read often are in the ring’s table, as far as it goes, and each gives its place back', async () => {
    const backend = uringBackend();
    const before = openDescriptors();
    const table = Number(backend.stats().detail.fileTable);
    const registered = (): unknown => backend.stats().detail.registered;
    const count = table + 20;
    const read = async (from: Reader | undefined, position: number): Promise<void> => {
      const buffer = new Uint8Array(64);
      assert.deepEqual(await from?.read(buffer, position).ended, { errorCode: 0, numBytes: 64 });
      assert.deepEqual(Buffer.from(buffer), pattern(position, 64));
    };
    for (let round = 0; round < 2; round++) {
      const files = Array.from({ length: count }, () => new Reader(backend, file));
      const ends = [0, 1, table - 1, table, count - 1].filter((i) => i >= 0);
      for (const i of ends) await read(files[i], i);
      assert.equal(registered(), 0, 'one read is not worth it');
      for (const i of ends) for (let k = 0; k < 100; k++) await read(files[i], i + k);
      assert.equal(registered(), ends.filter((i) => i < table).length);
      await Promise.all(files.map(({ handle }) => closeHandle(handle)));
      assert.equal(registered(), 0);
      assert.equal(openDescriptors(), before);
    }
    await backend.close();
  });

  for (const shape of shapes) {
    it(`[R77] 2,000 reads at once with ${JSON.stringify(shape)} all come right`, async () => {
      const backend = uringBackend(shape);
      const opened = await open(file, { backend });
      const length = 100;
      const reads = Array.from({ length: 2000 }, async (_, i) => {
        const position = (i * 7919) % (SIZE - length);
        const buffer = Buffer.alloc(length);
        assert.equal(await opened.readAt(buffer, position), length);
        assert.deepEqual(buffer, pattern(position, length));
      });
      await Promise.all(reads);
      await opened.close();
      assert.equal(backend.stats().detail.strays, 0);
      await backend.close();
    });
  }

  it('[R77] 2,000 waiting reads fit behind an 8-entry queue, and end when data comes', async () => {
    const backend = uringBackend({ capacity: 2000, queueEntries: 8 });
    const fifo = fixtures.fifo();
    const reader = new Reader(backend, fifo.path);
    const waiting = Array.from({ length: 2000 }, () => reader.read(new Uint8Array(1)));
    await turn();
    assert.equal(backend.stats().inFlight, 2000);
    await fifo.write(new Uint8Array(2000));
    for (const { ended } of waiting) assert.deepEqual(await ended, { errorCode: 0, numBytes: 1 });
    await closeHandle(reader.handle);
    await backend.close();
    await fifo.end();
  });

  it('1,000 times open, 64 reads, cancel half, close: no descriptor stays open', async () => {
    const backend = uringBackend();
    await (await open(file, { backend })).close();
    const before = openDescriptors();
    for (let i = 0; i < 1000; i++) {
      const opened = await open(file, { backend });
      const abort = new AbortController();
      const reads = Array.from({ length: 64 }, (_, k) =>
        opened.readAt(new Uint8Array(64), k * 512, k % 2 === 0 ? undefined : { signal: abort.signal }),
      );
      const outcomes = Promise.allSettled(reads);
      if (i % 2 === 0) abort.abort();
      else setImmediate(() => abort.abort());
      await opened.close();
      for (const outcome of await outcomes) {
        if (outcome.status === 'fulfilled') assert.equal(outcome.value, 64);
        else assert.match((outcome.reason as NodeJS.ErrnoException).code ?? '', /^(ABORT_ERR|ECANCELED)$/);
      }
    }
    assert.equal(openDescriptors(), before);
    await backend.close();
  });

  it('closing backends gives back every descriptor and every page', async () => {
    const before = openDescriptors();
    for (let i = 0; i < 50; i++) {
      const backend = uringBackend();
      const reader = new Reader(backend, file);
      await reader.read(new Uint8Array(64)).ended;
      await closeHandle(reader.handle);
      await backend.close();
    }
    // The eventfd goes with its watcher's close callback, a turn later.
    assert.ok(await collect(() => openDescriptors() <= before), `${openDescriptors()}, not ${before}`);
  });
});
