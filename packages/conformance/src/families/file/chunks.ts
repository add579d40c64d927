/** chunks(): the file in order, read ahead into memory that is lent and used again (R80). */
import { type ChunksOptions, open as openFile, type OverlappedFile } from '@overlapped/core';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { ConformanceContext } from '../../context.js';
import { DEVICE_ERROR, FaultyBackend } from '../../faults.js';
import { pattern } from '../../fixtures.js';
import { assertPattern, stateOf, until, withFaults } from './subject.js';

const SIZE = 1_000_003;

const SPANS: readonly ChunksOptions[] = [
  {},
  { start: 12_345 },
  { end: 1000 },
  { start: 10, end: 10 },
  { start: 10, end: 11 },
  { start: 4096, end: 8192, chunkSize: 4096 },
  { start: 1, end: SIZE - 1, chunkSize: 65_536, depth: 1 },
  { chunkSize: 1000, depth: 7 },
  { chunkSize: 1, end: 300, depth: 32 },
  { chunkSize: 2 ** 20, depth: 2 },
  { start: SIZE, depth: 3 },
  { start: SIZE + 1 },
  { start: 2n ** 53n, end: 2n ** 60n },
  { start: BigInt(SIZE - 10), end: 2n ** 62n, depth: 1024, chunkSize: 5 },
];

