/** Positions: 64 bits, unsigned, never the system's own cursor (R44-R48). */
import assert from 'node:assert/strict';
import type { ConformanceContext } from '../context.js';
import { pattern } from '../fixtures.js';

const SIZE = 100_000;

export function offsets(context: ConformanceContext): void {
  it('[R44] [R46] every start offset of a small file gives the right tail', async () => {
    const size = 600;
    const file = await context.open(context.fixtures.file(size));
    const buffer = Buffer.alloc(size);
    for (let position = 0; position <= size; position++) {
      const bytesRead = await file.readAt(buffer, position);
      assert.equal(bytesRead, size - position);
      assert.deepEqual(buffer.subarray(0, bytesRead), pattern(position, bytesRead));
    }
    await file.close();
  });

  it('[R44] data beyond 4 GiB is told from the same low word', async () => {
    const position = 5 * 2 ** 30 + 16;
    const content = Buffer.from('beyond four gibibytes');
    const file = await context.open(context.fixtures.sparse(position + SIZE, position, content));
    const buffer = Buffer.alloc(content.byteLength);
    assert.equal(await file.readAt(buffer, position), buffer.byteLength);
    assert.deepEqual(buffer, content);
    assert.equal(await file.readAt(buffer, position % 2 ** 32), buffer.byteLength);
    assert.deepEqual(buffer, Buffer.alloc(content.byteLength));
    await file.close();
  });

  for (const bad of [-1, -2n, 1.5, NaN, 2n ** 63n, 2 ** 53, Infinity]) {
    it(`[R45] position ${bad}${typeof bad === 'bigint' ? 'n' : ''} is refused, and the next read works`, async () => {
      const file = await context.open(context.fixtures.file(SIZE));
      const buffer = Buffer.alloc(16);
      await assert.rejects(file.readAt(buffer, bad), { code: 'ERR_OUT_OF_RANGE', message: /position/ });
      assert.equal(await file.readAt(buffer, 32), 16);
      assert.deepEqual(buffer, pattern(32, 16));
      await file.close();
    });
  }
}
