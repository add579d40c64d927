/** Memory while a read fills it: kept, left alone, and lost only if its owner gives it away (R27, R28, R38-R43). */
import assert from 'node:assert/strict';
import {
  type NativeOverlapped,
  Overlapped,
  queueReadFile,
  type SafeFileHandle,
} from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { onResizable } from './pack.js';
import {
  collectGarbage,
  isCollected,
  nextTurn,
  read,
  startRead,
  withFile,
  withPendingSource,
} from './reads.js';
import type { Outcome } from './tally.js';

/** The part of WebAssembly that is used here: the compiler has it with the browser's library only. */
interface WithWebAssembly {
  readonly WebAssembly: { Memory: new (options: { initial: number }) => { readonly buffer: ArrayBuffer } };
}

const BYTES = 64 * 1024;
const DATA = 1000;

interface Forgotten {
  /** The buffer, if anything still holds it. */
  readonly buffer: WeakRef<Buffer>;
  /** Bytes read, and what the buffer held in the callback, before the free. */
  readonly ended: Promise<{ numBytes: number; content: Buffer | undefined }>;
}

/** Starts a read whose buffer nobody but the library refers to when this returns. */
function readAndForget(handle: SafeFileHandle, packed: boolean): Forgotten {
  const buffer = Buffer.allocUnsafeSlow(BYTES).fill(0xee);
  const weak = new WeakRef(buffer);
  let resolve!: (end: Awaited<Forgotten['ended']>) => void;
  const ended: Forgotten['ended'] = new Promise((settle) => (resolve = settle));
  const callback = (_error: number, numBytes: number, completed: NativeOverlapped): void => {
    const kept = weak.deref();
    const content = kept === undefined ? undefined : Buffer.from(kept);
    Overlapped.free(completed);
    resolve({ numBytes, content });
  };
  const overlapped = new Overlapped().pack(callback, packed ? buffer : null);
  assert.equal(queueReadFile(handle, buffer, 0, BYTES, overlapped), 0);
  return { buffer: weak, ended };
}

function transfer(view: Uint8Array): Uint8Array {
  const { buffer } = view;
  return new Uint8Array(structuredClone(buffer, { transfer: [buffer as ArrayBuffer] }) as ArrayBuffer);
}

/**
 * @returns false for memory that stays: Node copies what it may not detach, and WebAssembly's can't be transferred, which
 *   Node calls a DataCloneError and others a TypeError
 */
function transferIfPossible(view: Uint8Array): boolean {
  try {
    transfer(view);
  } catch (error) {
    assert.match((error as Error).name, /^(DataCloneError|TypeError)$/);
  }
  return view.byteLength === 0;
}

