/** What is done with a file of each format: the same work, whatever the file is read through. Each returns its size. */
import { buffer } from 'node:stream/consumers';
import type { Source } from '@cogeotiff/core' with { 'resolution-mode': 'import' };
import type { Readable as Store } from '@zarrita/storage' with { 'resolution-mode': 'import' };
import { type FileEntry, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
import { RecordBatchReader, tableFromIPC } from 'apache-arrow';
import type { GeoTIFF } from 'geotiff' with { 'resolution-mode': 'import' };
import type { AsyncBuffer } from 'hyparquet' with { 'resolution-mode': 'import' };
import type { FileHandle } from 'node:fs/promises';
import { PMTiles, type Source as TileSource, tileIdToZxy } from 'pmtiles';
import type { Entry, ZipFile } from 'yauzl';

/** `count` numbers below `limit`, without an order, the same each time. */
function scattered(count: number, limit: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 7_919 + 13) % limit);
}

/** Starts all at once. @returns the sum of what they came to */
async function sumOf<T>(items: readonly T[], sizeOf: (item: T) => Promise<number>): Promise<number> {
  const sizes = await Promise.all(items.map(sizeOf));
  return sizes.reduce((total, size) => total + size, 0);
}

export async function scanParquet(file: AsyncBuffer): Promise<number> {
  const { parquetReadObjects } = await import('hyparquet');
  return (await parquetReadObjects({ file })).length;
}

export async function lookUpParquet(file: AsyncBuffer): Promise<number> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const metadata = await parquetMetadataAsync(file);
  return sumOf(scattered(500, Number(metadata.num_rows) - 10), async (rowStart) => {
    const rows = await parquetReadObjects({
      file,
      metadata,
      rowStart,
      rowEnd: rowStart + 10,
      columns: ['value'],
    });
    return rows.length;
  });
}

export async function readTiles(source: TileSource): Promise<number> {
  const archive = new PMTiles(source);
  const { numTileEntries } = await archive.getHeader();
  return sumOf(scattered(2_000, numTileEntries), async (id) => {
    const tile = await archive.getZxy(...tileIdToZxy(id));
    return tile?.data.byteLength ?? 0;
  });
}

export async function unzipWithZipJs(reader: ConstructorParameters<typeof ZipReader>[0]): Promise<number> {
  const entries = (await new ZipReader(reader).getEntries()) as FileEntry[];
  return sumOf(entries, async (entry) => (await entry.getData(new Uint8ArrayWriter())).length);
}

export async function unzipWithYauzl(zip: ZipFile): Promise<number> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  const size = await sumOf(
    entries,
    async (entry) => (await buffer(await zip.openReadStreamPromise(entry))).length,
  );
  zip.close();
  return size;
}

export async function readWindows(tiff: GeoTIFF): Promise<number> {
  const image = await tiff.getImage();
  const side = 200;
  const corners = scattered(100, image.getWidth() - side);
  const size = await sumOf(corners, async (corner) => {
    const window = [corner, (corner * 31) % (image.getHeight() - side)] as const;
    const raster = await image.readRasters({
      window: [...window, window[0] + side, window[1] + side],
      interleave: true,
    });
    return raster.length;
  });
  await tiff.close();
  return size;
}

export async function readCogTiles(source: Source): Promise<number> {
  const { Tiff } = await import('@cogeotiff/core');
  const tiff = await Tiff.create(source);
  const image = tiff.images[0];
  if (image === undefined) throw new Error('the TIFF has no image');
  const { x, y } = image.tileCount;
  const tiles = Array.from({ length: x * y }, (_, i) => i);
  const size = await sumOf(tiles, async (i) => {
    const tile = await image.getTile(i % x, Math.floor(i / x));
    return tile?.bytes.byteLength ?? 0;
  });
  await tiff.source.close?.();
  return size;
}

export async function readZarr(store: Store): Promise<number> {
  const zarr = await import('zarrita');
  const { data } = await zarr.get(await zarr.open.v3(store, { kind: 'array' }));
  return (data as Float64Array).length;
}

export async function readArrow(handle: FileHandle): Promise<number> {
  const reader = await RecordBatchReader.from(handle);
  return (await tableFromIPC(reader)).numRows;
}
