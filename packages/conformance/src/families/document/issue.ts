/** ReadFile: what it refuses, and how its outcome is told (R50-R62). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {
  bindHandle,
  closeHandle,
  FILE_FLAG_NO_BUFFERING,
  FILE_FLAG_OVERLAPPED,
  GENERIC_WRITE,
  getLastError,
  type NativeOverlapped,
  Overlapped,
  queueReadFile,
  readFile,
  type SafeFileHandle,
} from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { CALLS, read, withFile, withPendingSource } from './reads.js';
import { isEndOfFile } from './tally.js';

const SIZE = 10_000;
const nothing = (): void => undefined;

type Args = [handle: unknown, buffer: unknown, length: unknown, bytesRead: unknown, overlapped: unknown];

/** One argument of readFile replaced, and the error that names it (R59, R60). */
const BAD_ARGUMENTS: readonly (readonly [string, (args: Args) => Args, object])[] = [
  ['no handle', ([, ...rest]) => [null, ...rest], { code: 'ERR_INVALID_ARG_TYPE', message: /handle/ }],
  ['no buffer', ([h, , ...rest]) => [h, null, ...rest], { code: 'ERR_INVALID_ARG_TYPE', message: /buffer/ }],
  [
    'a length beyond the buffer',
    ([h, b, , ...rest]) => [h, b, 17, ...rest],
    { code: 'ERR_OUT_OF_RANGE', message: /length/ },
  ],
  [
    'a negative length',
    ([h, b, , ...rest]) => [h, b, -1, ...rest],
    { code: 'ERR_OUT_OF_RANGE', message: /length/ },
  ],
  [
    'half a byte',
    ([h, b, , ...rest]) => [h, b, 0.5, ...rest],
    { code: 'ERR_OUT_OF_RANGE', message: /length/ },
  ],
  [
    'a pointer for the byte count',
    ([h, b, l, , o]) => [h, b, l, 0, o],
    { code: 'ERR_INVALID_ARG_TYPE', message: /numberOfBytesReadMustBeZero/ },
  ],
  [
    'a NULL overlapped',
    ([h, b, l, z]) => [h, b, l, z, null],
    { code: 'ERR_INVALID_ARG_TYPE', message: /overlapped/ },
  ],
];

/** Packs, calls, frees: for calls that must not start a read. @returns the error */
function refusalOf(handle: SafeFileHandle, call: (typeof CALLS)[number]): number {
  const overlapped = new Overlapped().pack(() => assert.fail('a refused read has no callback'));
  const buffer = Buffer.alloc(16);
  try {
    if (call === 'queueReadFile') return queueReadFile(handle, buffer, 0, 16, overlapped);
    assert.equal(readFile(handle, buffer, 16, null, overlapped), false);
    return getLastError();
  } finally {
    Overlapped.free(overlapped);
  }
}

export function issue(context: ConformanceContext): void {
  describe('refused before any system call', () => refusals(context));
  describe('outcomes', () => outcomes(context));
}

function refusals(context: ConformanceContext): void {
  for (const [what, replace, error] of BAD_ARGUMENTS) {
    it(`[R59] [R60] ${what} is refused, and the overlapped can still be used`, async () => {
      await withFile(context, context.fixtures.file(SIZE), async (handle) => {
        const call = readFile as (...args: Args) => boolean;
        const good = ((): Args => [handle, Buffer.alloc(16), 16, null, undefined])();
        const ended = new Promise<number>((resolve) => {
          const overlapped = new Overlapped().pack((_error, numBytes, completed) => {
            Overlapped.free(completed);
            resolve(numBytes);
          });
          good[4] = overlapped;
        });
        assert.throws(() => call(...replace(good)), error);
        call(...good);
        assert.equal(await ended, 16);
      });
    });
  }

  it('[R60] a buffer without memory is refused', async () => {
    await withFile(context, context.fixtures.file(SIZE), (handle) => {
      const view = new Uint8Array(16);
      structuredClone(view.buffer, { transfer: [view.buffer] });
      const overlapped = new Overlapped().pack(nothing);
      const error = { code: 'ERR_INVALID_ARG_VALUE' };
      assert.throws(() => readFile(handle, view, 0, null, overlapped), error);
      Overlapped.free(overlapped);
    });
  });

  it('[R60] more than 2^31 - 1 bytes in one read are refused', async function () {
    // Only reserved, never touched: reading is refused first.
    const large = new Uint8Array(new SharedArrayBuffer(2 ** 31));
    await withFile(context, context.fixtures.file(SIZE), (handle) => {
      const overlapped = new Overlapped().pack(nothing);
      const error = { code: 'ERR_OUT_OF_RANGE' };
      assert.throws(() => readFile(handle, large, 2 ** 31, null, overlapped), error);
      Overlapped.free(overlapped);
    });
  });

  it('[R35] an overlapped that was freed carries no read', async () => {
    await withFile(context, context.fixtures.file(SIZE), (handle) => {
      const overlapped: NativeOverlapped = new Overlapped().pack(nothing);
      Overlapped.free(overlapped);
      const error = { code: 'ERR_INVALID_STATE' };
      assert.throws(() => readFile(handle, Buffer.alloc(16), 16, null, overlapped), error);
    });
  });

  for (const call of CALLS) {
    it(`[R54] [R60] ${call} of a closed handle is error 6, and no callback comes`, async () => {
      const handle = context.createFile(context.fixtures.file(SIZE));
      bindHandle(handle);
      await closeHandle(handle);
      assert.equal(refusalOf(handle, call), 6);
    });

    it(`[R54] ${call} of a handle that is not bound is error 87, and no callback comes`, async () => {
      const handle = context.createFile(context.fixtures.file(SIZE));
      try {
        assert.equal(refusalOf(handle, call), 87);
      } finally {
        await closeHandle(handle);
      }
    });

    it(`[R60] ${call} of a handle without read access is error 5, on every backend`, async () => {
      const handle = context.createFile(context.fixtures.file(SIZE), FILE_FLAG_OVERLAPPED, GENERIC_WRITE);
      try {
        bindHandle(handle);
        const buffer = Buffer.alloc(16, 0xee);
        const outcome = await read(context, handle, buffer, { call });
        assert.deepEqual([outcome.errorCode, outcome.numBytes], [5, 0]);
        assert.deepEqual(buffer, Buffer.alloc(16, 0xee));
      } finally {
        await closeHandle(handle);
      }
    });
  }

  it('[R55] the last error stays what readFile made it, whatever is called meanwhile', async () => {
    const closed = context.createFile(context.fixtures.file(SIZE));
    await closeHandle(closed);
    assert.equal(refusalOf(closed, 'readFile'), 6);
    assert.equal(fs.existsSync(context.fixtures.path()), false);
    assert.throws(() => context.createFile(context.fixtures.path()), { code: 'ENOENT' });
    assert.equal(refusalOf(closed, 'queueReadFile'), 6);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(getLastError(), 6);
  });
}

