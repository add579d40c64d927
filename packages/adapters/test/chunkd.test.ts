/** Our source for @chunkd and @cogeotiff, beside @chunkd/source-file. */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { chunkdSource } from '../src/chunkd.js';
import { tiffTile, writeTiff } from './samples.js';
import { onEachBackend } from './support.js';

const SIZE = 1_000;

onEachBackend('chunkd and cogeotiff', ({ fixtures, open }) => {
  it('gives the bytes that SourceFile gives, also from the end of the file', async () => {
    const { SourceFile } = await import('@chunkd/source-file');
    const path = fixtures.file(SIZE);
    const [ours, theirs] = [await chunkdSource(await open(path)), new SourceFile(path)];
    const ranges: [number, number?][] = [[0], [0, 10], [990, 20], [SIZE], [SIZE, 5], [500, 0], [-1], [-SIZE]];
    for (const range of ranges) {
      assert.deepEqual(await ours.fetch(...range), await theirs.fetch(...range), String(range));
    }
  });

  it('refuses with a SourceError what SourceFile refuses, with the same code', async () => {
    const { SourceError } = await import('@chunkd/source');
    const { SourceFile } = await import('@chunkd/source-file');
    const path = fixtures.file(SIZE);
    const [ours, theirs] = [await chunkdSource(await open(path)), new SourceFile(path)];
    for (const range of [[-10, 5], [SIZE + 1], [SIZE + 1, 5]] as [number, number?][]) {
      for (const source of [ours, theirs]) {
        const error: unknown = await source.fetch(...range).catch((reason: unknown) => reason);
        assert(SourceError.is(error), String(range));
        assert.equal(error.code, range[0] < 0 ? 400 : 416);
        assert.equal(error.source, source);
      }
    }
  });

  it('refuses more bytes from the end than there are', async () => {
    const source = await chunkdSource(await open(fixtures.file(SIZE)));
    await assert.rejects(source.fetch(-SIZE - 1), { code: 416 });
  });

  it('knows where it is, its size and its time', async () => {
    const path = fixtures.file(SIZE);
    const source = await chunkdSource(await open(path));
    assert.equal(source.url.href, pathToFileURL(path).href);
    const { size, mtime } = await stat(path);
    assert.deepEqual(await source.head(), { size, lastModified: mtime.toISOString() });
  });

  it('cogeotiff reads all tiles at once', async () => {
    const { Tiff } = await import('@cogeotiff/core');
    const path = fixtures.path('tiled.tif');
    writeTiff(path, 6, 64);
    const file = await open(path);
    const tiff = await Tiff.create(await chunkdSource(file));
    const indices = Array.from({ length: 36 }, (_, i) => i);
    const tiles = await Promise.all(indices.map((i) => tiff.images[0]!.getTile(i % 6, Math.floor(i / 6))));
    for (const [i, tile] of tiles.entries()) assert(tiffTile(i, 64).equals(Buffer.from(tile!.bytes)));
    await tiff.source.close?.();
    assert.equal(file.fd, -1);
  });
});
