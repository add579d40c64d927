/** Many reads at once: each gets its own bytes, once, whatever the others do (R21, R25). */
import assert from 'node:assert/strict';
import { pattern } from '../../fixtures.js';
import { assertPattern, type FileSubject, readAt, sentinels, waysOf } from './subject.js';

const SIZE = 1 << 20;

export function concurrency(subject: FileSubject): void {
  for (const count of [1, 8, 64, 1000]) {
    it(`[R21] ${count} reads at once, each with its own bytes`, async () => {
      await using file = await subject.open(subject.fixtures.file(SIZE));
      const length = 1000;
      const places = Array.from({ length: count }, (_, i) => (i * 7919) % (SIZE - length));
      const buffers = places.map(() => sentinels(length));
      const counts = await Promise.all(places.map((position, i) => readAt(file, buffers[i]!, position)));
      assert.deepEqual(
        counts,
        places.map(() => length),
      );
      for (const [i, position] of places.entries()) assertPattern(buffers[i]!, position, length);
    });
  }

  it('[R21] 64 reads of the same region, by every way to read', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    for (const { name, read } of waysOf(file)) {
      const buffers = Array.from({ length: 64 }, () => sentinels(5000));
      const counts = await Promise.all(buffers.map((buffer) => read(file, buffer, 4000)));
      for (const [i, buffer] of buffers.entries()) assertPattern(buffer, 4000, counts[i]!, name);
      assert(
        counts.every((bytesRead) => bytesRead === 5000),
        name,
      );
    }
  });

  it('[R21] ten files with twenty reads each, at once', async () => {
    const files = await Promise.all(
      Array.from({ length: 10 }, (_, i) => subject.open(subject.fixtures.file(1000 + i))),
    );
    await Promise.all(
      files.flatMap((file, i) =>
        Array.from({ length: 20 }, async (_, k) => {
          const buffer = sentinels(2000);
          const bytesRead = await readAt(file, buffer, k * 50);
          assert.equal(bytesRead, 1000 + i - k * 50);
          assertPattern(buffer, k * 50, bytesRead);
        }),
      ),
    );
    await Promise.all(files.map((file) => file.close()));
  });

  it('[R25] a read does not wait for those issued before it: chains of reads interleave', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    const chain = async (first: number): Promise<void> => {
      for (let position = first; position < SIZE; position += SIZE / 16) {
        const buffer = sentinels(512);
        assertPattern(buffer, position, await readAt(file, buffer, position));
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, i) => chain(i * 512)));
  });

  it('200 reads that nobody waits for harm no later one', async () => {
    await using file = await subject.open(subject.fixtures.file(SIZE));
    for (let i = 0; i < 200; i++) void readAt(file, Buffer.alloc(4096), i * 4096);
    const buffer = sentinels(4096);
    assert.equal(await readAt(file, buffer, 100), 4096);
    assert.deepEqual(buffer, pattern(100, 4096));
  });
}