function outcomes(context: ConformanceContext): void {
  it('[R49] [R50] readFile returns true, or false with 997; either way the callback brings the bytes', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      const buffer = Buffer.alloc(64);
      const outcome = await read(context, handle, buffer, { position: 64 });
      assert.equal(outcome.returned === true ? 997 : outcome.lastError, 997);
      assert.deepEqual([outcome.called, outcome.errorCode, outcome.numBytes], [true, 0, 64]);
      assert.deepEqual(buffer, pattern(64, 64));
    });
  });

  it('[R50] a read that has to wait is pending: 997, and no callback until data is there', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      let called = false;
      const buffer = Buffer.alloc(16);
      const ended = new Promise<number>((resolve) => {
        const overlapped = new Overlapped().pack((_error, numBytes, completed) => {
          called = true;
          Overlapped.free(completed);
          resolve(numBytes);
        }, buffer);
        assert.equal(readFile(handle, buffer, 16, null, overlapped), false);
      });
      assert.equal(getLastError(), 997);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(called, false);
      await source.write(Buffer.from('0123456789abcdef'));
      assert.equal(await ended, 16);
    });
  });

  it('[R52] the end of a pipe is an end of file: 38, 109 or 233, by return or by callback', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      const waiting = read(context, handle, Buffer.alloc(16));
      await source.end();
      assert.equal(isEndOfFile(await waiting), true);
      assert.equal(isEndOfFile(await read(context, handle, Buffer.alloc(16))), true);
    });
  });

  for (const call of CALLS) {
    it(`[R61] ${call} of no bytes succeeds with 0 at any position, and touches nothing`, async () => {
      await withFile(context, context.fixtures.file(SIZE), async (handle) => {
        const buffer = Buffer.alloc(16, 0xee);
        for (const position of [0, SIZE - 1, SIZE, SIZE + 1, 2 ** 33, 2n ** 62n]) {
          const outcome = await read(context, handle, buffer, { length: 0, position, call });
          assert.deepEqual(
            [outcome.called, outcome.errorCode, outcome.numBytes],
            [true, 0, 0],
            String(position),
          );
        }
        assert.deepEqual(buffer, Buffer.alloc(16, 0xee));
      });
    });
  }

  it('[R61] a read of no bytes into an empty buffer succeeds', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      const { errorCode, numBytes } = await read(context, handle, Buffer.alloc(0));
      assert.deepEqual([errorCode, numBytes], [0, 0]);
    });
  });

  it('[R43] [R62] a short read is a success, and what lies beyond it is untouched', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      const buffer = Buffer.alloc(64, 0xee);
      const { errorCode, numBytes } = await read(context, handle, buffer, { position: SIZE - 10 });
      assert.deepEqual([errorCode, numBytes], [0, 10]);
      assert.deepEqual(buffer.subarray(0, 10), pattern(SIZE - 10, 10));
      assert.deepEqual(buffer.subarray(10), Buffer.alloc(54, 0xee));
    });
  });

  it('[R57] at the end of a file opened past the cache there is an end of file, not an error', async function () {
    context.needs(this, context.capabilities.direct, 'the backend has no direct reads');
    const file = context.fixtures.file(SIZE);
    let handle: SafeFileHandle;
    try {
      handle = context.createFile(file, FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING);
    } catch (error) {
      context.needs(
        this,
        (error as { code?: string }).code !== 'EINVAL',
        'its file system has no direct reads',
      );
      throw error;
    }
    try {
      bindHandle(handle);
      const bytes = Buffer.from(context.backend.allocate(4096));
      const tail = await read(context, handle, bytes, { position: 8192 });
      assert.deepEqual([tail.errorCode, tail.numBytes], [0, SIZE - 8192]);
      assert.deepEqual(bytes.subarray(0, tail.numBytes), pattern(8192, SIZE - 8192));
      assert.equal(isEndOfFile(await read(context, handle, bytes, { position: 12_288 })), true);
      assert.equal(isEndOfFile(await read(context, handle, bytes, { position: 1 << 20 })), true);
    } finally {
      await closeHandle(handle);
    }
  });
}
