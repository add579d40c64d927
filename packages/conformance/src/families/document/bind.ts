/** BindHandle: one port for a handle, for the handle's life (R8-R14). */
import assert from 'node:assert/strict';
import { open } from '@overlapped/core';
import { systemError } from '@overlapped/core/backend';
import {
  BoundHandle,
  bindHandle,
  closeHandle,
  FILE_ATTRIBUTE_NORMAL,
  type SafeFileHandle,
} from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { interpose } from '../../interpose.js';
import { read, withFile } from './reads.js';

const SIZE = 4096;
const INVALID_HANDLE = { code: 'EBADF', win32Code: 6, syscall: 'bind' };
const REFUSED = { code: 'EINVAL', win32Code: 87, syscall: 'bind' };

/** What is no handle, and what bindHandle says (R9). */
const NO_HANDLES: readonly (readonly [string, unknown, object])[] = [
  ['null', null, { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }],
  ['undefined', undefined, { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }],
  ['a descriptor', 3, { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }],
  ['an object like one', { file: {}, backend: {} }, { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }],
  ['0', 0, INVALID_HANDLE],
  ['-1', -1, INVALID_HANDLE],
];

export function bind(context: ConformanceContext): void {
  it('[R8] a bound handle reads, and knows its handle', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle, bound) => {
      assert.ok(bound instanceof BoundHandle);
      assert.equal(bound.handle, handle);
      const buffer = Buffer.alloc(SIZE);
      assert.equal((await read(context, handle, buffer)).numBytes, SIZE);
      assert.deepEqual(buffer, pattern(0, SIZE));
    });
  });

  for (const [what, value, error] of NO_HANDLES) {
    it(`[R9] ${what} can't be bound`, () => {
      assert.throws(() => bindHandle(value as SafeFileHandle), error);
    });
  }

  it("[R9] [R14] a closed handle can't be bound, overlapped or not", async () => {
    for (const flags of [undefined, FILE_ATTRIBUTE_NORMAL]) {
      const handle = context.createFile(context.fixtures.file(SIZE), flags);
      await closeHandle(handle);
      assert.equal(handle.isInvalid, true);
      assert.throws(() => bindHandle(handle), INVALID_HANDLE);
    }
  });

  it("[R10] a handle opened without FILE_FLAG_OVERLAPPED can't be bound", async () => {
    const handle = context.createFile(context.fixtures.file(SIZE), FILE_ATTRIBUTE_NORMAL);
    try {
      assert.throws(() => bindHandle(handle), REFUSED);
    } finally {
      await closeHandle(handle);
    }
  });

  it("[R10] [R14] a bound handle can't be bound again", async () => {
    await withFile(context, context.fixtures.file(SIZE), (handle) => {
      assert.throws(() => bindHandle(handle), REFUSED);
    });
  });

  it('[R11] a bind lasts until the handle closes: disposing the bound object does not undo it', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle, bound) => {
      bound.dispose();
      assert.throws(() => bindHandle(handle), REFUSED);
      assert.equal((await read(context, handle, Buffer.alloc(SIZE))).numBytes, SIZE);
    });
  });

  it('[R11] another handle of the same file has a bind of its own', async () => {
    const file = context.fixtures.file(SIZE);
    await withFile(context, file, async (first) => {
      await withFile(context, file, (second) => assert.notEqual(first, second));
      assert.equal((await read(context, first, Buffer.alloc(SIZE))).numBytes, SIZE);
    });
  });

  it('[R12] disposing the bound object is idempotent, leaves the handle open and readable, and ends allocation', async () => {
    await withFile(context, context.fixtures.file(SIZE), (handle, bound) => {
      const earlier = bound.allocateNativeOverlapped(() => undefined);
      bound.dispose();
      bound.dispose();
      assert.equal(bound.handle, handle);
      assert.equal(handle.isClosed, false);
      for (const allocate of ['allocateNativeOverlapped', 'unsafeAllocateNativeOverlapped'] as const) {
        assert.throws(() => bound[allocate](() => undefined), {
          code: 'ERR_INVALID_STATE',
          message: /disposed/,
        });
      }
      bound.freeNativeOverlapped(earlier);
    });
  });

  it('[R13] the file API closes the file that it opened when the bind fails', async () => {
    let closed = 0;
    const real = context.createBackend();
    const backend = interpose(real, {
      bind: () => {
        throw systemError({ syscall: 'bind', win32: 87, backend: real.name });
      },
      closeFile: (file) => {
        closed++;
        return real.closeFile(file);
      },
    });
    await assert.rejects(open(context.fixtures.file(SIZE), { backend }), REFUSED);
    assert.equal(closed, 1);
  });
}
