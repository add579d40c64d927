/** FileHandle's signatures, results and cursor: moving from fs.promises.open is a change of one line (R79, R80). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { pattern } from '../../fixtures.js';
import { assertPattern, type FileSubject, sentinels } from './subject.js';

const SIZE = 10_000;

export function shapes(subject: FileSubject): void {
  it('[R79] read gives bytesRead and the very buffer that it was passed', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const buffer = sentinels(100);
    const results = [
      await file.read(buffer, 0, 100, 0),
      await file.read(buffer, null, null, 0),
      await file.read(buffer, { position: 0 }),
      await file.read(buffer, { offset: 0, length: 100, position: 0n }),
      await file.read({ buffer, position: 0 }),
    ];
    for (const result of results) {
      assert.equal(result.buffer, buffer);
      assert.equal(result.bytesRead, 100);
    }
    assertPattern(buffer, 0, 100);
  });

  it('[R79] read without a buffer makes one of 16 KiB', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const { bytesRead, buffer } = await file.read();
    assert.equal(bytesRead, SIZE);
    assert.equal(buffer.byteLength, 16_384);
    assert(Buffer.isBuffer(buffer));
    assertPattern(buffer.subarray(0, SIZE), 0, SIZE);
  });

  it('[R80] reads without a position follow each other; reads with one leave them alone', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const whole = sentinels(SIZE);
    for (let at = 0; at < SIZE;) {
      const { bytesRead } = await file.read(whole, at, Math.min(999, SIZE - at));
      assert(bytesRead > 0);
      await file.read(Buffer.alloc(10), 0, 10, 3);
      at += bytesRead;
    }
    assertPattern(whole, 0, SIZE);
    assert.equal((await file.read(Buffer.alloc(10))).bytesRead, 0);
    assert.equal((await file.read(Buffer.alloc(10), 0, 10, null)).bytesRead, 0);
  });

  it('[R80] position-less reads at once get different bytes, and the position never passes the end', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const buffers = Array.from({ length: 10 }, () => sentinels(1000));
    await Promise.all(buffers.map((buffer) => file.read(buffer)));
    // FileHandle's reads run on several threads, in any order.
    if (subject.isFileHandle !== true) assert.deepEqual(Buffer.concat(buffers), pattern(0, SIZE));
    assert.equal((await file.read(Buffer.alloc(10))).bytesRead, 0);
  });

  it('[R80] ten reads at once of twice the file: one has all of it, the others 0 bytes', async () => {
    const path = subject.fixtures.file(SIZE);
    await using file = await subject.open(path);
    const reads = await Promise.all(Array.from({ length: 10 }, () => file.read(Buffer.alloc(2 * SIZE))));
    assert.deepEqual(
      reads.map(({ bytesRead }) => bytesRead).sort((a, b) => b - a),
      [SIZE, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    );
  });

  it('[R79] readv fills buffers one after the other, stops at the end, and follows the same cursor', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const views = [sentinels(100), new Uint16Array(50), Buffer.alloc(0), sentinels(7)];
    const result = await file.readv(views, 30);
    assert.equal(result.bytesRead, 207);
    assert.equal(result.buffers, views);
    const bytes = views.map((view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength));
    assert.deepEqual(Buffer.concat(bytes), pattern(30, 207));

    const ends = [sentinels(100), sentinels(100), sentinels(100)];
    assert.equal((await file.readv(ends, SIZE - 150)).bytesRead, 150);
    assertPattern(Buffer.concat(ends), SIZE - 150, 150);
    assert.equal((await file.readv([sentinels(5)], SIZE)).bytesRead, 0);

    const next = [sentinels(60), sentinels(60)];
    assert.equal((await file.readv(next)).bytesRead, 120);
    assertPattern(Buffer.concat(next), 0, 120);
    const after = sentinels(10);
    await file.read(after);
    assertPattern(after, 120, 10);
  });

  for (const size of [0, 1, 16_383, 16_384, 16_385, 3 * 2 ** 20 + 17]) {
    it(`[R79] readFile gives all ${size} bytes, as a Buffer or as text`, async () => {
      const path = subject.fixtures.file(size);
      await using file = await subject.open(path);
      const bytes = await file.readFile();
      assert(Buffer.isBuffer(bytes));
      assert(bytes.equals(pattern(0, size)));
      for (const options of ['hex', { encoding: 'hex' }] as const) {
        await using again = await subject.open(path);
        assert.equal(await again.readFile(options), bytes.toString('hex'));
      }
      await using last = await subject.open(path);
      assert(Buffer.isBuffer(await last.readFile({ encoding: null })));
    });
  }

  it('[R79] readFile refuses an unknown encoding before it reads', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    await assert.rejects(file.readFile('no-such' as never), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /encoding/,
    });
  });

  it('readFile reads files whose size says 0', async function () {
    subject.needs(this, process.platform === 'linux', '/proc is Linux');
    await using file = await subject.open('/proc/self/status');
    const text = await file.readFile('utf8');
    assert.match(text as string, /^Name:.*\n(.*\n)*VmSize:/);
  });

  it('[R79] stat with bigint has the same in bigints, and nanoseconds', async () => {
    const path = subject.fixtures.file(SIZE);
    await using file = await subject.open(path);
    const ours = await file.stat({ bigint: true });
    const theirs = fs.statSync(path, { bigint: true });
    assert(ours instanceof (theirs.constructor as typeof fs.Stats));
    assert.equal(ours.isFile(), true);
    assert.equal(ours.isDirectory(), false);
    for (const field of [
      'dev',
      'ino',
      'mode',
      'nlink',
      'size',
      'mtimeMs',
      'mtimeNs',
      'birthtimeNs',
    ] as const) {
      assert.equal(ours[field], theirs[field], field);
    }
    assert.deepEqual(ours.mtime, theirs.mtime);
  });

  it('[R79] stat and fd are the open file’s', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const stat = await file.stat();
    assert.equal(stat.size, SIZE);
    assert(stat.isFile());
    assert(Number.isInteger(file.fd) && file.fd >= 0);
    await using other = await subject.open(subject.fixtures.file(SIZE));
    assert.notEqual(other.fd, file.fd);
  });
}
