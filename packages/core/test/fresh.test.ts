/** Where the memory begins that a read gives away. */
import assert from 'node:assert/strict';
import { NodeFsBackend } from '../src/backend-entry.js';
import { freshAligned, freshBytes } from '../src/buffers/fresh.js';
import type { Backend } from '../src/backend.js';

const LARGE = 100_000;

/** A backend that says where memory begins. */
function knowing(pageOffset: number): Backend {
  return Object.assign(new NodeFsBackend(), { pageOffset: () => pageOffset });
}

describe('fresh memory', () => {
  it('is exactly as long as asked for', () => {
    for (const bytes of [0, 1, 4096, LARGE]) assert.equal(freshBytes(bytes).buffer.byteLength, bytes);
  });

  for (const [pageOffset, start] of [
    [0, 0],
    [16, 48],
    [48, 16],
    [64, 0],
    [4080, 16],
  ] as const) {
    it(`${pageOffset} bytes into a page, large memory begins ${start} further on, at a multiple of 64`, () => {
      const memory = freshAligned(knowing(pageOffset), LARGE);
      assert.equal(memory.byteOffset, start);
      assert.equal(memory.byteLength, LARGE);
    });
  }

  it('is plain where it is small, or where the backend does not know', () => {
    for (const memory of [freshAligned(knowing(16), 1000), freshAligned(new NodeFsBackend(), LARGE)]) {
      assert.equal(memory.byteOffset, 0);
      assert.equal(memory.byteLength, memory.buffer.byteLength);
    }
  });
});
