/** geotiff.js on our source, beside its own reader of files. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { OverlappedFile } from '@overlapped/core';
import { geotiffSource } from '../src/geotiff.js';
import { writeTiff } from './samples.js';
import { onEachBackend } from './support.js';

const ACROSS = 8;
const SIDE = 64;

onEachBackend('geotiff', ({ fixtures, open }) => {
  let tiled: string;
  before(() => {
    tiled = fixtures.path('tiled.tif');
    writeTiff(tiled, ACROSS, SIDE);
  });

  async function tiff(file: OverlappedFile, signal?: AbortSignal) {
    const { GeoTIFF } = await import('geotiff');
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it asks for no instance
    return GeoTIFF.fromSource(await geotiffSource(file), undefined, signal);
  }

  async function image(path: string) {
    return (await tiff(await open(path))).getImage();
  }

  it('reads the same rasters as through fromFile, of tiles and of the strip that it writes itself', async () => {
    const { fromFile, writeArrayBuffer } = await import('geotiff');
    const striped = fixtures.path('striped.tif');
    const pixels = Array.from({ length: 5_000 }, (_, i) => i % 251);
    writeFileSync(striped, new Uint8Array(writeArrayBuffer(pixels, { width: 100, height: 50 })));
    for (const path of [tiled, striped]) {
      const theirs = await fromFile(path);
      const expected = await (await theirs.getImage()).readRasters();
      assert(expected.width > 0);
      assert.deepEqual(await (await image(path)).readRasters(), expected);
      await theirs.close();
    }
  });

  it('reads many windows at once', async () => {
    const source = await image(tiled);
    const whole = await source.readRasters({ interleave: true });
    const side = ACROSS * SIDE;
    const corners = Array.from({ length: 50 }, (_, i) => [(i * 37) % (side - 70), (i * 91) % (side - 70)]);
    const windows = await Promise.all(
      corners.map(([x, y]) => source.readRasters({ window: [x!, y!, x! + 70, y! + 70], interleave: true })),
    );
    for (const [i, [x, y]] of corners.entries()) {
      for (let row = 0; row < 70; row++) {
        const at = (y! + row) * side + x!;
        assert.deepEqual(windows[i]!.slice(row * 70, row * 70 + 70), whole.slice(at, at + 70));
      }
    }
  });

  it('gives a list of slices in its order, from one call', async () => {
    const source = await geotiffSource(await open(tiled));
    const slices = Array.from({ length: 20 }, (_, i) => ({ offset: 4_000 - 200 * i, length: 10 * i }));
    const parts = await source.fetch(slices);
    const one = await Promise.all(slices.map(async (slice) => (await source.fetchSlice(slice)).data));
    assert.deepEqual(parts, one);
  });

  it('stops where the signal has fired', async () => {
    await assert.rejects(tiff(await open(tiled), AbortSignal.abort()), { name: 'AbortError' });
  });

  it('closes the file with the image', async () => {
    const file = await open(tiled);
    await (await tiff(file)).close();
    assert.equal(file.fd, -1);
  });
});
