/** zip.js on our reader, beside its reader of Blobs on a file. */
import assert from 'node:assert/strict';
import { openAsBlob } from 'node:fs';
import { pattern } from '@overlapped/conformance';
import { BlobReader, configure, type FileEntry, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
import { fileBlob } from '../src/blob.js';
import { zipJsReader } from '../src/zip-js.js';
import { writeZip } from './samples.js';
import { onEachBackend } from './support.js';

const ENTRIES = 60;
const sizeOf = (i: number): number => (i === 7 ? 600_000 : i * 500); // one empty, one of several chunks

configure({ useWebWorkers: false });

/** Reads all entries at once, and checks each. */
async function checkContents(zip: ZipReader<unknown>): Promise<void> {
  const entries = (await zip.getEntries()) as FileEntry[];
  assert.equal(entries.length, ENTRIES);
  const contents = await Promise.all(entries.map((entry) => entry.getData(new Uint8ArrayWriter())));
  for (const [i, { filename }] of entries.entries()) {
    assert.equal(filename, `file-${i}`);
    assert(pattern(i, sizeOf(i)).equals(contents[i]!), filename);
  }
}

onEachBackend('zip.js', ({ fixtures, open }) => {
  let path: string;
  before(async () => {
    path = fixtures.path('archive.zip');
    await writeZip(path, ENTRIES, sizeOf);
  });

  it('reads all entries at once', async () => {
    await checkContents(new ZipReader(zipJsReader(await open(path))));
  });

  it('reads them as well from the Blob of the file, Node’s or ours', async () => {
    await checkContents(new ZipReader(new BlobReader(await openAsBlob(path))));
    await checkContents(new ZipReader(new BlobReader(await fileBlob(await open(path)))));
  });

  it('closing it leaves the file open', async () => {
    const file = await open(path);
    const zip = new ZipReader(zipJsReader(file));
    await zip.getEntries();
    await zip.close();
    assert.notEqual(file.fd, -1);
  });

  it('says so where the file is no zip', async () => {
    const zip = new ZipReader(zipJsReader(await open(fixtures.file(1_000))));
    await assert.rejects(zip.getEntries(), /End of central directory not found/);
  });
});
