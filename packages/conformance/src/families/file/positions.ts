/** Positions that are none, and files that have none (R45, R47, R7). */
import { open, type OverlappedFile } from '@overlapped/core';
import assert from 'node:assert/strict';
import type { ConformanceContext } from '../../context.js';
import { assertPattern, sentinels, withFaults } from './subject.js';

const SIZE = 10_000;
const BYTES = 16;

type Read = (file: OverlappedFile, position: never) => Promise<unknown>;

const READS: readonly (readonly [string, Read])[] = [
  ['readAt', (file, position) => file.readAt(sentinels(BYTES), position)],
  [
    'readAt with a signal',
    (file, position) => file.readAt(sentinels(BYTES), position, { signal: new AbortController().signal }),
  ],
  ['read', (file, position) => file.read(sentinels(BYTES), 0, BYTES, position)],
  ['read with options', (file, position) => file.read(sentinels(BYTES), { position })],
  ['readv', (file, position) => file.readv([sentinels(BYTES)], position)],
  ['readExactly', (file, position) => file.readExactly(position, BYTES)],
  ['readMany', (file, position) => file.readMany([{ position, length: BYTES }])],
  ['chunks', (file, position) => file.chunks({ start: position }).next()],
];

/** -1, negative bigints and fractions are "where the file is" to node:fs; -1 is also io_uring's word for it. */
const OUT_OF_RANGE: readonly unknown[] = [
  -1,
  -1n,
  -2n,
  -(2n ** 63n),
  1.5,
  NaN,
  Infinity,
  -Infinity,
  2 ** 53,
  2n ** 63n,
  2n ** 64n,
];
const WRONG_TYPE: readonly unknown[] = ['1', {}, true, Symbol('1')];

function show(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

export function positions(context: ConformanceContext): void {
  const refused: readonly (readonly [readonly unknown[], string])[] = [
    [OUT_OF_RANGE, 'ERR_OUT_OF_RANGE'],
    [WRONG_TYPE, 'ERR_INVALID_ARG_TYPE'],
  ];
  for (const [values, code] of refused) {
    for (const value of values) {
      it(`[R45] position ${show(value)} is refused with ${code} before any system call, by every way to read`, async () => {
        await withFaults(context, {}, async (backend, openFile) => {
          const file = await openFile(context.fixtures.file(SIZE));
          for (const [name, read] of READS) {
            const reading = read(file, value as never); // must reject, not throw
            await assert.rejects(reading, { code, message: /"position"/ }, name);
          }
          assert.equal(backend.seen.length, 0);
          const buffer = sentinels(BYTES);
          assert.equal(await file.readAt(buffer, 32), BYTES);
          assertPattern(buffer, 32, BYTES);
        });
      });
    }
  }

  it('[R45] position + length may be 2^63 - 1 and no more', async () => {
    await using file = await context.open(context.fixtures.file(SIZE));
    const last = 2n ** 63n - 1n - BigInt(BYTES);
    for (const [name, read] of READS.filter(([name]) => !/Exactly|Many/.test(name))) {
      await read(file, last as never);
      if (name === 'chunks') continue; // it stops at 2^63 - 1 by itself
      await assert.rejects(
        read(file, (last + 1n) as never),
        { code: 'ERR_OUT_OF_RANGE', message: /"position"/ },
        name,
      );
    }
    assert.deepEqual(await file.readExactly(2n ** 63n - 1n, 0), new Uint8Array(0));
  });

  it('[R45] readAt without a position is refused: it has no cursor', async () => {
    await using file = await context.open(context.fixtures.file(SIZE));
    for (const missing of [undefined, null]) {
      for (const [, read] of READS.slice(0, 2)) {
        await assert.rejects(read(file, missing as never), {
          code: 'ERR_INVALID_ARG_TYPE',
          message: /"position"/,
        });
      }
    }
  });

  it('[R7] [R47] a FIFO has no positions: the file API reads it through node-fs, in order, whatever position is given', async function () {
    context.needs(this, process.platform !== 'win32', 'there is no mkfifo');
    const fifo = context.fixtures.fifo();
    let file: OverlappedFile | undefined;
    try {
      file = await open(fifo.path);
      assert.equal(file.backend, 'node-fs');
      await fifo.write(Buffer.from('first, second'));
      const buffer = Buffer.alloc(6);
      assert.equal(await file.readAt(buffer, 123), 6);
      assert.equal(buffer.toString(), 'first,');
      assert.equal((await file.read(buffer, { position: 2 ** 40 })).bytesRead, 6);
      assert.equal(buffer.toString(), ' secon');
    } finally {
      await fifo.end();
      await file?.close();
    }
  });

  it('[R7] [R85] a backend asked for by name refuses a FIFO that it would hand over, and leaves nothing open', async function () {
    context.needs(
      this,
      process.platform === 'linux',
      'there are FIFOs, and backends that hand them over, on Linux',
    );
    const fifo = context.fixtures.fifo();
    try {
      const kept = { direct: false, access: 'random', readable: true, overlapped: true } as const;
      const file = await context.backend.open({ path: fifo.path, ...kept, positionedOnly: true });
      await (file.servedBy ?? context.backend).closeFile(file);
      context.needs(this, file.servedBy !== undefined, 'it reads FIFOs itself');
      await assert.rejects(context.open(fifo.path), {
        code: 'ENOTSUP',
        syscall: 'open',
        path: fifo.path,
        message: /'auto'/,
      });
    } finally {
      await fifo.end();
    }
  });
}
