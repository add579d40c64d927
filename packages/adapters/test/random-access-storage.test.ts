/** Our random-access-storage, beside random-access-file. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { pattern } from '@overlapped/conformance';
import RandomAccessFile from 'random-access-file';
import type RandomAccessStorage from 'random-access-storage';
import { OverlappedStorage } from '../src/random-access-storage.js';
import { onEachBackend } from './support.js';

const SIZE = 100_000;

/** The callbacks of a storage as promises. */
function promised(storage: RandomAccessStorage) {
  return {
    open: promisify(storage.open.bind(storage)),
    read: promisify<number, number, Buffer | undefined>(storage.read.bind(storage)),
    stat: promisify<{ size: number } | undefined>(storage.stat.bind(storage)),
    suspend: promisify(storage.suspend.bind(storage)),
    close: promisify(storage.close.bind(storage)),
  };
}

onEachBackend('random-access-storage', ({ fixtures, backend }) => {
  const storages: OverlappedStorage[] = [];
  function create(path: string): OverlappedStorage {
    const storage = new OverlappedStorage(path, { backend });
    storages.push(storage);
    return storage;
  }
  afterEach(() => Promise.all(storages.splice(0).map((storage) => promised(storage).close())));

  it('can be read and asked for its size, and not written', () => {
    const { readable, statable, writable, deletable, truncatable } = create(fixtures.path());
    assert.deepEqual(
      { readable, statable, writable, deletable, truncatable },
      { readable: true, statable: true, writable: false, deletable: false, truncatable: false },
    );
  });

  it('opens at the first read, and gives many at once, the same as random-access-file', async () => {
    const path = fixtures.file(SIZE);
    const theirs = promised(new RandomAccessFile(path, { writable: false }));
    const ours = promised(create(path));
    const ranges = Array.from(
      { length: 200 },
      (_, i) => [(i * 7_919) % (SIZE - 900), (i % 3) * 450] as const,
    );
    const read = (from: typeof ours) => Promise.all(ranges.map(([at, bytes]) => from.read(at, bytes)));
    assert.deepEqual(await read(ours), await read(theirs));
    assert.equal((await ours.stat())?.size, SIZE);
    await theirs.close();
  });

  it('fails for bytes that the file does not have, as random-access-file does', async () => {
    const path = fixtures.file(SIZE);
    const theirs = promised(new RandomAccessFile(path, { writable: false }));
    const ours = promised(create(path));
    for (const position of [SIZE - 10, SIZE, SIZE + 10]) {
      await assert.rejects(theirs.read(position, 20), { code: 'EPARTIALREAD' });
      await assert.rejects(ours.read(position, 20), { code: 'ERR_OVERLAPPED_UNEXPECTED_EOF' });
    }
    await theirs.close();
  });

  it('tells every waiting read where the file is missing', async () => {
    const storage = promised(create(fixtures.path('missing')));
    const reads = await Promise.allSettled([storage.read(0, 1), storage.read(1, 1)]);
    for (const read of reads) {
      assert(read.status === 'rejected');
      assert.equal((read.reason as NodeJS.ErrnoException).code, 'ENOENT');
    }
  });

  it('reads again after it was suspended', async () => {
    const storage = promised(create(fixtures.file(SIZE)));
    await storage.read(0, 1);
    await storage.suspend();
    await storage.open();
    assert.deepEqual(await storage.read(5, 10), pattern(5, 10));
  });

  it('refuses reads once it is closed, and closes once', async () => {
    const storage = create(fixtures.file(SIZE));
    const calls = promised(storage);
    await calls.read(0, 1);
    const closed = once(storage, 'close');
    await calls.close();
    await closed;
    await assert.rejects(calls.read(0, 1), /Closed/);
    await calls.close();
  });

  it('a callback that throws is an uncaught exception, and no read that failed', async () => {
    const storage = create(fixtures.file(SIZE));
    const outcomes: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    try {
      const thrown = once(process, 'uncaughtException');
      storage.read(0, 1, (error) => {
        outcomes.push(error);
        throw new Error('the callback’s own');
      });
      assert.match(String((await thrown)[0]), /the callback’s own/);
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    assert.deepEqual(outcomes, [null]);
  });
});
