/** More reads than slots: refused to be tried again, or in line; never lost (R77). */
import assert from 'node:assert/strict';
import { getLastError, Overlapped, readFile } from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { read, startRead, withFile } from './reads.js';

const SIZE = 10_000;
const CAPACITY = 4;

export function exhaustion(context: ConformanceContext): void {
  it('[R77] readFile with every slot taken is error 1784 without a callback, and works again after a completion', async function () {
    const backend = context.createBackend({ capacity: CAPACITY });
    await withFile(
      context,
      context.fixtures.file(SIZE),
      async (handle) => {
        const reads = Array.from({ length: backend.capacity }, () =>
          startRead(context, handle, Buffer.alloc(16)),
        );
        const buffer = Buffer.alloc(16);
        const overlapped = new Overlapped().pack(() => assert.fail('no callback'));
        assert.equal(readFile(handle, buffer, 16, null, overlapped), false);
        assert.equal(getLastError(), 1784);
        Overlapped.free(overlapped);
        for (const { ended } of reads) assert.equal((await ended).numBytes, 16);
        assert.equal((await read(context, handle, buffer)).numBytes, 16);
      },
      backend,
    );
  });

  it('[R77] 64 queued reads over 4 slots all complete, each with its own bytes', async function () {
    const backend = context.createBackend({ capacity: CAPACITY });
    context.needs(this, backend.capacity === CAPACITY, "the factory can't set the capacity");
    await withFile(
      context,
      context.fixtures.file(SIZE),
      async (handle) => {
        const reads = Array.from({ length: 64 }, async (_, i) => {
          const buffer = Buffer.alloc(100);
          const { called, errorCode, numBytes } = await read(context, handle, buffer, {
            position: i * 100,
            call: 'queueReadFile',
          });
          assert.deepEqual([called, errorCode, numBytes], [true, 0, 100]);
          assert.deepEqual(buffer, pattern(i * 100, 100));
        });
        await Promise.all(reads);
        assert.deepEqual([handle.port.inFlight, handle.port.queued], [0, 0]);
      },
      backend,
    );
  });

  it('[R77] the line moves on also when a callback queues the next read', async () => {
    const backend = context.createBackend({ capacity: CAPACITY });
    await withFile(
      context,
      context.fixtures.file(SIZE),
      async (handle) => {
        const chain = async (start: number): Promise<void> => {
          for (let i = 0; i < 10; i++) {
            const buffer = Buffer.alloc(10);
            await read(context, handle, buffer, { position: start + i * 10, call: 'queueReadFile' });
            assert.deepEqual(buffer, pattern(start + i * 10, 10));
          }
        };
        await Promise.all(Array.from({ length: 20 }, (_, i) => chain(i * 100)));
      },
      backend,
    );
  });
}
