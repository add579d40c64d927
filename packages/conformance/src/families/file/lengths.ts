/** Lengths: none, too many, more than the system takes at once (R60, R61). */
import assert from 'node:assert/strict';
import { assertPattern, type FileSubject, readAt, sentinels, waysOf } from './subject.js';

const SIZE = 10_000;
const GIB = 2 ** 30;

interface Misuse {
  readonly what: string;
  readonly offset?: unknown;
  readonly length?: unknown;
  readonly code: 'ERR_OUT_OF_RANGE' | 'ERR_INVALID_ARG_TYPE';
  readonly names: RegExp;
  /** FileHandle of Node 20 aborts the process there: an assertion in its C++. */
  readonly crashesFileHandle?: true;
}

const MISUSES: readonly Misuse[] = [
  {
    what: 'offset past the end of the buffer',
    offset: 101,
    code: 'ERR_OUT_OF_RANGE',
    names: /offset|length/,
  },
  { what: 'offset -1', offset: -1, code: 'ERR_OUT_OF_RANGE', names: /"offset"/ },
  { what: 'offset 1.5', offset: 1.5, code: 'ERR_OUT_OF_RANGE', names: /"offset"/ },
  { what: 'offset NaN', offset: NaN, code: 'ERR_OUT_OF_RANGE', names: /"offset"/ },
  { what: "offset '1'", offset: '1', code: 'ERR_INVALID_ARG_TYPE', names: /"offset"/ },
  { what: 'length over the buffer', length: 101, code: 'ERR_OUT_OF_RANGE', names: /"length"/ },
  {
    what: 'offset + length over the buffer',
    offset: 50,
    length: 51,
    code: 'ERR_OUT_OF_RANGE',
    names: /"length"/,
  },
  { what: 'length -1', length: -1, code: 'ERR_OUT_OF_RANGE', names: /"length"/ },
  {
    what: 'length and offset 2^31 - 1',
    offset: 2 ** 31 - 1,
    length: 2 ** 31 - 1,
    code: 'ERR_OUT_OF_RANGE',
    names: /"/,
  },
  { what: 'length 1.5', length: 1.5, code: 'ERR_OUT_OF_RANGE', names: /"length"/, crashesFileHandle: true },
  { what: 'length NaN', length: NaN, code: 'ERR_OUT_OF_RANGE', names: /"length"/, crashesFileHandle: true },
  {
    what: "length '1'",
    length: '1',
    code: 'ERR_INVALID_ARG_TYPE',
    names: /"length"/,
    crashesFileHandle: true,
  },
];

export function lengths(subject: FileSubject): void {
  it('[R61] no bytes at any position: success, not end of file, and nothing is touched', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const buffer = sentinels(100);
    for (const position of [0, 1, SIZE - 1, SIZE, SIZE + 1, 5 * GIB, 2n ** 62n]) {
      assert.equal((await file.read(buffer, 3, 0, position)).bytesRead, 0);
      for (const { name, read } of waysOf(file))
        assert.equal(await read(file, new Uint8Array(0), position), 0, name);
    }
    assertPattern(buffer, 0, 0);
  });

  it('[R61] a read at the very end of the buffer has no bytes to fill', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const buffer = sentinels(100);
    assert.equal((await file.read(buffer, 100)).bytesRead, 0);
    assertPattern(buffer, 0, 0);
  });

  for (const { what, offset, length, code, names, crashesFileHandle } of MISUSES) {
    it(`[R60] ${what} is refused with ${code}, and the next read works`, async function () {
      subject.needs(
        this,
        !(subject.isFileHandle && crashesFileHandle),
        'FileHandle of Node 20 aborts the process',
      );
      await using file = await subject.open(subject.fixtures.file(SIZE));
      const buffer = sentinels(100);
      // The call itself must not throw, only its promise: anything else ends the test here.
      const positional = file.read(buffer, offset as number, length as number, 0);
      await assert.rejects(positional, { code, message: names });
      const options = {
        position: 0,
        ...(offset !== undefined && { offset }),
        ...(length !== undefined && { length }),
      };
      await assert.rejects(file.read(buffer, options as object), { code, message: names });
      assertPattern(buffer, 0, 0);
      assert.equal(await readAt(file, buffer, 7), 100);
      assertPattern(buffer, 7, 100);
    });
  }

  it('[R60] a length of 2^31 is refused, 2^31 - 1 is not; a larger buffer without a length is filled as far as it goes', async function () {
    subject.needs(this, subject.isFileHandle !== true, 'FileHandle checks int32 in C++ only');
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const buffer = new Uint8Array(2 * GIB + 10); // zero pages: only what is read becomes memory
    await assert.rejects(file.read(buffer, 0, 2 * GIB, 0), { code: 'ERR_OUT_OF_RANGE', message: /"length"/ });
    await assert.rejects(file.readAt!(buffer, 0), { code: 'ERR_OUT_OF_RANGE', message: /"length"/ });
    assert.equal((await file.read(buffer, 0, 2 * GIB - 1, 0)).bytesRead, SIZE);
    assert.equal((await file.read(buffer, { position: 1 })).bytesRead, SIZE - 1);
    assert.equal((await file.read(buffer, 2 * GIB, 10, 5)).bytesRead, 10);
    assertPattern(buffer.subarray(2 * GIB), 5, 10);
  });
}
