/** The end of the file: 0 bytes, never an error; and files that grow or shrink meanwhile (R19, R48, R62). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { pattern } from '../../fixtures.js';
import { assertPattern, type FileSubject, readAt, sentinels, waysOf } from './subject.js';

const SIZE = 10_000;

interface End {
  readonly what: string;
  readonly size: number;
  readonly position: number;
  readonly length: number;
  readonly expected: number;
}

const ENDS: readonly End[] = [
  { what: 'an empty file', size: 0, position: 0, length: 100, expected: 0 },
  { what: 'an empty file, past its start', size: 0, position: 1, length: 100, expected: 0 },
  { what: 'the whole file and no more', size: SIZE, position: 0, length: SIZE, expected: SIZE },
  { what: 'the whole file into a larger buffer', size: SIZE, position: 0, length: SIZE + 1, expected: SIZE },
  { what: 'the last byte', size: SIZE, position: SIZE - 1, length: 1, expected: 1 },
  { what: 'across the end', size: SIZE, position: SIZE - 10, length: 100, expected: 10 },
  { what: 'at the end', size: SIZE, position: SIZE, length: 100, expected: 0 },
  { what: 'a byte past the end', size: SIZE, position: SIZE + 1, length: 100, expected: 0 },
  { what: 'far past the end', size: SIZE, position: 1000 * SIZE, length: 100, expected: 0 },
  { what: 'at the end, on a block edge', size: 8192, position: 8192, length: 4096, expected: 0 },
];

export function eof(subject: FileSubject): void {
  for (const { what, size, position, length, expected } of ENDS) {
    it(`[R19] [R43] [R62] ${what}: ${expected} bytes`, async () => {
      await using file = await subject.open(subject.fixtures.file(size));
      for (const { name, read } of waysOf(file)) {
        const buffer = sentinels(length);
        assert.equal(await read(file, buffer, position), expected, name);
        assertPattern(buffer, position, expected, name);
      }
    });
  }

  it('[R62] a loop of quarter chunks over 4,001 bytes ends with 0 and has every byte', async () => {
    await using file = await subject.open(subject.fixtures.file(4001));
    const parts: Buffer[] = [];
    for (let position = 0; ;) {
      const chunk = sentinels(1000);
      const bytesRead = await readAt(file, chunk, position);
      if (bytesRead === 0) break;
      parts.push(chunk.subarray(0, bytesRead));
      position += bytesRead;
    }
    assert.deepEqual(Buffer.concat(parts), pattern(0, 4001));
  });

  it('[R2] [R48] the end moves with a file that is cut and grows again while it is open', async () => {
    const path = subject.fixtures.file(SIZE);
    await using file = await subject.open(path);
    const buffer = sentinels(SIZE);
    assert.equal(await readAt(file, buffer, 0), SIZE);
    fs.truncateSync(path, 100);
    assert.equal(await readAt(file, buffer, 0), 100);
    assert.equal(await readAt(file, buffer, 100), 0);
    fs.appendFileSync(path, pattern(100, 50));
    const grown = sentinels(SIZE);
    assert.equal(await readAt(file, grown, 0), 150);
    assertPattern(grown, 0, 150);
  });

  it('a file cut while reads are in flight: each gives bytes from before or after, none fails', async () => {
    const path = subject.fixtures.file(64 * 4096);
    await using file = await subject.open(path);
    const buffers = Array.from({ length: 64 }, () => sentinels(4096));
    const reads = buffers.map((buffer, i) => readAt(file, buffer, i * 4096));
    fs.truncateSync(path, 10 * 4096);
    for (const [i, bytesRead] of (await Promise.all(reads)).entries()) {
      assert(bytesRead === 4096 || (i >= 10 && bytesRead === 0), `${bytesRead} bytes of block ${i}`);
      if (i < 10) assertPattern(buffers[i]!, i * 4096, 4096);
    }
  });

  it('a file that grows while reads are in flight: each gives bytes from before or after, none fails', async () => {
    const path = subject.fixtures.file(4096);
    await using file = await subject.open(path);
    const buffers = Array.from({ length: 16 }, () => sentinels(4096));
    const reads = buffers.map((buffer, i) => readAt(file, buffer, i * 4096));
    fs.appendFileSync(path, pattern(4096, 15 * 4096));
    for (const [i, bytesRead] of (await Promise.all(reads)).entries()) {
      assert(bytesRead === 4096 || i > 0, `${bytesRead} bytes of block ${i}`);
      assertPattern(buffers[i]!, i * 4096, bytesRead);
    }
  });
}
