/** What every adapter does with a range of a file: the bytes, the end of the file, closed files, signals. */
import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import type { OverlappedFile } from '@overlapped/core';
import { pattern } from '@overlapped/conformance';
import { arrowFileHandle } from '../src/apache-arrow.js';
import { fileBlob } from '../src/blob.js';
import { chunkdSource } from '../src/chunkd.js';
import { geotiffSource } from '../src/geotiff.js';
import { asyncBuffer } from '../src/hyparquet.js';
import { pmtilesSource } from '../src/pmtiles.js';
import { YauzlReader } from '../src/yauzl.js';
import { zipJsReader } from '../src/zip-js.js';
import { drain, onEachBackend } from './support.js';

/** Reads `length` bytes at `position` in the adapter's own way. */
type Read = (position: number, length: number, signal?: AbortSignal) => Promise<ArrayBufferLike | Uint8Array>;

/** `clamped`: what there is. Else the code of an error. */
type Outcome = string | number;

interface Adapter {
  readonly name: string;
  readonly read: (file: OverlappedFile) => Promise<Read>;
  /** What becomes of a range that goes beyond the end. */
  readonly atEnd: Outcome;
  /** And of one that begins beyond the end, where that is another. */
  readonly beyondEnd?: Outcome;
  readonly takesSignal?: true;
}

const UNEXPECTED_EOF = 'ERR_OVERLAPPED_UNEXPECTED_EOF';

const ADAPTERS: readonly Adapter[] = [
  {
    name: 'hyparquet',
    read: async (file) => {
      const buffer = await asyncBuffer(file);
      return (position, length) => buffer.slice(position, position + length);
    },
    atEnd: 'clamped',
  },
  {
    name: 'pmtiles',
    read: async (file) => {
      const source = pmtilesSource(file);
      return async (position, length, signal) => (await source.getBytes(position, length, signal)).data;
    },
    atEnd: UNEXPECTED_EOF,
    takesSignal: true,
  },
  {
    name: 'zip.js',
    read: async (file) => {
      const reader = zipJsReader(file);
      return (position, length) => reader.readUint8Array(position, length);
    },
    atEnd: 'clamped',
  },
  {
    name: 'zip.js, as a stream',
    read: async (file) => {
      const reader = zipJsReader(file);
      return (offset, size) => drain(reader.createReadable({ offset, size }));
    },
    atEnd: UNEXPECTED_EOF,
  },
  {
    name: 'yauzl',
    read: async (file) => {
      const reader = new YauzlReader(file);
      return (position, length) =>
        new Promise((resolve, reject) => {
          const buffer = Buffer.alloc(length + 8);
          reader.read(buffer, 8, length, position, (error, bytesRead) =>
            error ? reject(error) : resolve(buffer.subarray(8, 8 + bytesRead!)),
          );
        });
    },
    atEnd: 'clamped',
  },
  {
    name: 'geotiff',
    read: async (file) => {
      const source = await geotiffSource(file);
      return async (offset, length, signal) => (await source.fetchSlice({ offset, length }, signal)).data;
    },
    atEnd: 'clamped',
    takesSignal: true,
  },
  {
    name: 'chunkd',
    read: async (file) => {
      const source = await chunkdSource(file);
      return (offset, length, signal) => source.fetch(offset, length, signal === undefined ? {} : { signal });
    },
    atEnd: 'clamped',
    beyondEnd: 416,
    takesSignal: true,
  },
  {
    name: 'apache-arrow',
    read: async (file) => {
      const handle = arrowFileHandle(file);
      return async (position, length) => {
        const buffer = new Uint8Array(length + 8);
        const { bytesRead } = await handle.read(buffer, 8, length, position);
        return buffer.subarray(8, 8 + bytesRead);
      };
    },
    atEnd: UNEXPECTED_EOF,
  },
  {
    name: 'blob',
    read: async (file) => {
      const blob = await fileBlob(file);
      return (position, length) => blob.slice(position, position + length).arrayBuffer();
    },
    atEnd: 'clamped',
  },
  {
    name: 'blob, as a stream',
    read: async (file) => {
      const blob = await fileBlob(file);
      return (position, length) => drain(blob.slice(position, position + length).stream());
    },
    atEnd: 'clamped',
  },
];

