/** What a stream emits, and what it says of itself: that of Node's own (R80). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs, { ReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pattern } from '../../fixtures.js';
import type { FileSubject } from './subject.js';

const SIZE = 100_000;

const EVENTS = ['open', 'ready', 'readable', 'end', 'error', 'close'];

/** Records the names of a stream's events; those that come often, once each. */
function record(stream: ReadStream, events = EVENTS): string[] {
  const seen: string[] = [];
  for (const event of events) {
    stream.on(event, () => {
      if (!seen.includes(event)) seen.push(event);
    });
  }
  return seen;
}

function turns(count: number): Promise<void> {
  return new Promise((resolve) => {
    const next = (left: number): unknown => (left === 0 ? resolve() : setImmediate(next, left - 1));
    next(count);
  });
}

const QUIET = EVENTS.filter((event) => event !== 'readable');

export function streamEvents(subject: FileSubject): void {
  it('[R80] end, then close; no open and no ready, since the file is open', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream();
    const seen = record(stream, QUIET);
    stream.resume();
    await once(stream, 'close');
    assert.deepEqual(seen, ['end', 'close']);
    assert.equal(stream.bytesRead, SIZE);
  });

  it('[R80] with emitClose false it ends without close', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream({ emitClose: false });
    const seen = record(stream, QUIET);
    const closed = new Promise<void>((resolve) => file.on('close', resolve));
    stream.resume();
    await closed;
    await turns(10);
    assert.deepEqual(seen, ['end']);
  });

  it('[R80] with autoClose false it ends, and is neither destroyed nor closed', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream({ autoClose: false });
    const seen = record(stream, QUIET);
    stream.resume();
    await once(stream, 'end');
    await turns(10);
    assert.deepEqual(seen, ['end']);
    assert.equal(stream.destroyed, false);
  });

  it('[R80] is an fs.ReadStream, which says what it reads', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream({ start: 3, end: 7 });
    const fields = stream as ReadStream & Record<string, unknown>;
    assert(stream instanceof ReadStream);
    assert.equal(stream.pending, false);
    assert.deepEqual(
      [fields.fd, fields.start, fields.end, fields.autoClose, fields.bytesRead],
      [file.fd, 3, 7, true, 0],
    );
    await stream.toArray();
    if (!stream.closed) await once(stream, 'close');
    assert.equal(stream.pending, true);
  });

  it('[R80] close(callback) destroys it, and calls back when it is closed', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream();
    await once(stream, 'readable');
    await new Promise<void>((resolve) => stream.close(() => resolve()));
    assert(stream.destroyed);
    assert.equal(file.fd, -1);
  });

  it('[R70] [R80] closing the file destroys its streams, without an error of their own', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const streams = [0, 1].map((start) => file.createReadStream({ start, highWaterMark: 1000 }));
    const seen = streams.map((stream) => record(stream, QUIET));
    await Promise.all(streams.map((stream) => once(stream, 'readable')));
    await file.close();
    await turns(10);
    assert.deepEqual(seen, [['close'], ['close']]);
    await assert.rejects(streams[0]!.toArray(), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  });

  it('[R80] destroy before the first read: close only', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream();
    const seen = record(stream, QUIET);
    stream.destroy();
    await once(stream, 'close');
    assert.deepEqual(seen, ['close']);
  });

  it('[R80] an encoding keeps characters whole that two chunks share', async () => {
    const path = subject.fixtures.path('text');
    const text = 'aé€😀'.repeat(500);
    fs.writeFileSync(path, text);
    const file = await subject.open(path);
    const parts = await file.createReadStream({ encoding: 'utf8', highWaterMark: 7 }).toArray();
    assert.equal(parts.join(''), text);
  });

  it('[R80] pipe to a slow writer: every byte, in order, and no more read than asked for', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream({ highWaterMark: 1000 });
    const parts: Buffer[] = [];
    let most = 0;
    const slow = new Writable({
      highWaterMark: 1000,
      write(chunk: Buffer, _encoding, callback) {
        parts.push(chunk);
        most = Math.max(most, stream.readableLength);
        setImmediate(callback);
      },
    });
    stream.pipe(slow);
    await once(slow, 'finish');
    assert(Buffer.concat(parts).equals(pattern(0, SIZE)));
    assert(most <= 2000, `${most} bytes were buffered`);
  });

  it('[R68] a signal that has fired: an AbortError, and nothing is read', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.createReadStream({ signal: AbortSignal.abort() });
    await assert.rejects(stream.toArray(), { name: 'AbortError', code: 'ABORT_ERR' });
    assert.equal(stream.bytesRead, 0);
  });

  it('createReadStream of a closed file throws', async () => {
    const file = await subject.open(subject.fixtures.file(SIZE));
    await file.close();
    assert.throws(() => file.createReadStream(), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => file.readableWebStream(), { code: 'ERR_INVALID_STATE' });
  });
}
