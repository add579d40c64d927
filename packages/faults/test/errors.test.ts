/** Reads that the file system fails: the code that a caller sees, and what becomes of everything else (R21). */
import assert from 'node:assert/strict';
import os from 'node:os';
import type { OverlappedFile } from '@overlapped/core';
import { pattern } from '@overlapped/conformance';
import { ALL, FaultFs } from '../src/faultfs.js';
import { assertBytes, describeFaults, tally, until, untilHeld, watch } from './support.js';

const { errno } = os.constants;
const SIZE = 400_000;
const PAGE = 4096;
const EIO = { fail: errno.EIO };

/** Every way through a file, whose bytes it gives from the start as far as it came. */
const WAYS: Readonly<Record<string, (file: OverlappedFile, seen: Uint8Array[]) => Promise<void>>> = {
  readAt: async (file, seen) => {
    for (let position = 0; position < SIZE; position += PAGE) {
      const buffer = new Uint8Array(Math.min(PAGE, SIZE - position));
      await file.readAt(buffer, position);
      seen.push(buffer);
    }
  },
  readv: async (file, seen) => {
    const buffers = [new Uint8Array(SIZE / 2), new Uint8Array(SIZE / 2)];
    await file.readv(buffers, 0);
    seen.push(...buffers);
  },
  readExactly: async (file, seen) => void seen.push(await file.readExactly(0, SIZE)),
  readFile: async (file, seen) => void seen.push(await file.readFile()),
  chunks: async (file, seen) => {
    for await (const chunk of file.chunks({ chunkSize: 2 * PAGE })) seen.push(chunk.slice());
  },
  createReadStream: async (file, seen) => {
    for await (const chunk of file.createReadStream({ start: 0, autoClose: false }))
      seen.push(chunk as Buffer);
  },
  readableWebStream: async (file, seen) => {
    for await (const chunk of file.readableWebStream({ start: 0 })) seen.push(chunk);
  },
};