const SIZE = 700_000; // more than two chunks of a stream
const CONTENT = pattern(0, SIZE);
const LENGTHS = [0, 1, 7, 512, 4_096, 65_536, 300_000];

function expectBytes(actual: ArrayBufferLike | Uint8Array, position: number, length: number): void {
  const bytes = Buffer.from(actual as Uint8Array);
  const expected = CONTENT.subarray(position, position + length);
  assert(bytes.equals(expected), `${bytes.length} bytes for ${length} at ${position} are not the file's`);
}

/** @param left bytes of the file that the range has */
async function expectOutcome(
  read: Promise<ArrayBufferLike | Uint8Array>,
  outcome: Outcome,
  left: number,
): Promise<void> {
  if (outcome === 'clamped') expectBytes(await read, SIZE - left, left);
  else await assert.rejects(read, { code: outcome });
}

for (const { name, read: adapt, atEnd, beyondEnd = atEnd, takesSignal } of ADAPTERS) {
  onEachBackend(`${name}: ranges`, ({ fixtures, open }) => {
    let path: string;
    before(() => {
      path = fixtures.path();
      writeFileSync(path, CONTENT);
    });

    it('are the file’s bytes, many at once', async () => {
      const read = await adapt(await open(path));
      const ranges = Array.from({ length: 140 }, (_, i) => {
        const length = LENGTHS[i % LENGTHS.length]!;
        return { position: (i * 7_919) % (SIZE - length), length };
      });
      const results = await Promise.all(ranges.map(({ position, length }) => read(position, length)));
      for (const [i, { position, length }] of ranges.entries()) expectBytes(results[i]!, position, length);
    });

    it('may be the whole file, and empty at its end', async () => {
      const read = await adapt(await open(path));
      expectBytes(await read(0, SIZE), 0, SIZE);
      expectBytes(await read(SIZE, 0), SIZE, 0);
    });

    it(`that go beyond the end: ${atEnd}`, async () => {
      const read = await adapt(await open(path));
      await expectOutcome(read(SIZE - 10, 20), atEnd, 10);
    });

    it(`that begin beyond the end: ${beyondEnd}`, async () => {
      const read = await adapt(await open(path));
      await expectOutcome(read(SIZE + 10, 20), beyondEnd, 0);
    });

    it('reject with EBADF once the file is closed', async () => {
      const file = await open(path);
      const read = await adapt(file);
      await file.close();
      await assert.rejects(read(0, 10), { code: 'EBADF' });
    });

    if (takesSignal === undefined) return;

    it('reject with an AbortError where the signal has fired', async () => {
      const read = await adapt(await open(path));
      const reason = new Error('no longer wanted');
      await assert.rejects(read(0, 10, AbortSignal.abort(reason)), { name: 'AbortError', cause: reason });
    });

    it('give an AbortError or the bytes where the signal fires later', async () => {
      const read = await adapt(await open(path));
      const controller = new AbortController();
      const reads = Array.from({ length: 50 }, (_, i) => read(i, 300_000, controller.signal));
      controller.abort();
      for (const [i, result] of (await Promise.allSettled(reads)).entries()) {
        if (result.status === 'fulfilled') expectBytes(result.value, i, 300_000);
        else assert.equal((result.reason as Error).name, 'AbortError');
      }
    });
  });
}

onEachBackend('of a file that has become shorter', ({ fixtures, open }) => {
  const MAKERS: Readonly<Record<string, (file: OverlappedFile) => Promise<() => Promise<unknown>>>> = {
    hyparquet: async (file) => {
      const buffer = await asyncBuffer(file);
      return () => buffer.slice(0);
    },
    chunkd: async (file) => {
      const source = await chunkdSource(file);
      return () => source.fetch(0);
    },
    'blob.arrayBuffer': async (file) => {
      const blob = await fileBlob(file);
      return () => blob.arrayBuffer();
    },
    'blob.stream': async (file) => {
      const blob = await fileBlob(file);
      return () => drain(blob.stream());
    },
  };
  for (const [name, make] of Object.entries(MAKERS)) {
    it(`${name} rejects, and gives no bytes that are not the file's`, async () => {
      const path = fixtures.file(1_000);
      const read = await make(await open(path));
      truncateSync(path, 500);
      await assert.rejects(read(), { code: UNEXPECTED_EOF });
    });
  }
});
