/** What is measured: an adapter, and beside it what the package itself has for files, or else Node's usual way. */
import { openAsBlob } from 'node:fs';
import { type FileHandle, open as openNode } from 'node:fs/promises';
import { open, type OverlappedFile } from '@overlapped/core';
import { BlobReader } from '@zip.js/zip.js';
import { openPromise } from 'yauzl';
import { arrowFileHandle } from '../src/apache-arrow.js';
import { chunkdSource } from '../src/chunkd.js';
import { geotiffSource } from '../src/geotiff.js';
import { asyncBuffer } from '../src/hyparquet.js';
import { pmtilesSource } from '../src/pmtiles.js';
import { openZip } from '../src/yauzl.js';
import { DirectoryStore } from '../src/zarrita.js';
import { zipJsReader } from '../src/zip-js.js';
import { writeArrow, writeParquet, writePmtiles, writeShards, writeTiff, writeZip } from '../test/samples.js';
import * as tasks from './tasks.js';

/** Opens the file, does the work, closes it. @returns what the work came to: the same for both sides */
export type Run = (path: string) => Promise<number>;

export interface Workload {
  readonly name: string;
  readonly title: string;
  /** What the adapter is compared with. */
  readonly peer: string;
  /** Writes the file. */
  readonly prepare: (path: string) => unknown;
  readonly ours: Run;
  readonly theirs: Run;
}

/** For a task that leaves the file open. */
function through<F extends { close(): Promise<void> }>(
  opened: (path: string) => Promise<F>,
  task: (file: F) => Promise<number>,
): Run {
  return async (path) => {
    const file = await opened(path);
    try {
      return await task(file);
    } finally {
      await file.close();
    }
  };
}

const onOurs = (task: (file: OverlappedFile) => Promise<number>): Run => through((path) => open(path), task);
const onNodes = (task: (file: FileHandle) => Promise<number>): Run => through((path) => openNode(path), task);

/** PMTiles has no reader of files for Node; this is what programs write. */
function fileHandleSource(file: FileHandle) {
  return {
    getKey: () => 'map.pmtiles',
    async getBytes(offset: number, length: number): Promise<{ data: ArrayBuffer }> {
      const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, offset);
      return { data: buffer.buffer.slice(0, bytesRead) };
    },
  };
}

async function parquetFile(path: string) {
  const { asyncBufferFromFile } = await import('hyparquet');
  return asyncBufferFromFile(path);
}

const PARQUET = {
  peer: 'asyncBufferFromFile',
  prepare: (path: string) => writeParquet(path, 100_000, 100),
};
const ZIP = { prepare: (path: string) => writeZip(path, 300, (i) => 1_000 + ((i * 37) % 16_000)) };
const TIFF = { prepare: (path: string) => writeTiff(path, 40, 128) };

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'hyparquet-scan',
    title: 'hyparquet: 100,000 rows of 3 columns in 100 row groups',
    ...PARQUET,
    ours: onOurs(async (file) => tasks.scanParquet(await asyncBuffer(file))),
    theirs: async (path) => tasks.scanParquet(await parquetFile(path)),
  },
  {
    name: 'hyparquet-lookups',
    title: 'hyparquet: 500 times 10 rows of a column, all at once',
    ...PARQUET,
    ours: onOurs(async (file) => tasks.lookUpParquet(await asyncBuffer(file))),
    theirs: async (path) => tasks.lookUpParquet(await parquetFile(path)),
  },
  {
    name: 'pmtiles',
    title: 'PMTiles: 2,000 tiles of 2 KiB, all at once',
    peer: 'FileHandle.read',
    prepare: (path) => writePmtiles(path, 21_845, 7),
    ours: onOurs((file) => tasks.readTiles(pmtilesSource(file))),
    theirs: onNodes((file) => tasks.readTiles(fileHandleSource(file))),
  },
  {
    name: 'zip-js',
    title: 'zip.js: 300 entries of 9 KiB, half of them deflated, all at once',
    peer: 'BlobReader(openAsBlob)',
    ...ZIP,
    ours: onOurs((file) => tasks.unzipWithZipJs(zipJsReader(file))),
    theirs: async (path) => tasks.unzipWithZipJs(new BlobReader(await openAsBlob(path))),
  },
  {
    name: 'yauzl',
    title: 'yauzl: 300 entries of 9 KiB, half of them deflated, all at once',
    peer: 'yauzl.open',
    ...ZIP,
    ours: async (path) => tasks.unzipWithYauzl(await openZip(await open(path), { autoClose: false })),
    theirs: async (path) => tasks.unzipWithYauzl(await openPromise(path, { autoClose: false })),
  },
  {
    name: 'geotiff',
    title: 'geotiff.js: 100 windows of 200 x 200 in tiles of 16 KiB, all at once',
    peer: 'fromFile',
    ...TIFF,
    ours: async (path) => {
      const { GeoTIFF } = await import('geotiff');
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it asks for no instance
      return tasks.readWindows(await GeoTIFF.fromSource(await geotiffSource(await open(path))));
    },
    theirs: async (path) => {
      const { fromFile } = await import('geotiff');
      return tasks.readWindows(await fromFile(path));
    },
  },
  {
    name: 'cogeotiff',
    title: '@cogeotiff/core: 1,600 tiles of 16 KiB, all at once',
    peer: '@chunkd/source-file',
    ...TIFF,
    ours: async (path) => tasks.readCogTiles(await chunkdSource(await open(path))),
    theirs: async (path) => {
      const { SourceFile } = await import('@chunkd/source-file');
      return tasks.readCogTiles(new SourceFile(path));
    },
  },
  {
    name: 'zarrita',
    title: 'zarrita: 2,000 chunks of 8 KiB in 10 shards',
    peer: 'FileSystemStore',
    prepare: (path) => writeShards(path, 10, 200, 1_000),
    ours: (path) => tasks.readZarr(new DirectoryStore(path)),
    theirs: async (path) => {
      const { FileSystemStore } = await import('@zarrita/storage');
      return tasks.readZarr(new FileSystemStore(path));
    },
  },
  {
    name: 'apache-arrow',
    title: 'Apache Arrow: 200 batches of 60 KiB, one after the other',
    peer: 'FileHandle',
    prepare: (path) => writeArrow(path, 200, 5_000),
    ours: async (path) => tasks.readArrow(arrowFileHandle(await open(path))),
    theirs: async (path) => tasks.readArrow(await openNode(path)),
  },
];
