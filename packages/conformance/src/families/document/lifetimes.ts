/** Memory that is given away, moved, or used for something else while reads of it wait, and after (R27, R39, R65). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { cancelIoEx } from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { collectGarbage, nextTurn, read, startRead, withFile, withPendingSource } from './reads.js';

/** The part of WebAssembly that is used here: the compiler has it with the browser's library only. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const BYTES = 64;
/** What the next user of a buffer puts there. */
const NEXT = 0xdd;

/** Keeps what it is sent, and answers each further message with its bytes. */
const KEEPER = `
  const { parentPort } = require('node:worker_threads');
  let kept;
  parentPort.on('message', (message) => {
    kept ??= new Uint8Array(message);
    parentPort.postMessage(Buffer.from(kept).toString('hex'));
  });
`;

export function lifetimes(context: ConformanceContext): void {
  it('[R27] [R43] garbage is collected on each of 10 turns while reads wait: each has its bytes, and only those', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      const buffers = [1, 2, 3].map(() => Buffer.allocUnsafeSlow(2 * BYTES).fill(0xee));
      const ended = buffers.map((buffer) => startRead(context, handle, buffer, { length: BYTES }).ended);
      for (let turn = 0; turn < 10; turn++) {
        await collectGarbage();
        buffers.forEach((buffer) => assert.deepEqual(buffer, Buffer.alloc(2 * BYTES, 0xee)));
      }
      const data = pattern(0, BYTES);
      await source.write(Buffer.concat(buffers.map(() => data)));
      for (const { errorCode, numBytes } of await Promise.all(ended))
        assert.deepEqual([errorCode, numBytes], [0, BYTES]);
      const expected = Buffer.concat([data, Buffer.alloc(BYTES, 0xee)]);
      buffers.forEach((buffer) => assert.deepEqual(buffer, expected));
    });
  });

  it('[R39] a buffer sent to a worker while its read waits: error 998 here, and the worker has the memory', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      const worker = new Worker(KEEPER, { eval: true });
      try {
        const view = new Uint8Array(BYTES).fill(0xee);
        const { ended } = startRead(context, handle, view);
        await nextTurn();
        worker.postMessage(view.buffer, [view.buffer]);
        assert.deepEqual(await once(worker, 'message'), ['ee'.repeat(BYTES)]);
        await source.write(pattern(0, BYTES));
        const { errorCode, numBytes } = await ended;
        assert.deepEqual([errorCode, numBytes], [998, 0]);
        worker.postMessage('again');
        const [bytes] = (await once(worker, 'message')) as [string];
        assert.equal(bytes.length, 2 * BYTES, 'the worker still has its memory');
      } finally {
        await worker.terminate();
      }
      await source.write(pattern(0, BYTES));
      assert.equal((await read(context, handle, Buffer.alloc(BYTES))).numBytes, BYTES);
    });
  });

  it('[R39] WebAssembly memory that grows while its read waits: error 998, and its new views work', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      const { WebAssembly } = globalThis as unknown as {
        WebAssembly: { Memory: new (options: { initial: number }) => WasmMemory };
      };
      const memory = new WebAssembly.Memory({ initial: 1 });
      const { ended } = startRead(context, handle, new Uint8Array(memory.buffer, 100, BYTES));
      await nextTurn();
      memory.grow(1);
      await source.write(pattern(0, BYTES));
      const { errorCode, numBytes } = await ended;
      assert.deepEqual([errorCode, numBytes], [998, 0]);
      await source.write(pattern(0, BYTES));
      const view = new Uint8Array(memory.buffer, 65_536, BYTES);
      assert.equal((await read(context, handle, view)).numBytes, BYTES);
      assert.deepEqual(Buffer.from(view), pattern(0, BYTES));
    });
  });

  it('[R26] [R65] when a cancelled read has ended its buffer is the next user’s: later data never goes there', async function () {
    context.needs(this, context.capabilities.cancel, "a read that the system has begun can't be given up");
    await withPendingSource(context, this, async (handle, source) => {
      const used: Buffer[] = [];
      for (let round = 0; round < 40; round++) {
        const reads = Array.from({ length: 10 }, () => {
          const buffer = Buffer.allocUnsafeSlow(BYTES);
          return { buffer, ...startRead(context, handle, buffer) };
        });
        if (round % 2 === 0) await nextTurn();
        const cancelled = reads.filter((_, i) => i % 2 === round % 2);
        for (const { overlapped } of cancelled) cancelIoEx(handle, overlapped);
        for (const { buffer, ended } of cancelled) {
          assert.equal((await ended).errorCode, 995);
          used.push(buffer.fill(NEXT));
        }
        await source.write(pattern(0, BYTES * (reads.length - cancelled.length)));
        for (const { buffer, ended } of reads) {
          if (!used.includes(buffer)) assert.equal((await ended).numBytes, BYTES);
        }
      }
      const untouched = Buffer.alloc(BYTES, NEXT);
      used.forEach((buffer) => assert.ok(buffer.equals(untouched), 'written after its read had ended'));
    });
  });

  it('[R26] when a read of a file has ended its buffer is the next user’s, also where it was cancelled', async () => {
    await withFile(context, context.fixtures.file(1 << 20), async (handle) => {
      const used: Buffer[] = [];
      for (let round = 0; round < 20; round++) {
        const reads = Array.from({ length: 100 }, (_, i) => {
          const buffer = Buffer.allocUnsafeSlow(4096);
          const started = startRead(context, handle, buffer, { position: i * 4096, call: 'queueReadFile' });
          void started.ended.then(() => used.push(buffer.fill(NEXT)));
          return started;
        });
        if (round % 2 === 0) await nextTurn();
        // Some have ended by then, and their overlappeds are free.
        for (const { overlapped } of reads.slice(0, round % 2 === 0 ? 0 : 50)) cancelIoEx(handle, overlapped);
        await Promise.all(reads.map(({ ended }) => ended));
      }
      await collectGarbage();
      const untouched = Buffer.alloc(4096, NEXT);
      assert.equal(used.length, 2000);
      used.forEach((buffer) => assert.ok(buffer.equals(untouched), 'written after its read had ended'));
    });
  });
}
