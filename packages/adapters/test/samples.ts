/** Small files of each format. Those that no package here writes are written by their specification. */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pattern } from '@overlapped/conformance';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { ZipFile } from 'yazl';

/** Three columns, in row groups of `rows / groups` rows. */
export async function writeParquet(path: string, rows: number, groups: number): Promise<void> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const numbers = Array.from({ length: rows }, (_, i) => i);
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'id', data: numbers, type: 'INT32' },
      { name: 'value', data: numbers.map((i) => Math.sin(i)), type: 'DOUBLE' },
      { name: 'name', data: numbers.map((i) => `row ${i}`), type: 'STRING' },
    ],
    rowGroupSize: Math.ceil(rows / groups),
    codec: 'UNCOMPRESSED',
  });
  writeFileSync(path, new Uint8Array(bytes));
}

/** Entry `i` is `file-i`: `sizeOf(i)` pattern bytes, every other one deflated. */
export async function writeZip(path: string, entries: number, sizeOf: (i: number) => number): Promise<void> {
  const zip = new ZipFile();
  for (let i = 0; i < entries; i++)
    zip.addBuffer(pattern(i, sizeOf(i)), `file-${i}`, { compress: i % 2 === 1 });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

/** Batches of two columns, as Arrow's file format has them. */
export function writeArrow(path: string, batches: number, rows: number): void {
  const tables = Array.from({ length: batches }, (_, batch) =>
    tableFromArrays({
      id: Int32Array.from({ length: rows }, (_, i) => batch * rows + i),
      value: Float64Array.from({ length: rows }, (_, i) => Math.cos(i)),
    }),
  );
  const [first, ...rest] = tables;
  writeFileSync(path, tableToIPC(first!.concat(...rest), 'file'));
}

/** Tile `id`'s bytes in {@link writePmtiles}' archive. */
export function tileBytes(id: number): Buffer {
  return pattern(id, 300 + ((id * 37) % 3_000));
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return [...bytes, value];
}

interface DirectoryEntry {
  readonly tileId: number;
  readonly offset: number;
  readonly length: number;
  /** 0: the entry is another directory. */
  readonly runLength: number;
}

/** A PMTiles v3 directory: the number of entries, then each field of all of them. */
function directory(entries: readonly DirectoryEntry[]): Buffer {
  const steps = entries.map(({ tileId }, i) => tileId - (entries[i - 1]?.tileId ?? 0));
  return Buffer.from(
    [
      entries.length,
      ...steps,
      ...entries.map(({ runLength }) => runLength),
      ...entries.map(({ length }) => length),
      ...entries.map(({ offset }) => offset + 1),
    ].flatMap(varint),
  );
}

const ENTRIES_PER_LEAF = 500;

/** Entries for parts that lie one after the other. */
function consecutive(
  parts: readonly { tileId: number; bytes: Buffer }[],
  runLength: number,
): DirectoryEntry[] {
  let offset = 0;
  return parts.map(({ tileId, bytes: { length } }) => {
    const entry = { tileId, offset, length, runLength };
    offset += length;
    return entry;
  });
}

/** A PMTiles v3 archive of the tiles 0 to `tiles - 1`, uncompressed, with leaf directories. */
export function writePmtiles(path: string, tiles: number, maxZoom: number): void {
  const parts = Array.from({ length: tiles }, (_, tileId) => ({ tileId, bytes: tileBytes(tileId) }));
  const entries = consecutive(parts, 1);
  const leaves = Array.from({ length: Math.ceil(tiles / ENTRIES_PER_LEAF) }, (_, i) => {
    const tileId = i * ENTRIES_PER_LEAF;
    return { tileId, bytes: directory(entries.slice(tileId, tileId + ENTRIES_PER_LEAF)) };
  });
  const sections = [
    directory(consecutive(leaves, 0)),
    Buffer.from('{"name":"sample"}'),
    Buffer.concat(leaves.map(({ bytes }) => bytes)),
    Buffer.concat(parts.map(({ bytes }) => bytes)),
  ];
  const header = Buffer.alloc(127);
  header.write('PMTiles');
  header[7] = 3; // version
  let position = header.length;
  for (const [i, { length }] of sections.entries()) {
    header.writeBigUInt64LE(BigInt(position), 8 + 16 * i);
    header.writeBigUInt64LE(BigInt(length), 16 + 16 * i);
    position += length;
  }
  for (const at of [72, 80, 88]) header.writeBigUInt64LE(BigInt(tiles), at); // addressed, entries, contents
  header.set([1, 1, 1, 1, 0, maxZoom], 96); // clustered; no compression inside, none of tiles; vector tiles; zooms
  writeFileSync(path, Buffer.concat([header, ...sections]));
}

/** Pixel bytes of tile `index` in {@link writeTiff}'s image. */
export function tiffTile(index: number, side: number): Buffer {
  return pattern(index, side * side);
}

const SHORT = 3;
const LONG = 4;

/** A little-endian TIFF of one 8-bit band in `across` x `across` uncompressed tiles of `side` x `side` pixels. */
export function writeTiff(path: string, across: number, side: number): void {
  const count = across * across;
  const tags: readonly (readonly [tag: number, type: number, values: number[]])[] = [
    [256, LONG, [across * side]], // ImageWidth
    [257, LONG, [across * side]], // ImageLength
    [258, SHORT, [8]], // BitsPerSample
    [259, SHORT, [1]], // Compression: none
    [262, SHORT, [1]], // PhotometricInterpretation: black is zero
    [277, SHORT, [1]], // SamplesPerPixel
    [322, LONG, [side]], // TileWidth
    [323, LONG, [side]], // TileLength
    [324, LONG, Array.from({ length: count }, () => 0)], // TileOffsets, below
    [325, LONG, Array.from({ length: count }, () => side * side)], // TileByteCounts
    [339, SHORT, [1]], // SampleFormat: unsigned
  ];
  const arrays = 8 + 2 + 12 * tags.length + 4;
  const data = arrays + 2 * 4 * count;
  const head = Buffer.alloc(data);
  head.write('II');
  head.writeUInt16LE(42, 2);
  head.writeUInt32LE(8, 4); // the directory
  head.writeUInt16LE(tags.length, 8);
  let array = arrays;
  for (const [i, [tag, type, values]] of tags.entries()) {
    const at = 10 + 12 * i;
    const given = tag === 324 ? values.map((_, tile) => data + tile * side * side) : values;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(given.length, at + 4);
    const inline = given.length === 1;
    if (!inline) head.writeUInt32LE(array, at + 8);
    for (const [k, value] of given.entries()) head.writeUInt32LE(value, inline ? at + 8 : array + 4 * k);
    if (!inline) array += 4 * given.length;
  }
  writeFileSync(path, Buffer.concat([head, ...Array.from({ length: count }, (_, i) => tiffTile(i, side))]));
}

/** A Zarr v3 array of `across` x `across` chunks, `side` x `side` float64 each. @returns its values, row by row */
export async function writeZarr(path: string, across: number, side: number): Promise<Float64Array> {
  const zarr = await import('zarrita');
  const { FileSystemStore } = await import('@zarrita/storage');
  const shape = [across * side, across * side];
  const array = await zarr.create(new FileSystemStore(path), {
    shape,
    chunkShape: [side, side],
    dtype: 'float64',
  });
  const data = Float64Array.from({ length: shape[0]! * shape[1]! }, (_, i) => Math.sqrt(i));
  await zarr.set(array, null, { data, shape, stride: [shape[1]!, 1] });
  return data;
}

/**
 * A Zarr v3 array of one dimension in shards of `chunks` chunks, which have `length` float64 each.
 * @returns its values
 */
export function writeShards(path: string, shards: number, chunks: number, length: number): Float64Array {
  const bytes = { name: 'bytes', configuration: { endian: 'little' } };
  const total = shards * chunks * length;
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape: [total],
    data_type: 'float64',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [chunks * length] } },
    chunk_key_encoding: { name: 'default' },
    fill_value: 0,
    codecs: [
      {
        name: 'sharding_indexed',
        configuration: {
          chunk_shape: [length],
          codecs: [bytes],
          index_codecs: [bytes],
          index_location: 'end',
        },
      },
    ],
    attributes: {},
  };
  mkdirSync(join(path, 'c'), { recursive: true });
  writeFileSync(join(path, 'zarr.json'), JSON.stringify(metadata));
  const values = Float64Array.from({ length: total }, (_, i) => Math.sqrt(i));
  const chunkBytes = length * 8;
  // Where each chunk of a shard is: offset and length.
  const index = BigUint64Array.from({ length: chunks * 2 }, (_, i) =>
    BigInt(i % 2 === 0 ? (i / 2) * chunkBytes : chunkBytes),
  );
  for (let shard = 0; shard < shards; shard++) {
    const part = Buffer.from(values.buffer, shard * chunks * chunkBytes, chunks * chunkBytes);
    writeFileSync(join(path, 'c', `${shard}`), Buffer.concat([part, Buffer.from(index.buffer)]));
  }
  return values;
}
