/** yauzl on our RandomAccessReader, beside its own reader of files. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pattern } from '@overlapped/conformance';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { openZip } from '../src/yauzl.js';
import { writeZip } from './samples.js';
import { onEachBackend } from './support.js';

const ENTRIES = 60;
const sizeOf = (i: number): number => (i === 8 ? 600_000 : i * 500); // one empty, one of several chunks

async function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  return entries;
}

/** Names and contents; the contents are read all at once. */
async function contents(zip: ZipFile): Promise<[string, Buffer][]> {
  const entries = await entriesOf(zip);
  return Promise.all(
    entries.map(async (entry): Promise<[string, Buffer]> => {
      return [entry.fileName, await buffer(await zip.openReadStreamPromise(entry))];
    }),
  );
}

onEachBackend('yauzl', ({ fixtures, open }) => {
  let path: string;
  beforeEach(async () => {
    path = fixtures.path('archive.zip');
    await writeZip(path, ENTRIES, sizeOf);
  });

  it('reads all entries at once, the same as from its own reader', async () => {
    const zip = await openZip(await open(path), { autoClose: false });
    const found = await contents(zip);
    assert.deepEqual(
      found.map(([name]) => name),
      Array.from({ length: ENTRIES }, (_, i) => `file-${i}`),
    );
    for (const [i, [, bytes]] of found.entries()) assert(bytes.equals(pattern(i, sizeOf(i))));
    const theirs = await openPromise(path, { autoClose: false });
    assert.deepEqual(found, await contents(theirs));
    theirs.close();
  });

  it('closes the file after the last entry, once its streams have ended', async () => {
    const file = await open(path);
    const zip = await openZip(file);
    const closed = once(zip, 'close');
    const entries = await entriesOf(zip);
    await closed;
    assert.equal(entries.length, ENTRIES);
    assert.equal(file.fd, -1);
  });

  it('leaves it open with autoClose: false, until it is closed', async () => {
    const file = await open(path);
    const zip = await openZip(file, { autoClose: false });
    await entriesOf(zip);
    assert.notEqual(file.fd, -1);
    const closed = once(zip, 'close');
    zip.close();
    await closed;
    assert.equal(file.fd, -1);
  });

  it('a stream that is destroyed half-way disturbs no other, and lets the file close', async () => {
    const file = await open(path);
    const zip = await openZip(file, { autoClose: false });
    const entry = (await entriesOf(zip))[8]!;
    const [ended, whole] = [await zip.openReadStreamPromise(entry), await zip.openReadStreamPromise(entry)];
    await once(ended, 'readable');
    ended.destroy();
    assert((await buffer(whole)).equals(pattern(8, sizeOf(8))));
    const closed = once(zip, 'close');
    zip.close();
    await closed;
    assert.equal(file.fd, -1);
  });

  it('fails for an entry of a file that is cut off', async () => {
    const zip = await openZip(await open(path), { autoClose: false });
    const last = (await entriesOf(zip)).at(-1)!;
    truncateSync(path, 1_000);
    await assert.rejects(zip.openReadStreamPromise(last), /unexpected EOF/);
  });
});