const REFUSED: readonly (readonly [string, object, string])[] = [
  ['start -1', { start: -1 }, 'ERR_OUT_OF_RANGE'],
  ['start 1.5', { start: 1.5 }, 'ERR_OUT_OF_RANGE'],
  ["start '1'", { start: '1' }, 'ERR_INVALID_ARG_TYPE'],
  ['end before start', { start: 10, end: 9 }, 'ERR_OUT_OF_RANGE'],
  ['chunkSize 0', { chunkSize: 0 }, 'ERR_OUT_OF_RANGE'],
  ['chunkSize 2^31', { chunkSize: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
  ['depth 0', { depth: 0 }, 'ERR_OUT_OF_RANGE'],
  ['depth 1025', { depth: 1025 }, 'ERR_OUT_OF_RANGE'],
  ["depth '4'", { depth: '4' }, 'ERR_INVALID_ARG_TYPE'],
  ['signal 5', { signal: 5 }, 'ERR_INVALID_ARG_TYPE'],
];

function show(options: object): string {
  return JSON.stringify(options, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

async function copyOf(file: OverlappedFile, options: ChunksOptions): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of file.chunks(options)) {
    assert(chunk.byteLength > 0 && chunk.byteLength <= (options.chunkSize ?? 262_144));
    parts.push(Buffer.from(chunk));
  }
  return Buffer.concat(parts);
}

/** Lends memory that its consumer can transfer away, as a backend may. */
class TransferableMemory extends FaultyBackend {
  override allocate(bytes: number): ArrayBuffer {
    return new ArrayBuffer(bytes);
  }
}

export function chunks(context: ConformanceContext): void {
  for (const span of SPANS) {
    it(`[R80] ${show(span)}: those bytes, end exclusive`, async () => {
      await using file = await context.open(context.fixtures.file(SIZE));
      const start = Number(span.start ?? 0);
      const end = Math.min(SIZE, Number(span.end ?? SIZE));
      assert((await copyOf(file, span)).equals(pattern(start, Math.max(0, end - start))));
    });
  }

  for (const [what, options, code] of REFUSED) {
    it(`[R45] ${what} is refused at the first step, and nothing is read`, async () => {
      await withFaults(context, {}, async (backend, open) => {
        const file = await open(context.fixtures.file(100));
        await assert.rejects(file.chunks(options).next(), { code });
        assert.equal(backend.seen.length, 0);
      });
    });
  }

  it('each chunk is valid until the next step, and its memory is used again', async () => {
    await using file = await context.open(context.fixtures.file(SIZE));
    const places = new Set<string>();
    const memories: ArrayBufferLike[] = [];
    let position = 0;
    for await (const chunk of file.chunks({ chunkSize: 4096, depth: 3 })) {
      assertPattern(chunk, position, chunk.byteLength);
      position += chunk.byteLength;
      if (!memories.includes(chunk.buffer)) memories.push(chunk.buffer);
      places.add(`${memories.indexOf(chunk.buffer)}:${chunk.byteOffset}`);
    }
    assert.equal(position, SIZE);
    assert.equal(places.size, 3, 'one place for each read ahead');
  });

  it('after a first whole chunk `depth` reads are in flight, and a lent chunk is not being read into', async () => {
    await withFaults(context, { decide: () => ({ kind: 'wait' }) }, async (backend, open) => {
      const file = await open(context.fixtures.file(100_000));
      const iterator = file.chunks({ chunkSize: 4096, depth: 5 });
      const first = iterator.next();
      await until(() => backend.waiting === 1, 'the first read waits');
      assert.equal(await stateOf(first), 'pending');
      assert.equal(backend.seen.length, 1);
      backend.release();
      assertPattern((await first).value as Uint8Array, 0, 4096);
      assert.equal(backend.waiting, 4, 'the lent one is not read into');
      const second = iterator.next();
      await until(() => backend.waiting === 5, 'five reads wait');
      assert.equal(await stateOf(second), 'pending');
      backend.decide = () => undefined;
      backend.release();
      assertPattern((await second).value as Uint8Array, 4096, 4096);
      assert.equal(backend.seen.length, 6);
      await iterator.return();
    });
  });

  it('a file of one chunk takes the reads that find its end, and none ahead', async () => {
    await withFaults(context, {}, async (backend, open) => {
      const file = await open(context.fixtures.file(1000));
      assert((await copyOf(file, { depth: 16 })).equals(pattern(0, 1000)));
      assert.equal(backend.seen.length, 2);
    });
  });

  it('[R65] leaving early waits for the reads ahead: nothing is left in flight', async () => {
    await withFaults(context, {}, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      for await (const chunk of file.chunks({ chunkSize: 4096, depth: 16 })) {
        assertPattern(chunk, 0, 4096);
        break;
      }
      assert.equal(backend.inFlight, 0);
    });
  });

  it('leaving before the first step reads nothing', async () => {
    await withFaults(context, {}, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const iterator = file.chunks();
      await iterator.return();
      assert.equal((await iterator.next()).done, true);
      assert.equal(backend.seen.length, 0);
    });
  });

  it('[R66] an abort ends it with an AbortError, with nothing left in flight', async () => {
    const decide = (_read: unknown, number: number) => (number > 0 ? ({ kind: 'wait' } as const) : undefined);
    await withFaults(context, { decide }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const controller = new AbortController();
      const iterator = file.chunks({ chunkSize: 4096, depth: 4, signal: controller.signal });
      await iterator.next();
      const second = iterator.next();
      await until(() => backend.waiting === 4, 'four reads wait');
      const reason = new Error('enough');
      controller.abort(reason);
      await assert.rejects(second, { name: 'AbortError', code: 'ABORT_ERR', cause: reason });
      assert.equal(backend.inFlight, 0);
      assert.equal((await iterator.next()).done, true);
    });
  });

  it('an error ends it after the chunks before it, once, and the file is read on', async () => {
    const decide = (_read: unknown, number: number) => (number === 3 ? DEVICE_ERROR : undefined);
    await withFaults(context, { decide }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const iterator = file.chunks({ chunkSize: 4096, depth: 4 });
      for (let i = 0; i < 3; i++) assertPattern((await iterator.next()).value as Uint8Array, i * 4096, 4096);
      await assert.rejects(iterator.next(), { code: 'EIO', position: 3 * 4096 });
      assert.equal((await iterator.next()).done, true);
      assert.equal(backend.inFlight, 0);
      assert((await copyOf(file, { start: 5, end: 10_000 })).equals(pattern(5, 9995)));
    });
  });

  it('[R62] short reads are finished: chunks stay whole and in step', async () => {
    const decide = (_read: unknown, number: number) =>
      number % 3 === 0 ? ({ kind: 'short', bytes: 17 } as const) : undefined;
    await withFaults(context, { decide }, async (_backend, open) => {
      const file = await open(context.fixtures.file(50_000));
      let position = 0;
      for await (const chunk of file.chunks({ chunkSize: 4096, depth: 4 })) {
        assert.equal(chunk.byteLength, Math.min(4096, 50_000 - position));
        assertPattern(chunk, position, chunk.byteLength);
        position += chunk.byteLength;
      }
      assert.equal(position, 50_000);
    });
  });

  it('a file that is cut while it is streamed ends where it was cut; one that grows goes on', async () => {
    for (const size of [4096 * 3 + 5, SIZE + 4096]) {
      const path = context.fixtures.file(SIZE);
      await using file = await context.open(path);
      let position = 0;
      for await (const chunk of file.chunks({ chunkSize: 4096, depth: 2 })) {
        assertPattern(chunk, position, chunk.byteLength);
        position += chunk.byteLength;
        if (position !== 4096) continue;
        if (size > SIZE) fs.appendFileSync(path, pattern(SIZE, size - SIZE));
        else fs.truncateSync(path, size);
      }
      // At the cut two chunks had been read ahead, and may be from before it.
      assert.equal(position, size);
    }
  });

  it('close in the midst of it ends it with an error', async () => {
    const file = await context.open(context.fixtures.file(SIZE));
    const iterator = file.chunks({ chunkSize: 4096, depth: 2 });
    await iterator.next();
    await file.close();
    const drain = async (): Promise<void> => {
      while ((await iterator.next()).done !== true);
    };
    await assert.rejects(drain(), { code: /^(EBADF|ECANCELED)$/ });
  });

  for (const transferable of [false, true]) {
    const whose = transferable ? 'that can be transferred' : 'of the backend';
    it(`[R39] a consumer that transfers lent memory ${whose} away: an error, never wrong or missing bytes`, async () => {
      const backend = new (transferable ? TransferableMemory : FaultyBackend)(context.createBackend());
      const file = await openFile(context.fixtures.file(SIZE), { backend });
      const kept: ArrayBuffer[] = []; // whoever takes memory away keeps it until the reads into it are over
      let position = 0;
      const steal = async (): Promise<void> => {
        for await (const chunk of file.chunks({ chunkSize: 65_536, depth: 4 })) {
          assertPattern(chunk, position, chunk.byteLength);
          position += chunk.byteLength;
          const memory = chunk.buffer as ArrayBuffer;
          kept.push(structuredClone(memory, { transfer: [memory] }));
        }
        assert.equal(position, SIZE, 'structuredClone copied, and every byte came');
      };
      const outcome = await steal().then(
        () => 'copied',
        (error: unknown) => {
          const { name, code } = error as NodeJS.ErrnoException;
          return typeof code === 'string' ? code : name;
        },
      );
      // WebAssembly's memory can't be transferred: a DataCloneError in Node, a TypeError elsewhere.
      const refused = ['DataCloneError', 'TypeError', 'copied'];
      // Bun copies what a read is filling at that moment, and detaches what none is.
      const copied = process.versions.bun === undefined ? [] : ['copied'];
      const lawful = ['ERR_INVALID_STATE', ...(transferable ? copied : refused)];
      assert(lawful.includes(outcome), `ended as ${outcome}`);
      assert((await copyOf(file, {})).equals(pattern(0, SIZE)), 'the next one works');
      await file.close();
      await backend.close();
    });
  }
}
