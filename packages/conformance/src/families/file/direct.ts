/** Direct I/O: past the page cache, by whole blocks (R57). */
import { allocAligned, type OverlappedFile } from '@overlapped/core';
import assert from 'node:assert/strict';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { assertPattern, SENTINEL, withFaults } from './subject.js';

const BLOCK = 4096;
const SIZE = 64 * BLOCK + 123;

export function direct(context: ConformanceContext): void {
  /** A file opened with `direct`, or a skipped test where its file system has none. */
  async function openDirect(test: Mocha.Context, size = SIZE): Promise<OverlappedFile> {
    context.needs(test, context.capabilities.direct, 'no direct reads');
    try {
      return await context.open(context.fixtures.file(size), { direct: true });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      context.needs(
        test,
        code !== 'EINVAL',
        `the file system of the temporary folder refuses O_DIRECT: ${message}`,
      );
      throw error;
    }
  }

  const aligned = (blocks: number): Uint8Array =>
    allocAligned(blocks * BLOCK, context.backend).fill(SENTINEL);

  it('aligned reads give the file’s bytes; the last block is short; at and past the end 0', async function () {
    await using file = await openDirect(this);
    assert.equal(file.direct, true);
    const buffer = aligned(2);
    assert.equal(await file.readAt(buffer, 5 * BLOCK), 2 * BLOCK);
    assertPattern(buffer, 5 * BLOCK, 2 * BLOCK);
    assert.equal(await file.readAt(buffer, 64 * BLOCK), 123);
    assertPattern(buffer.subarray(0, 123), 64 * BLOCK, 123);
    for (const blocks of [65, 66, 1000]) assert.equal(await file.readAt(buffer, blocks * BLOCK), 0);
    assert.equal((await file.read(aligned(4), BLOCK, 2 * BLOCK, BLOCK)).bytesRead, 2 * BLOCK);
  });

  it('[R60] what is not aligned is refused by name before any system call; allocAligned memory is', async function () {
    const probe = await openDirect(this);
    await probe.close();
    await withFaults(context, {}, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE), { direct: true });
      const memory = allocAligned(4 * BLOCK, backend);
      const refusals: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['position', () => file.readAt(memory, 1)],
        ['position', () => file.readAt(memory, 512)],
        ['position', () => file.read(memory, 0, BLOCK, 2n ** 40n + 1n)],
        ['length', () => file.read(memory, 0, 100, 0)],
        ['length', () => file.readAt(memory.subarray(0, BLOCK + 1), 0)],
        ['length', () => file.read(memory, 0, 100)],
        ['buffer', () => file.read(memory, 1, BLOCK, 0)],
        ['buffer', () => file.readAt(memory.subarray(8, BLOCK + 8), 0)],
        ['buffer', () => file.readAt(Buffer.alloc(BLOCK), 0)],
        ['buffer', () => file.read(Buffer.alloc(BLOCK), 0, BLOCK)],
        ['buffer', () => file.readv([memory.subarray(0, BLOCK), new Uint8Array(BLOCK)], 0)],
      ];
      for (const [i, [argument, read]] of refusals.entries()) {
        const message = new RegExp(`'${argument}'`);
        await assert.rejects(read(), { code: 'ERR_INVALID_ARG_VALUE', message }, `refusal ${i}`);
      }
      // readv's first view was good; the rest never reached the system.
      assert(backend.seen.length <= 1, `${backend.seen.length} reads`);
      assert.equal(await file.readAt(memory, 0), 4 * BLOCK);
    });
  });

  it('[R80] reads without a position follow each other to the end, and stay there', async function () {
    await using file = await openDirect(this);
    const buffer = aligned(10);
    let position = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer);
      assertPattern(buffer.subarray(0, bytesRead), position, bytesRead);
      position += bytesRead;
      if (bytesRead === 0) break;
    }
    assert.equal(position, SIZE);
    assert.equal((await file.read(buffer)).bytesRead, 0);
  });

  it('readExactly and readMany take any range', async function () {
    await using file = await openDirect(this);
    const spans = [
      [0, 1],
      [1, 1],
      [BLOCK - 1, 2],
      [100, 10_000],
      [BLOCK, BLOCK],
      [SIZE - 1, 1],
      [SIZE - 5000, 5000],
      [0, SIZE],
      [17, 0],
    ] as const;
    for (const [position, length] of spans) {
      assert(
        pattern(position, length).equals(await file.readExactly(position, length)),
        `${length} at ${position}`,
      );
    }
    const results = await file.readMany(spans.map(([position, length]) => ({ position, length })));
    for (const [i, [position, length]] of spans.entries()) assertPattern(results[i]!, position, length);
    const rejected = file.readExactly(SIZE - 10, 11);
    await assert.rejects(rejected, { code: 'ERR_OVERLAPPED_UNEXPECTED_EOF', bytesRead: 10 });
    assert.equal((await file.readExactly(SIZE + 1, 5, { eof: 'clamp' })).byteLength, 0);
  });

  for (const span of [
    {},
    { start: 1 },
    { start: BLOCK - 1, end: BLOCK + 1 },
    { start: 5000, end: 100_000, chunkSize: 10_000 },
    { start: BLOCK, end: 2 * BLOCK, depth: 1 },
    { start: SIZE - 1 },
    { start: SIZE },
    { start: 3, end: 3 },
    { chunkSize: 1000, depth: 2 },
  ]) {
    it(`chunks(${JSON.stringify(span)}) gives those bytes`, async function () {
      await using file = await openDirect(this);
      const parts: Buffer[] = [];
      for await (const chunk of file.chunks(span)) parts.push(Buffer.from(chunk));
      const { start = 0, end = SIZE } = span;
      assert(pattern(start, Math.min(SIZE, end) - start).equals(Buffer.concat(parts)));
    });
  }

  it('readFile and the streams need no alignment', async function () {
    await using file = await openDirect(this, 3 * BLOCK + 7);
    const whole = pattern(0, 3 * BLOCK + 7);
    assert(whole.equals(await file.readFile()));
    const stream = file.createReadStream({ start: 5, highWaterMark: 5000, autoClose: false });
    assert(whole.subarray(5).equals(Buffer.concat(await stream.toArray())));
    const web: Uint8Array[] = [];
    for await (const chunk of file.readableWebStream({ start: 0 })) web.push(chunk);
    assert(whole.equals(Buffer.concat(web)));
  });

  it('[R62] a read that is cut short is resumed on a block edge', async function () {
    const probe = await openDirect(this);
    await probe.close();
    const decide = (_read: unknown, number: number) =>
      number % 2 === 0 ? ({ kind: 'short', bytes: 2 * BLOCK } as const) : undefined;
    await withFaults(context, { decide }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE), { direct: true });
      assert(pattern(77, 100_000).equals(await file.readExactly(77, 100_000)));
      assert(backend.seen.every(({ position, length }) => position % 4096n === 0n && length % BLOCK === 0));
    });
  });

  it('allocAligned: zeroed memory of exactly that length, on a page', () => {
    for (const bytes of [1, 100, BLOCK, BLOCK + 1, 1 << 20]) {
      const memory = allocAligned(bytes, context.backend);
      assert.equal(memory.byteLength, bytes);
      assert.equal(memory.byteOffset % BLOCK, 0);
      assert(memory.every((byte) => byte === 0));
    }
    for (const bad of [0, -1, 1.5, NaN, 2 ** 33]) {
      assert.throws(() => allocAligned(bad, context.backend), {
        code: 'ERR_OUT_OF_RANGE',
        message: /"bytes"/,
      });
    }
  });
}