export function pins(context: ConformanceContext): void {
  for (const packed of [true, false]) {
    const how = packed ? 'packed with the read' : 'given to the read only';
    it(`[R27] [R38] [R43] a buffer ${how} and dropped by everyone is kept until data arrives, then let go`, async function () {
      await withPendingSource(context, this, async (handle, source) => {
        const { ended } = readAndForget(handle, packed);
        // Memory that the collector gives back is asked for again at once: a lost buffer would be under one of these.
        const others: Buffer[] = [];
        for (let round = 0; round < 5; round++) {
          await collectGarbage();
          for (let i = 0; i < 20; i++) others.push(Buffer.allocUnsafeSlow(BYTES).fill(0xdd));
        }
        await source.write(pattern(0, DATA));
        const { numBytes, content } = await ended;
        assert.equal(numBytes, DATA);
        // What was not packed is let go before its callback (R37); then only luck lets us look.
        if (packed) assert.ok(content !== undefined, 'the pin ended before the free');
        if (content !== undefined) {
          assert.deepEqual(content.subarray(0, DATA), pattern(0, DATA));
          assert.deepEqual(content.subarray(DATA), Buffer.alloc(BYTES - DATA, 0xee));
        }
        const clean = Buffer.alloc(BYTES, 0xdd);
        for (const other of others) assert.ok(other.equals(clean), 'the read wrote into memory of another');
      });
    });

    it(`[R27] [R37] nothing but the library holds a buffer ${how}: alive while pending, collected after free`, async function () {
      await withPendingSource(context, this, async (handle, source) => {
        const { buffer, ended } = readAndForget(handle, packed);
        assert.equal(await isCollected(buffer), false, 'collected while its read was pending');
        await source.write(pattern(0, DATA));
        await ended;
        assert.equal(await isCollected(buffer), true, 'still held after the read');
      });
    });
  }

  it('[R28] one buffer serves many reads, one after the other, in memory of ours or of the library', async () => {
    await withFile(context, context.fixtures.file(10_000), async (handle) => {
      for (const buffer of [Buffer.alloc(4096), Buffer.from(context.backend.allocate(4096), 0, 4096)]) {
        for (let position = 0; position < 5000; position += 1000) {
          assert.equal((await read(context, handle, buffer, { position })).numBytes, 4096);
          assert.deepEqual(buffer, pattern(position, 4096));
        }
      }
    });
  });

  it('[R38] views on shared and on WebAssembly memory are filled in place', async () => {
    await withFile(context, context.fixtures.file(10_000), async (handle) => {
      const { Memory } = (globalThis as unknown as WithWebAssembly).WebAssembly;
      const shared = new Uint8Array(new SharedArrayBuffer(4096), 96);
      const wasm = new Uint8Array(new Memory({ initial: 1 }).buffer, 4096, 4000);
      for (const view of [shared, wasm]) {
        assert.equal((await read(context, handle, view)).numBytes, 4000);
        assert.deepEqual(Buffer.from(view), pattern(0, 4000));
      }
    });
  });

  it('[R39] a buffer transferred away while pending: error 998, no bytes, and the next read works', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      const view = new Uint8Array(4096).fill(0xee);
      const { ended } = startRead(context, handle, view);
      const waiting = await Promise.race([ended, nextTurn()]); // the system has the read now
      assert.equal(waiting, undefined);
      const owner = transfer(view);
      assert.equal(view.byteLength, 0);
      await source.write(pattern(0, DATA));
      const { called, errorCode, numBytes } = await ended;
      assert.deepEqual([called, errorCode, numBytes], [true, 998, 0]);
      assert.equal(owner.byteLength, 4096); // the new owner keeps the memory alive until here
      await source.write(pattern(0, DATA));
      const buffer = Buffer.alloc(DATA);
      assert.equal((await read(context, handle, buffer)).numBytes, DATA);
      assert.deepEqual(buffer, pattern(0, DATA));
    });
  });

  it('[R39] a buffer transferred away before the read reached the system: error 998 all the same', async () => {
    await withFile(context, context.fixtures.file(10_000), async (handle) => {
      const view = new Uint8Array(4096);
      const { ended } = startRead(context, handle, view, { call: 'queueReadFile' });
      const owner = transfer(view);
      const { errorCode, numBytes } = await ended;
      assert.deepEqual([errorCode, numBytes], [998, 0]);
      assert.equal(owner.byteLength, 4096);
      assert.equal((await read(context, handle, Buffer.alloc(64))).numBytes, 64);
    });
  });

  it('[R39] memory of the library outlives its read, though its owner transfers what can be and drops it all', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      const { ended, gone } = ((): { ended: Promise<Outcome>; gone: boolean } => {
        const view = new Uint8Array(context.backend.allocate(BYTES), 0, BYTES);
        const started = startRead(context, handle, view, { call: 'queueReadFile' });
        return { ended: started.ended, gone: transferIfPossible(view) };
      })();
      for (let round = 0; round < 5; round++) await collectGarbage();
      await source.write(pattern(0, DATA));
      assert.equal((await ended).errorCode, gone ? 998 : 0);
    });
  });

  it('[R40] a view on a resizable buffer is refused before anything is issued', async () => {
    await withFile(context, context.fixtures.file(10_000), (handle) => {
      const view = onResizable();
      const overlapped = new Overlapped().pack(() => assert.fail('no callback'));
      const issue = (): number => queueReadFile(handle, view, 0, 16, overlapped);
      assert.throws(issue, { code: 'ERR_INVALID_ARG_VALUE', message: /resizable/ });
      Overlapped.free(overlapped);
    });
  });

  it('[R41] a pin leaves no mark: after its read a buffer can be transferred as before', async () => {
    await withFile(context, context.fixtures.file(10_000), async (handle) => {
      const view = new Uint8Array(64);
      await read(context, handle, view);
      const owner = transfer(view);
      assert.equal(view.byteLength, 0);
      assert.deepEqual(Buffer.from(owner), pattern(0, 64));
    });
  });

  it('[R42] nobody touches a buffer between issue and completion', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      const buffer = Buffer.alloc(64, 0xee);
      const { ended } = startRead(context, handle, buffer);
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      assert.deepEqual(buffer, Buffer.alloc(64, 0xee));
      await source.write(pattern(0, 16));
      assert.equal((await ended).numBytes, 16);
      assert.deepEqual(buffer.subarray(0, 16), pattern(0, 16));
      assert.deepEqual(buffer.subarray(16), Buffer.alloc(48, 0xee));
    });
  });
}