describeFaults('faults below: errors', (subject) => {
  for (const cached of [false, true]) {
    const how = cached ? 'through the page cache' : 'past the page cache';

    it(`[R21] EIO in the middle of a batch ${how}: readMany says which, the other ranges have their bytes`, async () => {
      await subject.run(async ({ open }) => {
        const on = await subject.fs.file(SIZE, { cached });
        const file = await open(on);
        const bad = 20 * 2 * PAGE;
        await on.rule({ bytes: [bad, bad + PAGE - 1] }, EIO);
        const ranges = Array.from({ length: 48 }, (_, i) => ({
          position: i * 2 * PAGE,
          into: new Uint8Array(PAGE),
        }));
        await assert.rejects(file.readMany(ranges), { code: 'EIO', position: bad, path: on.path });
        for (const { position, into } of ranges) {
          if (position !== bad) assertBytes(into, position, PAGE, `range at ${position}`);
        }
        await on.clear();
        for (const [i, bytes] of (await file.readMany(ranges)).entries()) {
          assertBytes(bytes, i * 2 * PAGE, PAGE);
        }
      });
    });
  }

  for (const [name, way] of Object.entries(WAYS)) {
    it(`[R21] ${name}: EIO at one byte ends it there, once; then the file reads on`, async () => {
      await subject.run(async ({ backend, open }) => {
        const on = await subject.fs.file(SIZE);
        const file = await open(on);
        await on.rule({ bytes: [300_000, 300_000] }, EIO);
        const seen: Uint8Array[] = [];
        await assert.rejects(way(file, seen), { code: 'EIO', path: on.path });
        const got = Buffer.concat(seen);
        assert(got.length <= 300_000, `${got.length} bytes came before the error`);
        assertBytes(got, 0, got.length);
        await until(() => backend.inFlight === 0, 'nothing is in flight');
        await on.clear();
        seen.length = 0;
        await way(file, seen);
        assertBytes(Buffer.concat(seen), 0, SIZE);
      });
    });
  }

  it('[R17] [R21] each errno has the code of the contract’s table, and keeps its number', async () => {
    /** Errno, and the code on every backend; some have no name in libuv. */
    const codes: readonly [number, string][] = [
      [errno.EIO, 'EIO'],
      [117, 'EIO'], // EUCLEAN: the file system is damaged
      [errno.ENXIO, 'ENODEV'],
      [errno.ENODEV, 'ENODEV'],
      [116, 'ESTALE'],
      [errno.ETIMEDOUT, 'ETIMEDOUT'],
      [errno.ECONNRESET, 'ECONNRESET'],
      [errno.ENOBUFS, 'ENOBUFS'],
      [errno.ENOMEM, 'ENOMEM'],
      [errno.EPERM, 'EACCES'],
      [errno.EACCES, 'EACCES'],
      [errno.ECONNABORTED, 'ECONNABORTED'],
      [errno.ENODATA, 'ENODATA'],
      [74, 'EUNKNOWN'], // EBADMSG, which neither the table nor libuv names
    ];
    await subject.run(async ({ backend, open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      for (const [number, code] of codes) {
        await on.clear();
        await on.rule({ reads: [0, 0] }, { fail: number });
        const error = await file.readAt(new Uint8Array(10), 7).then(
          () => assert.fail(`errno ${number} was not reported`),
          (reason: unknown) => reason as NodeJS.ErrnoException & { native: unknown; position: number },
        );
        assert.equal(error.code, code, `errno ${number}: ${error.message}`);
        const native = { kind: backend.errorKind, code: backend.errorKind === 'uv' ? -number : number };
        assert.deepEqual(error.native, native);
        assert(error.errno !== undefined && error.errno < 0, `errno ${number} gives ${error.errno}`);
        assert.equal(error.position, 7);
        assert.equal(await file.readAt(new Uint8Array(10), 7), 10, `after errno ${number}`);
      }
    });
  });

  it('[R21] a read that the system calls interrupted is made again, and the caller never hears', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      await on.rule({ reads: [0, 9] }, { fail: errno.EINTR });
      assertBytes(await file.readExactly(100, PAGE), 100, PAGE);
      assert.equal((await on.stats()).reads, 11);
    });
  });

  it('[R21] interrupted for ever, a read ends with EINTR after a bounded number of times', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      await on.rule(ALL, { fail: errno.EINTR });
      await assert.rejects(file.readAt(new Uint8Array(10), 0), { code: 'EINTR' });
      assert.equal((await on.stats()).reads, 17);
      await on.clear();
      assert.equal(await file.readAt(new Uint8Array(10), 0), 10);
    });
  });

  it('[R21] every third read fails: 3,000 reads settle once each, and the failed ones are the file system’s', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(3000 * 64);
      const file = await open(on);
      for (let i = 0; i < 3000; i += 3) await on.rule({ bytes: [i * 64, i * 64] }, EIO);
      const buffers = Array.from({ length: 3000 }, () => new Uint8Array(64));
      const results = await Promise.allSettled(buffers.map((buffer, i) => file.readAt(buffer, i * 64)));
      for (const [i, result] of results.entries()) {
        assert.equal(result.status, i % 3 === 0 ? 'rejected' : 'fulfilled', `read ${i}`);
        if (result.status === 'fulfilled') assertBytes(buffers[i]!, i * 64, 64);
        else assert.equal((result.reason as NodeJS.ErrnoException).code, 'EIO');
      }
      assert.equal((await on.stats()).reads, 3000);
    });
  });

  it('[R37] what failed reads held is given back: buffers are collected, lent memory is lent again', async () => {
    await subject.run(async ({ backend, open }) => {
      const { gc } = globalThis;
      assert(gc !== undefined, 'run with --expose-gc');
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      await on.rule({ bytes: [100_000, SIZE] }, EIO);
      const buffers: WeakRef<Uint8Array>[] = [];
      const lent: (number | string | undefined)[] = [];
      for (let round = 0; round < 10; round++) {
        const buffer = new Uint8Array(PAGE);
        buffers.push(new WeakRef(buffer));
        await assert.rejects(file.readAt(buffer, 200_000), { code: 'EIO' });
        const chunks = async (): Promise<void> => {
          for await (const chunk of file.chunks({ chunkSize: 64 << 10 })) assertBytes(chunk, 0, 64 << 10);
        };
        await assert.rejects(chunks(), { code: 'EIO' });
        lent.push(backend.stats().detail.regionBytes);
      }
      assert.deepEqual(new Set(lent).size, 1, `bytes of lent memory, round by round: ${lent.join(', ')}`);
      // The last one may still be on the stack.
      await until(() => {
        gc();
        return buffers.slice(0, -1).every((buffer) => buffer.deref() === undefined);
      }, 'the buffers are collected');
    });
  });

  it('[R21] the server dies: reads in flight end with ECONNABORTED, later ones fail, the file closes', async () => {
    await subject.run(async ({ open }) => {
      const mount = await FaultFs.mount();
      try {
        const on = await mount.file(SIZE);
        const file = await open(on);
        await on.rule(ALL, 'stick');
        const reads = Array.from({ length: 3 }, (_, i) => watch(file.readAt(new Uint8Array(10), i)));
        await untilHeld(on, 3);
        await mount.kill();
        await until(() => tally(reads).pending === undefined, 'the reads end');
        assert.deepEqual(tally(reads), { ECONNABORTED: 3 });
        await assert.rejects(file.readAt(new Uint8Array(10), 0), { code: 'ENOTCONN' });
        await assert.rejects(file.close(), { code: 'ENOTCONN', syscall: 'close' }); // as close(2) says; it is closed
      } finally {
        await mount.unmount();
      }
    });
  });

  it('what the pattern is: the file system’s and the suite’s own are the same', async () => {
    await subject.run(async ({ open }) => {
      const size = 3 * 2 ** 20 + 11;
      const whole = await (await open(await subject.fs.file(size))).readFile();
      assert(whole.equals(pattern(0, size)));
    });
  });
});
