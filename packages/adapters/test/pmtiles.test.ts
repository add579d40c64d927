/** PMTiles on our Source, beside its reader of Blobs. */
import assert from 'node:assert/strict';
import { openAsBlob, truncateSync } from 'node:fs';
import { FileSource, PMTiles, tileIdToZxy } from 'pmtiles';
import { pmtilesSource } from '../src/pmtiles.js';
import { tileBytes, writePmtiles } from './samples.js';
import { onEachBackend } from './support.js';

const TILES = 1_365; // zooms 0 to 5
const IDS = Array.from({ length: 300 }, (_, i) => (i * 101) % TILES);

function tile(archive: PMTiles, id: number, signal?: AbortSignal) {
  return archive.getZxy(...tileIdToZxy(id), signal);
}

onEachBackend('pmtiles', ({ fixtures, open }) => {
  let path: string;
  beforeEach(() => {
    path = fixtures.path('map.pmtiles');
    writePmtiles(path, TILES, 5);
  });

  it('gives many tiles at once, each with its bytes', async () => {
    const archive = new PMTiles(pmtilesSource(await open(path)));
    const tiles = await Promise.all(IDS.map((id) => tile(archive, id)));
    for (const [i, found] of tiles.entries()) assert(tileBytes(IDS[i]!).equals(Buffer.from(found!.data)));
  });

  it('gives what the package reads from a Blob: header, metadata, tiles', async () => {
    const ours = new PMTiles(pmtilesSource(await open(path)));
    const blob = Object.assign(await openAsBlob(path), { name: path });
    const theirs = new PMTiles(new FileSource(blob as unknown as File));
    assert.deepEqual(await ours.getHeader(), await theirs.getHeader());
    assert.deepEqual(await ours.getMetadata(), { name: 'sample' });
    for (const id of [0, 1, TILES - 1]) assert.deepEqual(await tile(ours, id), await tile(theirs, id));
  });

  it('gives undefined for a tile that the archive does not have', async () => {
    const archive = new PMTiles(pmtilesSource(await open(path)));
    assert.equal(await archive.getZxy(12, 0, 0), undefined);
  });

  it('rejects for a tile of an archive that is cut off', async () => {
    const archive = new PMTiles(pmtilesSource(await open(path)));
    await archive.getHeader();
    truncateSync(path, 30_000);
    await assert.rejects(tile(archive, TILES - 1), { code: 'ERR_OVERLAPPED_UNEXPECTED_EOF' });
  });

  it('rejects with an AbortError where the signal fires, and the next call gets its tile', async () => {
    const archive = new PMTiles(pmtilesSource(await open(path)));
    await assert.rejects(tile(archive, 7, AbortSignal.abort()), { name: 'AbortError' });
    assert(tileBytes(7).equals(Buffer.from((await tile(archive, 7))!.data)));
  });
});
