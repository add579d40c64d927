/** Apache Arrow on our FileHandle, beside Node's. */
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { type FileHandle, open as openNode } from 'node:fs/promises';
import { RecordBatchReader, tableFromIPC } from 'apache-arrow';
import { arrowFileHandle } from '../src/apache-arrow.js';
import { writeArrow } from './samples.js';
import { onEachBackend } from './support.js';

const BATCHES = 5;
const ROWS = 2_000;

onEachBackend('apache-arrow', ({ fixtures, open }) => {
  let path: string;
  beforeEach(() => {
    path = fixtures.path('table.arrow');
    writeArrow(path, BATCHES, ROWS);
  });

  async function rows(handle: FileHandle) {
    const table = await tableFromIPC(await RecordBatchReader.from(handle));
    return table.toArray().map((row) => (row as { toJSON(): unknown }).toJSON());
  }

  it('reads the same table as from a FileHandle', async () => {
    const ours = await rows(arrowFileHandle(await open(path)));
    assert.equal(ours.length, BATCHES * ROWS);
    assert.deepEqual(ours, await rows(await openNode(path)));
  });

  it('reads several tables of one file at once', async () => {
    const expected = await rows(arrowFileHandle(await open(path)));
    const files = await Promise.all(Array.from({ length: 8 }, () => open(path)));
    const tables = await Promise.all(files.map((file) => rows(arrowFileHandle(file))));
    for (const table of tables) assert.deepEqual(table, expected);
  });

  it('closes the file when the reader is done', async () => {
    const file = await open(path);
    const reader = await RecordBatchReader.from(arrowFileHandle(file));
    let batches = 0;
    for await (const batch of reader) batches += batch.numRows === ROWS ? 1 : 0;
    assert.equal(batches, BATCHES);
    assert.equal(file.fd, -1);
  });

  it('fails where the file is cut off while it is read', async () => {
    const reader = await RecordBatchReader.from(arrowFileHandle(await open(path)));
    await reader.open();
    truncateSync(path, 1_000);
    await assert.rejects(tableFromIPC(reader), { code: 'ERR_OVERLAPPED_UNEXPECTED_EOF' });
  });
});
