/** Positions at the document layer: two words, unsigned, nobody's cursor (R44-R48). */
import assert from 'node:assert/strict';
import { Overlapped, readFile } from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { read, withFile, withPendingSource } from './reads.js';
import { isEndOfFile } from './tally.js';

const SIZE = 10_000;

export function positions(context: ConformanceContext): void {
  it('[R44] both words count: 5 GiB + 16 is not 1 GiB + 16', async () => {
    const position = 5 * 2 ** 30 + 16;
    const content = Buffer.from('beyond four gibibytes');
    await withFile(context, context.fixtures.sparse(position + 100, position, content), async (handle) => {
      const buffer = Buffer.alloc(content.byteLength);
      await read(context, handle, buffer, { position });
      assert.deepEqual(buffer, content);
      await read(context, handle, buffer, { position: position % 2 ** 32 });
      assert.deepEqual(buffer, Buffer.alloc(content.byteLength));
    });
  });

  it('[R45] a position whose end would pass 2^63 - 1 is refused before anything is issued', async () => {
    await withFile(context, context.fixtures.file(SIZE), (handle) => {
      for (const high of [0x8000_0000, 0xffff_ffff]) {
        const overlapped = new Overlapped(0xffff_ffff, high).pack(() => assert.fail('no callback'));
        const issue = (): boolean => readFile(handle, Buffer.alloc(16), 16, null, overlapped);
        assert.throws(issue, { code: 'ERR_OUT_OF_RANGE', message: /position/ });
        Overlapped.free(overlapped);
      }
    });
  });

  it('[R46] the system moves no position: the same overlapped reads the same bytes again', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      for (let i = 0; i < 3; i++) {
        const buffer = Buffer.alloc(100);
        await read(context, handle, buffer, { position: 500 });
        assert.deepEqual(buffer, pattern(500, 100));
      }
    });
  });

  it('[R47] what has no positions ignores them', async function () {
    await withPendingSource(context, this, async (handle, source) => {
      await source.write(Buffer.from('0123456789abcdef'));
      const buffer = Buffer.alloc(16);
      assert.equal((await read(context, handle, buffer, { position: 123 })).numBytes, 16);
      assert.equal(buffer.toString(), '0123456789abcdef');
    });
  });

  it('[R19] [R48] at and beyond the end, up to 2^63, there is an end of file and no error', async () => {
    await withFile(context, context.fixtures.file(SIZE), async (handle) => {
      for (const position of [SIZE, SIZE + 1, 2 ** 32, 2 ** 40, 2n ** 63n - 4097n]) {
        const outcome = await read(context, handle, Buffer.alloc(4096), { position });
        assert.equal(isEndOfFile(outcome), true, `${position}: ${outcome.errorCode}`);
      }
    });
  });
}
