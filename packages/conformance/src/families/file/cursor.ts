/** What names no position goes on where the last such read ended, whichever method it is (R80). */
import assert from 'node:assert/strict';
import { pattern } from '../../fixtures.js';
import { assertPattern, type CommonFile, type FileSubject, readAt, sentinels } from './subject.js';

const SIZE = 200_000;
const HEADER = 1000;

/** Each way to read all that is left. */
const REST: Readonly<Record<string, (file: CommonFile) => Promise<Buffer>>> = {
  readFile: async (file) => (await file.readFile()) as Buffer,
  createReadStream: async (file) =>
    Buffer.concat((await file.createReadStream({ autoClose: false }).toArray()) as Buffer[]),
  'createReadStream by small chunks': async (file) =>
    Buffer.concat(
      (await file.createReadStream({ autoClose: false, highWaterMark: 777 }).toArray()) as Buffer[],
    ),
  readableWebStream: async (file) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of file.readableWebStream()) parts.push(new Uint8Array(chunk));
    return Buffer.concat(parts);
  },
};

export function cursor(subject: FileSubject): void {
  for (const [way, rest] of Object.entries(REST)) {
    it(`[R80] ${way} goes on after a read, and leaves the position at the end`, async () => {
      await using file = await subject.open(subject.fixtures.file(SIZE));
      const header = sentinels(HEADER);
      await file.read(header);
      assertPattern(header, 0, HEADER);
      assert((await rest(file)).equals(pattern(HEADER, SIZE - HEADER)));
      assert.equal((await file.read(Buffer.alloc(10))).bytesRead, 0);
      assert.equal(await readAt(file, Buffer.alloc(10), 0), 10);
    });
  }

  it('[R80] readFile a second time has nothing left', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    assert.equal((await file.readFile()).length, SIZE);
    assert.equal((await file.readFile()).length, 0);
    assert.equal(await file.readFile('utf8'), '');
  });

  it('[R80] a stream with a start leaves the position alone', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    await file.createReadStream({ start: 5, autoClose: false }).toArray();
    const bytes = sentinels(10);
    await file.read(bytes);
    assertPattern(bytes, 0, 10);
  });

  it('[R80] the end of a stream without a start counts from the position', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    await file.read(Buffer.alloc(HEADER));
    const parts = (await file.createReadStream({ end: 9, autoClose: false }).toArray()) as Buffer[];
    assert.deepEqual(Buffer.concat(parts), pattern(HEADER, 10));
    const next = sentinels(5);
    await file.read(next);
    assert.deepEqual(next, pattern(HEADER + 10, 5));
  });

  it('[R80] a stream that nobody has read from yet takes the position when it begins', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream({ autoClose: false });
    await file.read(Buffer.alloc(HEADER));
    assert(Buffer.concat((await stream.toArray()) as Buffer[]).equals(pattern(HEADER, SIZE - HEADER)));
  });
}
