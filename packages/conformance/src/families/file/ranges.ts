/** readExactly and readMany: whole ranges, however many reads they take (R62, R79). */
import type { OverlappedFile } from '@overlapped/core';
import assert from 'node:assert/strict';
import type { ConformanceContext } from '../../context.js';
import { DEVICE_ERROR } from '../../faults.js';
import { pattern } from '../../fixtures.js';
import { assertPattern, sentinels, SENTINEL, withFaults } from './subject.js';

const SIZE = 3 * 2 ** 20 + 123;

const REFUSED: readonly (readonly [string, unknown, string, RegExp])[] = [
  ['no array', {}, 'ERR_INVALID_ARG_TYPE', /"ranges"/],
  ['null for a range', [null], 'ERR_INVALID_ARG_TYPE', /ranges\[0\]/],
  ['a range without a position', [{ length: 1 }], 'ERR_INVALID_ARG_TYPE', /"position"/],
  ['position -1', [{ position: -1, length: 1 }], 'ERR_OUT_OF_RANGE', /"position"/],
  [
    'position 2^63 - 1 with a byte',
    [{ position: 2n ** 63n - 1n, length: 1 }],
    'ERR_OUT_OF_RANGE',
    /"position"/,
  ],
  ['a range without length and into', [{ position: 0 }], 'ERR_INVALID_ARG_TYPE', /"length"/],
  ['length -1', [{ position: 0, length: -1 }], 'ERR_OUT_OF_RANGE', /"length"/],
  ['length 2^32', [{ position: 0, length: 2 ** 32 }], 'ERR_OUT_OF_RANGE', /"length"/],
  ['length over into', [{ position: 0, length: 5, into: new Uint8Array(4) }], 'ERR_OUT_OF_RANGE', /"length"/],
  ['into of text', [{ position: 0, into: 'x' }], 'ERR_INVALID_ARG_TYPE', /ranges\[0\]\.into/],
];

