/** zarrita on our store of a directory, beside its own; and on a zip through our Blob. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createWriteStream, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { skipUnless } from '@overlapped/conformance';
import { ZipFile } from 'yazl';
import { fileBlob } from '../src/blob.js';
import { DirectoryStore } from '../src/zarrita.js';
import { writeShards, writeZarr } from './samples.js';
import { onEachBackend } from './support.js';

const ACROSS = 6;
const CHUNK = '/c/1/2';

async function zipDirectory(directory: string, path: string): Promise<void> {
  const zip = new ZipFile();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    zip.addFile(file, relative(directory, file).replaceAll('\\', '/'), { compress: false });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

onEachBackend('zarrita', ({ fixtures, open, backend }) => {
  let root: string;
  let values: Float64Array;
  let store: DirectoryStore;
  before(async () => {
    root = fixtures.path('data.zarr');
    values = await writeZarr(root, ACROSS, 20);
    store = new DirectoryStore(root, { backend });
  });

  it('reads an array of many chunks, the same as from FileSystemStore', async () => {
    const zarr = await import('zarrita');
    const { FileSystemStore } = await import('@zarrita/storage');
    const ours = await zarr.get(await zarr.open.v3(store, { kind: 'array' }));
    const theirs = await zarr.get(await zarr.open.v3(new FileSystemStore(root), { kind: 'array' }));
    assert.deepEqual(ours.data, values);
    assert.deepEqual(ours, theirs);
  });

  it('reads an array of shards, the same as from FileSystemStore', async () => {
    const zarr = await import('zarrita');
    const { FileSystemStore } = await import('@zarrita/storage');
    const path = fixtures.path('shards.zarr');
    const expected = writeShards(path, 3, 40, 100);
    for (const from of [new DirectoryStore(path, { backend }), new FileSystemStore(path)]) {
      const array = await zarr.open.v3(from, { kind: 'array' });
      assert.deepEqual((await zarr.get(array)).data, expected);
      const part = await zarr.get(array, [zarr.slice(3_950, 8_050)]); // the end of one, all of one, the start of one
      assert.deepEqual(part.data, expected.slice(3_950, 8_050));
    }
  });

  it('reads one of a zip, through a Blob', async () => {
    const zarr = await import('zarrita');
    const { ZipFileStore } = await import('@zarrita/storage');
    const path = fixtures.path('data.zip');
    await zipDirectory(root, path);
    const zipped = ZipFileStore.fromBlob(await fileBlob(await open(path)));
    const { data } = await zarr.get(await zarr.open.v3(zipped, { kind: 'array' }));
    assert.deepEqual(data, values);
  });

  it('gives ranges and suffixes of a value, as far as it goes', async () => {
    const whole = readFileSync(join(root, CHUNK));
    const ranges = [
      [{ offset: 8, length: 16 }, whole.subarray(8, 24)],
      [{ offset: whole.length - 8, length: 16 }, whole.subarray(-8)],
      [{ offset: whole.length + 8, length: 16 }, Buffer.alloc(0)],
      [{ offset: 0, length: 0 }, Buffer.alloc(0)],
      [{ suffixLength: 8 }, whole.subarray(-8)],
      [{ suffixLength: whole.length + 8 }, whole],
    ] as const;
    const found = await Promise.all(ranges.map(([range]) => store.getRange(CHUNK, range)));
    for (const [i, [range, expected]] of ranges.entries()) {
      assert(expected.equals(found[i]!), JSON.stringify(range));
    }
  });

  it('gives undefined for what is not there, also below a file', async () => {
    for (const key of ['/missing', '/zarr.json/missing'] as const) {
      assert.equal(await store.get(key), undefined);
      assert.equal(await store.getRange(key, { offset: 0, length: 1 }), undefined);
    }
  });

  it('opens a file once for reads that are under way together', async () => {
    const channel = 'tracing:overlapped:open:start';
    const paths: string[] = [];
    const note = (message: unknown): void => void paths.push((message as { path: string }).path);
    subscribe(channel, note);
    try {
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => store.getRange(CHUNK, { offset: i, length: 8 })),
      );
    } finally {
      unsubscribe(channel, note);
    }
    assert.deepEqual(paths, [join(root, CHUNK)]);
  });

  it('leaves no file open', async function () {
    skipUnless(this, process.platform === 'linux', 'the open files of a process are listed in /proc');
    await Promise.all([
      store.get(CHUNK),
      store.getRange(CHUNK, { offset: 0, length: 8 }),
      store.get('/missing'),
    ]);
    await assert.rejects(store.getRange('/c', { suffixLength: 8 }), { code: 'EISDIR' });
    const targets = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return []; // the descriptor of this listing is closed by now
      }
    });
    assert.deepEqual(
      targets.filter((target) => target.startsWith(root)),
      [],
    );
  });

  it('rejects with the signal’s reason', async () => {
    const reason = new Error('no longer wanted');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(store.get(CHUNK, { signal }), reason);
    await assert.rejects(store.getRange(CHUNK, { suffixLength: 8 }, { signal }), reason);
    const controller = new AbortController();
    const late = store.get(CHUNK, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(late, reason);
  });
});
