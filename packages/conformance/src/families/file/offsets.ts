/** Positions: 64 bits, unsigned, and never the system's own cursor (R44, R46, R48). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {
  assertPattern,
  available,
  type FileSubject,
  readAt,
  sentinels,
  SENTINEL,
  waysOf,
  withoutBigints,
} from './subject.js';

const BLOCK = 4096;
const SIZE = 3 * BLOCK + 123;
/** Where blocks, sectors and the file begin and end. */
const POSITIONS = [
  0,
  1,
  511,
  512,
  513,
  BLOCK - 1,
  BLOCK,
  BLOCK + 1,
  2 * BLOCK,
  SIZE - 1,
  SIZE,
  SIZE + 1,
  2 * SIZE,
];
const LENGTHS = [0, 1, 511, 512, 513, BLOCK - 1, BLOCK, BLOCK + 1, SIZE, SIZE + 1];
const MISALIGNMENTS = [0, 1, 3, 8];
const GUARD = 16;

export function offsets(subject: FileSubject): void {
  it('[R44] every start offset of a small file gives the right tail, by every way to read', async () => {
    const size = 600;
    await using file = await subject.open(subject.fixtures.file(size));
    for (const { name, read } of waysOf(file)) {
      for (let position = 0; position <= size; position++) {
        const buffer = sentinels(size);
        const bytesRead = await read(file, buffer, position);
        assert.equal(bytesRead, size - position, `${name} at ${position}`);
        assertPattern(buffer, position, bytesRead, name);
      }
    }
  });

  it('[R43] [R48] [R62] position × length × misalignment: right bytes, right count, nothing beside them', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const check = async (position: number, length: number, misalignment: number): Promise<void> => {
      const memory = sentinels(GUARD + misalignment + length + GUARD);
      const target = memory.subarray(GUARD + misalignment, GUARD + misalignment + length);
      const expected = available(SIZE, position, length);
      const what = `${length} bytes at ${position} into memory + ${misalignment}`;
      assert.equal(await readAt(file, target, position), expected, what);
      assertPattern(target, position, expected, what);
      assert(
        memory.subarray(0, GUARD + misalignment).every((byte) => byte === SENTINEL),
        what,
      );
      assert(
        memory.subarray(-GUARD).every((byte) => byte === SENTINEL),
        what,
      );
    };
    for (const position of POSITIONS) {
      await Promise.all(LENGTHS.flatMap((length) => MISALIGNMENTS.map((by) => check(position, length, by))));
    }
  });

  it('[R46] positioned reads leave the position of the descriptor alone', async function () {
    subject.needs(
      this,
      process.platform !== 'win32',
      'descriptors of the file API are not descriptors there',
    );
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const buffer = Buffer.alloc(100);
    for (const { read } of waysOf(file)) await read(file, buffer, 1000);
    assert.equal(fs.readSync(file.fd, buffer, 0, 1, null), 1);
    assertPattern(buffer.subarray(0, 1), 0, 1);
  });

  it('[R44] data beyond 4 GiB is told from the same low word', async () => {
    const position = 5 * 2 ** 30 + 16;
    const content = Buffer.from('beyond four gibibytes');
    await using file = await subject.open(subject.fixtures.sparse(position + 1000, position, content));
    for (const { name, read } of waysOf(file)) {
      for (const at of withoutBigints(subject, [position, BigInt(position)])) {
        const buffer = sentinels(content.byteLength);
        assert.equal(await read(file, buffer, at), buffer.byteLength, name);
        assert.deepEqual(buffer, content, name);
      }
      const hole = sentinels(content.byteLength);
      assert.equal(await read(file, hole, position % 2 ** 32), hole.byteLength, name);
      assert.deepEqual(hole, Buffer.alloc(content.byteLength), name);
    }
  });

  const beyond = [
    2 ** 32,
    2 ** 32 + 7,
    2 ** 40,
    Number.MAX_SAFE_INTEGER - 16,
    2n ** 53n,
    2n ** 62n,
    2n ** 63n - 17n,
  ];
  for (const position of withoutBigints(subject, beyond)) {
    it(`[R48] position ${position} of a small file is its end, not an error`, async () => {
      await using file = await subject.open(subject.fixtures.file(SIZE));
      for (const { name, read } of waysOf(file)) {
        const buffer = sentinels(16);
        assert.equal(await read(file, buffer, position), 0, name);
        assertPattern(buffer, 0, 0, name);
      }
    });
  }

  it('[R44] a number and the same bigint name the same position', async function () {
    subject.needs(this, !subject.isFileHandle, 'FileHandle of Node 20 takes no bigints');
    await using file = await subject.open(subject.fixtures.file(SIZE));
    for (const position of POSITIONS) {
      const byNumber = sentinels(64);
      const byBigint = sentinels(64);
      const counts = await Promise.all([
        readAt(file, byNumber, position),
        readAt(file, byBigint, BigInt(position)),
      ]);
      assert.equal(counts[0], counts[1]);
      assert.deepEqual(byNumber, byBigint);
    }
  });
}