export function ranges(context: ConformanceContext): void {
  const open = (size = SIZE): Promise<OverlappedFile> => context.open(context.fixtures.file(size));

  for (const [position, length] of [
    [0, 0],
    [0, 1],
    [5, 4096],
    [SIZE - 1, 1],
    [SIZE, 0],
    [2 ** 40, 0],
    [0, SIZE],
    [77, 2 ** 20],
    [77, 2 ** 20 + 1],
    [1, SIZE - 1],
  ] as const) {
    it(`readExactly of ${length} bytes at ${position}: on an ArrayBuffer of exactly that length`, async () => {
      await using file = await open();
      const bytes = await file.readExactly(position, length);
      assert.equal(bytes.byteLength, length);
      assert.equal(bytes.buffer.byteLength, length);
      assert(Buffer.from(bytes.buffer).equals(pattern(position, length)));
    });
  }

  for (const [position, length, bytesRead] of [
    [SIZE - 10, 11, 10],
    [SIZE, 1, 0],
    [5 * 2 ** 30, 100, 0],
    [SIZE - 2 ** 20 - 5, 3 * 2 ** 20, 2 ** 20 + 5],
  ] as const) {
    it(`[R19] readExactly past the end (${length} at ${position}): a named error, or with clamp what there is`, async () => {
      await using file = await open();
      const code = 'ERR_OVERLAPPED_UNEXPECTED_EOF';
      await assert.rejects(file.readExactly(position, length), {
        code,
        position,
        length,
        bytesRead,
        path: file.path,
      });
      const clamped = await file.readExactly(position, length, { eof: 'clamp' });
      assert.equal(clamped.buffer.byteLength, bytesRead);
      assertPattern(clamped, position, bytesRead);
    });
  }

  it('readMany gives the ranges in their order, overlapping, repeated, empty or large', async () => {
    await using file = await open();
    const wanted = [
      { position: 2_000_000, length: 10 },
      { position: 0, length: 100 },
      { position: 50, length: 100 },
      { position: 0, length: 0 },
      { position: 0, length: 100 },
      { position: 100n, length: 2 ** 21 },
    ];
    const results = await file.readMany(wanted);
    for (const [i, { position, length }] of wanted.entries()) {
      assert(Buffer.from(results[i]!).equals(pattern(Number(position), length)), `range ${i}`);
      assert.equal(results[i]!.buffer.byteLength, length);
    }
    assert.deepEqual(await file.readMany([]), []);
  });

  it('readMany of 5,000 small ranges', async () => {
    await using file = await open();
    const wanted = Array.from({ length: 5000 }, (_, i) => ({
      position: (i * 104_729) % (SIZE - 64),
      length: 64,
    }));
    const results = await file.readMany(wanted);
    for (const [i, { position }] of wanted.entries()) assertPattern(results[i]!, position, 64);
  });

  it('[R43] readMany into the caller’s memory gives the part that was filled', async () => {
    await using file = await open();
    const memory = sentinels(300);
    const results = await file.readMany(
      [
        { position: 10, into: memory.subarray(0, 100) },
        { position: 20, into: memory.subarray(100, 200), length: 50 },
        { position: SIZE - 30, into: memory.subarray(200, 300) },
      ],
      { eof: 'clamp' },
    );
    assert.deepEqual(
      results.map(({ byteLength }) => byteLength),
      [100, 50, 30],
    );
    assert(results.every(({ buffer }) => buffer === memory.buffer));
    assertPattern(memory.subarray(0, 100), 10, 100);
    assertPattern(memory.subarray(100, 200), 20, 50);
    assertPattern(memory.subarray(200, 300), SIZE - 30, 30);
    assert.equal(memory[299], SENTINEL);
  });

  for (const [what, value, code, message] of REFUSED) {
    it(`[R45] [R60] readMany with ${what} is refused before any range is read`, async () => {
      await withFaults(context, {}, async (backend, openFile) => {
        const file = await openFile(context.fixtures.file(100));
        const good = { position: 0, length: 10 };
        const list = Array.isArray(value) ? [...(value as never[]), good] : value;
        await assert.rejects(file.readMany(list as never), { code, message });
        assert.equal(backend.seen.length, 0);
      });
    });
  }

  it('[R60] an unknown eof policy is refused', async () => {
    await using file = await open(100);
    await assert.rejects(file.readExactly(0, 1, { eof: 'ignore' as never }), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  });

  it('one failing range: its error, after all have settled, with nothing left in flight', async () => {
    const decide = ({ offsetLow }: { offsetLow: number }) => (offsetLow === 200 ? DEVICE_ERROR : undefined);
    await withFaults(context, { decide }, async (backend, openFile) => {
      const file = await openFile(context.fixtures.file(1000));
      const wanted = [0, 100, 200, 300].map((position) => ({ position, length: 100 }));
      await assert.rejects(file.readMany(wanted), { code: 'EIO', position: 200 });
      assert.equal(backend.inFlight, 0);
      assert.equal((await file.readMany(wanted.slice(0, 2))).length, 2);
    });
  });

  it('one range past the end fails them all, naming the range; with clamp only it is shorter', async () => {
    await using file = await open(1000);
    const wanted = [0, 950, 100].map((position) => ({ position, length: 100 }));
    await assert.rejects(file.readMany(wanted), {
      code: 'ERR_OVERLAPPED_UNEXPECTED_EOF',
      position: 950,
      bytesRead: 50,
    });
    const results = await file.readMany(wanted, { eof: 'clamp' });
    assert.deepEqual(
      results.map(({ byteLength }) => byteLength),
      [100, 50, 100],
    );
  });

  it('all ranges of readMany go to the system together: at most two submissions', async function () {
    context.needs(this, context.capabilities.batches, 'it takes one read a call');
    await using file = await open();
    await file.readMany([{ position: 0, length: 1 }]);
    const before = context.backend.stats().submissions;
    await file.readMany(Array.from({ length: 100 }, (_, i) => ({ position: i * 1000, length: 100 })));
    // Two where what was left of this turn's budget did not pay for all.
    const submissions = context.backend.stats().submissions - before;
    assert(submissions <= 2, `${submissions} submissions`);
  });
}
