/** The completion callback: what it gets, when, and how often (R15-R25). */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { getLastError, Overlapped, queueReadFile, readFile } from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { CALLS, nextTurn, read, uncaughtDuring, withFile } from './reads.js';
import { isEndOfFile } from './tally.js';

const SIZE = 10_000;

export function callback(context: ConformanceContext): void {
  for (const call of CALLS) {
    it(`[R15] [R16] ${call} of data: error 0, the bytes read, and the very overlapped that pack returned`, async () => {
      await withFile(context, context.fixtures.file(SIZE), async (handle) => {
        const buffer = Buffer.alloc(64);
        const got = await new Promise<unknown[]>((resolve) => {
          const overlapped = new Overlapped(100).pack(
            (...triple) => resolve([...triple, overlapped]),
            buffer,
          );
          if (call === 'readFile') readFile(handle, buffer, 64, null, overlapped);
          else queueReadFile(handle, buffer, 0, 64, overlapped);
        });
        const [errorCode, numBytes, completed, packed] = got as [number, number, object, object];
        assert.deepEqual([errorCode, numBytes], [0, 64]);
        assert.equal(completed, packed);
        Overlapped.free(completed as Parameters<typeof Overlapped.free>[0]);
        assert.deepEqual(buffer, pattern(100, 64));
      });
    });

    it(`[R20] [R22] ${call}: the callback never runs inside the call, nor in the rest of its job`, async () => {
      await withFile(context, context.fixtures.file(SIZE), async (handle) => {
        for (let i = 0; i < 20; i++) {
          let inside = true;
          const ended = new Promise<boolean>((resolve) => {
            const overlapped = new Overlapped().pack((_error, _bytes, completed) => {
              Overlapped.free(completed);
              resolve(inside);
            });
            const buffer = Buffer.alloc(64);
            if (call === 'readFile') readFile(handle, buffer, 64, null, overlapped);
            else queueReadFile(handle, buffer, 0, 64, overlapped);
          });
          inside = false;
          assert.equal(await ended, false);
        }
      });
    });

    it(`[R18] [R19] ${call} at the end of the file: error 38 and no bytes, by callback or by return`, async () => {
      await withFile(context, context.fixtures.file(SIZE), async (handle) => {
        const outcome = await read(context, handle, Buffer.alloc(64), { position: SIZE, call });
        assert.deepEqual([outcome.errorCode, outcome.numBytes], [38, 0]);
      });
    });
  }

  it('[R19] the file API gives the end of the file as 0 bytes, not as an error', async () => {
    const file = await context.open(context.fixtures.file(SIZE));
    assert.equal(await file.readAt(Buffer.alloc(64), SIZE), 0);
    await file.close();
  });

  it("[R16] [R17] [R18] a device's error is the Win32 number on every backend, with no bytes and the raw number beside it", async function () {
    context.needs(this, process.platform === 'linux', 'the generator is /proc/self/mem');
    await withFile(context, '/proc/self/mem', async (handle) => {
      const { errorCode, numBytes, native } = await read(context, handle, Buffer.alloc(64));
      assert.deepEqual([errorCode, numBytes, Math.abs(native)], [1117, 0, 5]);
    });
  });

  it('[R21] each of 200 mixed reads ends exactly once', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      const calls = new Array<number>(200).fill(0);
      const returns = new Array<number>(200).fill(0);
      const ended = calls.map(
        (_, i) =>
          new Promise<void>((resolve) => {
            const buffer = Buffer.alloc(i % 5 === 0 ? 0 : 700);
            const overlapped = new Overlapped().pack((_error, _bytes, completed) => {
              calls[i] = (calls[i] as number) + 1;
              Overlapped.free(completed);
              resolve();
            }, buffer);
            overlapped.setOffset(i * 60); // from the first byte to beyond the last
            const refusal =
              i % 2 === 0
                ? queueReadFile(handle, buffer, 0, buffer.length, overlapped)
                : readFile(handle, buffer, buffer.length, null, overlapped)
                  ? 0
                  : getLastError();
            if (refusal === 0 || refusal === 997) return;
            returns[i] = 1;
            Overlapped.free(overlapped);
            resolve();
          }),
      );
      await Promise.all(ended);
      await nextTurn();
      await nextTurn();
      const ends = calls.map((n, i) => n + (returns[i] as number));
      assert.deepEqual(ends, new Array(200).fill(1));
    });
  });

  it('[R23] callbacks that throw stop no other completion; each exception surfaces as an uncaught one', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      let freed = 0;
      const caught = await uncaughtDuring(async () => {
        const failing = [1, 2, 3].map(
          (n) =>
            new Promise<void>((resolve) => {
              const overlapped = new Overlapped().pack((_error, _bytes, completed) => {
                try {
                  throw new Error(`callback ${n}`);
                } finally {
                  Overlapped.free(completed);
                  freed++;
                  resolve();
                }
              });
              assert.equal(queueReadFile(handle, Buffer.alloc(64), 0, 64, overlapped), 0);
            }),
        );
        const good = [4, 5, 6].map((n) => read(context, handle, Buffer.alloc(n), { call: 'queueReadFile' }));
        await Promise.all(failing);
        assert.deepEqual(
          (await Promise.all(good)).map(({ numBytes }) => numBytes),
          [4, 5, 6],
        );
      });
      assert.equal(freed, 3);
      assert.deepEqual(caught.map((error) => (error as Error).message).sort(), [
        'callback 1',
        'callback 2',
        'callback 3',
      ]);
      assert.equal((await read(context, handle, Buffer.alloc(64))).numBytes, 64);
    });
  });

  it("[R24] the callback runs in pack's async context, and in that of its own allocation from a bound handle", async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle, bound) => {
      const storage = new AsyncLocalStorage<string>();
      const packs = {
        pack: (done: () => void) => new Overlapped().pack(done),
        allocate: (done: () => void) => bound.allocateNativeOverlapped(done),
      };
      for (const [name, make] of Object.entries(packs)) {
        const seen = await new Promise((resolve) => {
          const overlapped = storage.run(`at ${name}`, () => make(() => resolve(storage.getStore())));
          storage.run('at issue', () => queueReadFile(handle, Buffer.alloc(64), 0, 64, overlapped));
        });
        assert.equal(seen, `at ${name}`);
      }
    });
  });

  it('[R24] the unsafe forms do not carry the context of the pack', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle, bound) => {
      const storage = new AsyncLocalStorage<string>();
      const packs = {
        pack: (done: () => void) => new Overlapped().unsafePack(done),
        allocate: (done: () => void) => bound.unsafeAllocateNativeOverlapped(done),
      };
      for (const [name, make] of Object.entries(packs)) {
        const seen = await new Promise((resolve) => {
          const overlapped = storage.run(`at ${name}`, () => make(() => resolve(storage.getStore())));
          queueReadFile(handle, Buffer.alloc(64), 0, 64, overlapped);
        });
        assert.notEqual(seen, `at ${name}`);
      }
    });
  });

  it('[R25] 64 reads at once each get their own bytes, in whatever order they complete', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      const reads = Array.from({ length: 64 }, async (_, i) => {
        const buffer = Buffer.alloc(150);
        const outcome = await read(context, handle, buffer, { position: i * 150, call: CALLS[i % 2]! });
        assert.equal(isEndOfFile(outcome), false);
        assert.deepEqual(buffer, pattern(i * 150, 150));
      });
      await Promise.all(reads);
    });
  });
}
