/** Reads that come short anywhere, and files that shrink under their reader (R62, R80). */
import assert from 'node:assert/strict';
import type { OverlappedFile } from '@overlapped/core';
import { pattern } from '@overlapped/conformance';
import { ALL, type FaultFile } from '../src/faultfs.js';
import { assertBytes, describeFaults, untilHeld } from './support.js';

const SIZE = 200_000;

/** Each of the next `count` reads gets another number of bytes, at least one. */
async function shorten(on: FaultFile, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await on.rule({ reads: [i, i] }, { short: 1 + ((i * 7919) % 9001) });
}

/** Everything that promises all bytes, and the bytes that it gave. */
const WHOLE: Readonly<Record<string, (file: OverlappedFile) => Promise<Uint8Array>>> = {
  readExactly: (file) => file.readExactly(0, SIZE),
  readMany: async (file) => {
    const ranges = Array.from({ length: 20 }, (_, i) => ({ position: i * 10_000, length: 10_000 }));
    return Buffer.concat(await file.readMany(ranges));
  },
  readFile: async (file) => await file.readFile(),
  chunks: async (file) => {
    const parts: Buffer[] = [];
    for await (const chunk of file.chunks({ chunkSize: 30_000 })) parts.push(Buffer.from(chunk));
    return Buffer.concat(parts);
  },
  createReadStream: async (file) =>
    Buffer.concat((await file.createReadStream({ autoClose: false }).toArray()) as Buffer[]),
  readableWebStream: async (file) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of file.readableWebStream()) parts.push(chunk);
    return Buffer.concat(parts);
  },
};

describeFaults('faults below: short reads', (subject) => {
  it('[R62] readAt and read say how short a read was, and touch nothing beyond', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      for (const bytes of [1, 511, 4095, 4097, 9999]) {
        await on.clear();
        await on.rule(ALL, { short: bytes });
        const buffer = Buffer.alloc(10_000, 0xa5);
        assert.equal(await file.readAt(buffer, 33), bytes);
        assertBytes(buffer.subarray(0, bytes), 33, bytes);
        assert(buffer.subarray(bytes).every((byte) => byte === 0xa5));
        assert.equal((await file.read(buffer, { position: 33 })).bytesRead, bytes);
      }
    });
  });

  for (const [name, read] of Object.entries(WHOLE)) {
    it(`[R62] [R80] ${name} goes on after reads that end anywhere, and has every byte`, async () => {
      await subject.run(async ({ open }) => {
        const on = await subject.fs.file(SIZE);
        const file = await open(on);
        await shorten(on, 100);
        assert(pattern(0, SIZE).equals(await read(file)));
        assert((await on.stats()).reads > 20, 'reads were cut');
      });
    });
  }

  it('[R19] [R80] a file cut while its reads wait: each gets what there is, then the end', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      await on.rule({ reads: [0, 2] }, 'hold');
      const [kept, cut] = [new Uint8Array(1000), new Uint8Array(1000)];
      const reads = [
        file.readAt(kept, 0),
        file.readAt(cut, 50_000),
        file.readAt(new Uint8Array(10), 150_000),
      ];
      await untilHeld(on, 3);
      await on.resize(50_100);
      await on.release();
      assert.deepEqual(await Promise.all(reads), [1000, 100, 0]);
      assertBytes(kept, 0, 1000);
      assertBytes(cut.subarray(0, 100), 50_000, 100);
      const ranges = [
        { position: 10, length: 100 },
        { position: 50_050, length: 100 },
      ];
      await assert.rejects(file.readMany(ranges), {
        code: 'ERR_OVERLAPPED_UNEXPECTED_EOF',
        position: 50_050,
        bytesRead: 50,
      });
      const [whole, short] = await file.readMany(ranges, { eof: 'clamp' });
      assert.deepEqual([whole!.byteLength, short!.byteLength], [100, 50]);
      await on.resize(60_000);
      assertBytes(await file.readExactly(50_050, 100), 50_050, 100, 'the file has grown again');
    });
  });

  for (const name of ['readFile', 'chunks', 'createReadStream', 'readableWebStream']) {
    it(`[R80] ${name}: a file cut behind the first read ends where it was cut`, async () => {
      await subject.run(async ({ open }) => {
        const on = await subject.fs.file(SIZE);
        const file = await open(on);
        await on.rule({ bytes: [90_000, SIZE] }, 'hold');
        const reading = WHOLE[name]!(file);
        await untilHeldAny(on);
        await on.resize(100_000);
        await on.clear();
        await on.release();
        assert(pattern(0, 100_000).equals(await reading));
      });
    });
  }
});

async function untilHeldAny(on: FaultFile): Promise<void> {
  while ((await on.stats()).held === 0);
}
