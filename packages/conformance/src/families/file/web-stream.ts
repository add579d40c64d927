/** readableWebStream: a byte stream, for readers with and without buffers of their own. */
import assert from 'node:assert/strict';
import { pattern } from '../../fixtures.js';
import { assertPattern, type FileSubject, readAt, sentinels } from './subject.js';

const SIZE = 200_000;

export function webStream(subject: FileSubject): void {
  it('[R80] a default reader gets the whole file, in Uint8Arrays', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const parts: Uint8Array[] = [];
    for await (const chunk of file.readableWebStream()) {
      assert(chunk instanceof Uint8Array || (chunk as unknown) instanceof ArrayBuffer);
      parts.push(new Uint8Array(chunk));
    }
    assert(Buffer.concat(parts).equals(pattern(0, SIZE)));
  });

  it('[R80] a BYOB reader gets the bytes in its own memory', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const reader = file.readableWebStream().getReader({ mode: 'byob' });
    let memory = new ArrayBuffer(30_000);
    let position = 0;
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(memory));
      if (done) break;
      const bytes = value;
      assert(bytes.byteLength <= 30_000 && bytes.byteLength > 0);
      assertPattern(bytes, position, bytes.byteLength);
      position += bytes.byteLength;
      memory = bytes.buffer;
      assert.equal(memory.byteLength, 30_000);
    }
    assert.equal(position, SIZE);
  });

  it('an empty file is an empty stream', async () => {
    await using file = await subject.open(subject.fixtures.file(0));
    const reader = file.readableWebStream().getReader();
    assert.deepEqual(await reader.read(), { done: true, value: undefined });
  });

  it('cancel ends it; the file stays open, as FileHandle’s does', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const stream = file.readableWebStream();
    const reader = stream.getReader();
    assert.equal((await reader.read()).done, false);
    await reader.cancel('enough');
    assert.equal((await reader.read()).done, true);
    const buffer = sentinels(10);
    assert.equal(await readAt(file, buffer, 0), 10);
  });
}
