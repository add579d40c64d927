/** hyparquet on our AsyncBuffer, beside its own reader of files. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { asyncBuffer } from '../src/hyparquet.js';
import { writeParquet } from './samples.js';
import { onEachBackend } from './support.js';

const ROWS = 5_000;

onEachBackend('hyparquet', ({ fixtures, open }) => {
  let path: string;
  before(async () => {
    path = fixtures.path('table.parquet');
    await writeParquet(path, ROWS, 10);
  });

  it('reads the same rows as through asyncBufferFromFile', async () => {
    const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet');
    const ours = await parquetReadObjects({ file: await asyncBuffer(await open(path)) });
    const theirs = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
    assert.equal(ours.length, ROWS);
    assert.deepEqual(ours, theirs);
  });

  it('reads many parts of the table at once', async () => {
    const { parquetReadObjects } = await import('hyparquet');
    const file = await asyncBuffer(await open(path));
    const starts = Array.from({ length: 40 }, (_, i) => (i * 997) % (ROWS - 10));
    const parts = await Promise.all(
      starts.map((rowStart) =>
        parquetReadObjects({ file, rowStart, rowEnd: rowStart + 10, columns: ['id'] }),
      ),
    );
    for (const [i, part] of parts.entries()) {
      assert.deepEqual(
        part.map(({ id }) => id as number),
        Array.from({ length: 10 }, (_, k) => starts[i]! + k),
      );
    }
  });

  it('slices as ArrayBuffer does, with and without an end, and from the end', async () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    const small = fixtures.path('small');
    writeFileSync(small, bytes);
    const buffer = await asyncBuffer(await open(small));
    assert.equal(buffer.byteLength, 100);
    const bounds = [-200, -100, -7, -1, 0, 1, 50, 99, 100, 200];
    for (const start of bounds) {
      for (const end of [...bounds, undefined]) {
        assert.deepEqual(await buffer.slice(start, end), bytes.buffer.slice(start, end), `${start}, ${end}`);
      }
    }
  });
});
