/** createReadStream: a Node Readable with FileHandle's options (R80). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pattern } from '../../fixtures.js';
import { assertPattern, type FileSubject, readAt, sentinels } from './subject.js';

const SIZE = 300_000;

interface Span {
  readonly start?: number;
  readonly end?: number;
  readonly highWaterMark?: number;
}

const SPANS: readonly Span[] = [
  {},
  { start: 0 },
  { start: 1000 },
  { end: 0 },
  { end: 999 },
  { start: 10, end: 10 },
  { start: 65_535, end: 131_072 },
  { start: SIZE - 1 },
  { start: SIZE },
  { start: SIZE + 5 },
  { start: 100, end: SIZE + 100 },
  { end: Infinity },
  { highWaterMark: 1000 },
  { highWaterMark: 1 << 20 },
  { start: 5, end: 20_000, highWaterMark: 4096 },
];

function expectedBytes({ start = 0, end = Infinity }: Span): Buffer {
  return pattern(start, Math.max(0, Math.min(SIZE - 1, end) - start + 1));
}

export function readStream(subject: FileSubject): void {
  for (const span of SPANS) {
    it(`[R80] ${JSON.stringify(span)}: those bytes, end inclusive, and bytesRead counts them`, async () => {
      await using file = await subject.open(subject.fixtures.file(SIZE));
      const stream = file.createReadStream(span);
      const parts: Buffer[] = [];
      for await (const chunk of stream) {
        assert(Buffer.isBuffer(chunk));
        assert(chunk.byteLength <= (span.highWaterMark ?? 65_536));
        parts.push(chunk);
      }
      const expected = expectedBytes(span);
      assert(Buffer.concat(parts).equals(expected));
      assert.equal(stream.bytesRead, expected.byteLength);
    });
  }

  it('the consumer may keep the chunks: none is overwritten by a later one', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const parts = (await file.createReadStream({ highWaterMark: 1000 }).toArray()) as Buffer[];
    let position = 0;
    for (const part of parts) {
      assertPattern(part, position, part.byteLength);
      position += part.byteLength;
    }
    assert.equal(position, SIZE);
  });

  it('with an encoding the chunks are text', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const parts = (await file.createReadStream({ encoding: 'hex' }).toArray()) as string[];
    assert(parts.every((part) => typeof part === 'string'));
    assert.equal(parts.join(''), pattern(0, SIZE).toString('hex'));
  });

  it('autoClose: the file is closed at the end, and on destroy; with autoClose false it stays open', async () => {
    const path = subject.fixtures.file(SIZE);
    const ended = await subject.open(path);
    const stream = ended.createReadStream();
    stream.resume();
    await once(stream, 'close');
    assert.equal(ended.fd, -1);

    const destroyed = await subject.open(path);
    const cut = destroyed.createReadStream();
    cut.destroy();
    await once(cut, 'close');
    assert.equal(destroyed.fd, -1);

    await using kept = await subject.open(path);
    const open = kept.createReadStream({ autoClose: false });
    open.resume();
    await once(open, 'end');
    const buffer = sentinels(10);
    assert.equal(await readAt(kept, buffer, 3), 10);
    assertPattern(buffer, 3, 10);
  });

  it('leaving for await early destroys the stream and closes the file', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream({ highWaterMark: 1000 });
    for await (const chunk of stream) {
      assertPattern(chunk as Buffer, 0, 1000);
      break;
    }
    assert(stream.destroyed);
    // Not once(): Node destroys the stream with an AbortError, which once() would reject with.
    if (!stream.closed) await new Promise<void>((resolve) => stream.on('close', resolve));
    assert.equal(file.fd, -1);
  });

  it('destroy with an error, mid-way: that error, one close, no more data', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream({ highWaterMark: 1000 });
    const reason = new Error('enough');
    let after = 0;
    let errors = 0;
    stream.on('error', (error) => {
      assert.equal(error, reason);
      errors++;
    });
    stream.on('data', () => {
      if (stream.destroyed) after++;
      else stream.destroy(reason);
    });
    await new Promise<void>((resolve) => stream.on('close', resolve));
    assert.deepEqual([errors, after], [1, 0]);
    assert.equal(file.fd, -1);
  });

  it('pipeline: a failing writer destroys the reader, and the file is closed', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const reason = new Error('the disk is full');
    const failing = new Writable({ write: (_chunk, _encoding, callback) => callback(reason) });
    await assert.rejects(pipeline(file.createReadStream(), failing), reason);
    await file.close();
    assert.equal(file.fd, -1);
  });

  it('backpressure: a consumer that does not read on has at most what was read ahead', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream({ highWaterMark: 1000, autoClose: false });
    await once(stream, 'readable');
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    assert(stream.readableLength <= 2000, `${stream.readableLength} bytes are buffered`);
    assert(stream.bytesRead <= 2000, `${stream.bytesRead} bytes were read`);
    stream.destroy();
    await once(stream, 'close');
  });

  it('[R68] an abort signal destroys it with an AbortError', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const controller = new AbortController();
    const stream = file.createReadStream({ signal: controller.signal, highWaterMark: 1000 });
    const reading = stream.toArray();
    controller.abort();
    await assert.rejects(reading, { name: 'AbortError', code: 'ABORT_ERR' });
  });

  it('two streams of one file have each its own position', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const streams = [0, 100_000].map((start) => file.createReadStream({ start, autoClose: false }));
    const [first, second] = await Promise.all(
      streams.map(async (stream) => Buffer.concat(await stream.toArray())),
    );
    assert(first!.equals(pattern(0, SIZE)));
    assert(second!.equals(pattern(100_000, SIZE - 100_000)));
  });

  for (const [what, options] of [
    ['start -1', { start: -1 }],
    ['start 1.5', { start: 1.5 }],
    ['end before start', { start: 10, end: 9 }],
    ['end NaN', { end: NaN }],
  ] as const) {
    it(`[R45] ${what} is refused by a throw`, async function () {
      subject.needs(this, !subject.isFileHandle, 'a FileHandle can’t be closed after that in Node 20');
      await using file = await subject.open(subject.fixtures.file(SIZE));
      assert.throws(() => file.createReadStream(options), { code: 'ERR_OUT_OF_RANGE' });
    });
  }
}
