/** Reads that end badly, late, short, or wait in line: what the file API makes of each (R21, R62, R70, R77). */
import {
  bindHandle,
  closeHandle,
  createFile,
  ERROR_HANDLE_EOF,
  ERROR_IO_PENDING,
  FILE_FLAG_OVERLAPPED,
  GENERIC_READ,
  getLastError,
  type NativeOverlapped,
  OPEN_EXISTING,
  Overlapped,
  readFile,
} from '@overlapped/core/overlapped';
import assert from 'node:assert/strict';
import type { ConformanceContext } from '../../context.js';
import { DEVICE_ERROR, EXHAUSTED, type Fault, FaultyBackend } from '../../faults.js';
import { pattern } from '../../fixtures.js';
import { assertPattern, sentinels, stateOf, turn, until, withFaults } from './subject.js';

const SIZE = 50_000;
const ARTICLE_ARGUMENTS = [GENERIC_READ, 7, null, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, null] as const;
const LARGE = 3 * 2 ** 20 + 5;

/** The first `count` reads suffer `fault`. */
function first(count: number, fault: Fault) {
  return (_read: unknown, number: number): Fault | undefined => (number < count ? fault : undefined);
}

export function faults(context: ConformanceContext): void {
  for (const bytes of [17, 512, 4096, 8192]) {
    const decide = (): Fault => ({ kind: 'short', bytes });

    it(`[R62] every read ends after ${bytes} bytes: read and readAt say so, the rest finishes`, async () => {
      await withFaults(context, { decide }, async (_backend, open) => {
        const file = await open(context.fixtures.file(SIZE));
        const buffer = sentinels(10_000);
        assert.equal(await file.readAt(buffer, 100), bytes);
        assertPattern(buffer, 100, bytes);
        assert.equal((await file.read(sentinels(10_000))).bytesRead, bytes);
        const next = sentinels(10);
        await file.read(next);
        assertPattern(next, bytes, 10, 'a short read advances the cursor by what was read');
        assertPattern(await file.readExactly(1000, 20_000), 1000, 20_000);
        const [one, two] = await file.readMany([
          { position: 0, length: 9000 },
          { position: SIZE - 9000, length: 9000 },
        ]);
        assertPattern(one!, 0, 9000);
        assertPattern(two!, SIZE - 9000, 9000);
      });
    });

    it(`[R62] [R80] every read ends after ${bytes} bytes: readFile and the streams have every byte`, async () => {
      await withFaults(context, { decide }, async (_backend, open) => {
        const size = bytes < 100 ? 5000 : SIZE;
        const path = context.fixtures.file(size);
        const whole = pattern(0, size);
        const file = await open(path);
        assert(whole.equals(await file.readFile()));
        const parts: Buffer[] = [];
        for await (const chunk of file.chunks({ chunkSize: 4096 })) parts.push(Buffer.from(chunk));
        assert(whole.equals(Buffer.concat(parts)));
        assert(
          whole.equals(Buffer.concat(await file.createReadStream({ start: 0, autoClose: false }).toArray())),
        );
        const web: Uint8Array[] = [];
        for await (const chunk of file.readableWebStream({ start: 0 })) web.push(chunk);
        assert(whole.equals(Buffer.concat(web)));
      });
    });
  }

  it('[R62] a large range whose pieces are cut short has every byte', async () => {
    const decide = (_read: unknown, number: number): Fault | undefined =>
      number % 5 === 2 ? { kind: 'short', bytes: 100_003 } : undefined;
    await withFaults(context, { decide, capacity: 3 }, async (_backend, open) => {
      const file = await open(context.fixtures.file(LARGE));
      assert(pattern(3, LARGE - 3).equals(await file.readExactly(3, LARGE - 3)));
    });
  });

  it('[R21] a device error is reported once, in Node’s form and with the raw number, and the next read works', async () => {
    await withFaults(context, { decide: first(1, DEVICE_ERROR) }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const buffer = sentinels(100);
      await assert.rejects(
        file.readAt(buffer, 4096),
        (error: NodeJS.ErrnoException & Record<string, unknown>) => {
          const { code, syscall, path, position, backend: by } = error;
          assert.deepEqual(
            [code, syscall, path, position, by],
            ['EIO', 'read', file.path, 4096, context.backend.name],
          );
          const native = { errno: 5, uv: -5, win32: 1117 }[backend.errorKind];
          assert.deepEqual(error.native, { kind: backend.errorKind, code: native });
          assert(Number.isInteger(error.errno) && error.errno! < 0);
          return true;
        },
      );
      assertPattern(buffer, 0, 0, 'untouched');
      assert.equal(await file.readAt(buffer, 4096), 100);
      assertPattern(buffer, 4096, 100);
    });
  });

  const uses = {
    readExactly: (file: { readExactly(position: number, length: number): Promise<unknown> }) =>
      file.readExactly(0, SIZE),
    'a large readExactly': (file: { readExactly(p: number, l: number, o: object): Promise<unknown> }) =>
      file.readExactly(0, 9 * 2 ** 20, { eof: 'clamp' }),
    readFile: (file: { readFile(): Promise<unknown> }) => file.readFile(),
    readMany: (file: { readMany(ranges: object[]): Promise<unknown> }) =>
      file.readMany([
        { position: 0, length: 100 },
        { position: 9000, length: 100 },
      ]),
    chunks: async (file: { chunks(o: object): AsyncIterable<Uint8Array> }) => {
      for await (const chunk of file.chunks({ chunkSize: 4096 })) assert(chunk.byteLength > 0);
    },
    readv: (file: { readv(views: Uint8Array[]): Promise<unknown> }) =>
      file.readv([sentinels(9), sentinels(9)]),
    createReadStream: (file: { createReadStream(o: object): { toArray(): Promise<unknown> } }) =>
      file.createReadStream({ autoClose: false }).toArray(),
    readableWebStream: (file: { readableWebStream(): ReadableStream }) =>
      file.readableWebStream().getReader().read(),
  };
  for (const [name, use] of Object.entries(uses)) {
    it(`[R21] ${name}: a device error in its reads rejects it once, with nothing left in flight; then it works`, async () => {
      await withFaults(context, { decide: first(1, DEVICE_ERROR) }, async (backend, open) => {
        const file = await open(context.fixtures.file(SIZE));
        await assert.rejects((use as (file: unknown) => Promise<unknown>)(file), { code: 'EIO' });
        await until(() => backend.inFlight === 0, 'nothing is in flight');
        await (use as (file: unknown) => Promise<unknown>)(file);
      });
    });
  }

  it('[R21] device errors in the middle of a batch: the first is reported, when all has ended; others have their bytes', async () => {
    const bad = new Set([20, 30]);
    const decide = (_read: unknown, number: number): Fault | undefined =>
      bad.has(number) ? DEVICE_ERROR : undefined;
    await withFaults(context, { decide, capacity: 7 }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const ranges = Array.from({ length: 40 }, (_, i) => ({ position: i * 1000, into: sentinels(500) }));
      await assert.rejects(file.readMany(ranges), { code: 'EIO', position: 20_000 });
      assert.deepEqual([backend.seen.length, backend.inFlight], [40, 0]);
      for (const [i, { position, into }] of ranges.entries()) {
        assertPattern(into, position, bad.has(i) ? 0 : 500, `range ${i}`);
      }
      assertPattern(await file.readExactly(20_000, 500), 20_000, 500);
    });
  });

  it('[R80] readv that fails without a position gives its bytes back to the next read', async () => {
    await withFaults(context, { decide: first(1, DEVICE_ERROR) }, async (_backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      await assert.rejects(file.readv([sentinels(100)]), { code: 'EIO' });
      const buffer = sentinels(10);
      await file.read(buffer);
      assertPattern(buffer, 0, 10);
    });
  });

  it('[R39] [R62] readv counts up to a short read also if its buffer is transferred away while others are read', async () => {
    const decide = (_read: unknown, number: number): Fault =>
      number === 0 ? { kind: 'short', bytes: 17 } : { kind: 'wait' };
    await withFaults(context, { decide }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const short = sentinels(18);
      const reading = file.readv([short, sentinels(1)], 0);
      await until(() => backend.inFlight === 1, 'only the second is in flight');
      structuredClone(short.buffer, { transfer: [short.buffer as ArrayBuffer] });
      backend.release();
      assert.equal((await reading).bytesRead, 17);
    });
  });

  it('[R77] exhaustion is ENOBUFS, and trying again works', async () => {
    await withFaults(context, { decide: first(1, EXHAUSTED) }, async (_backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      await assert.rejects(file.readAt(sentinels(10), 0), { code: 'ENOBUFS' });
      assert.equal(await file.readAt(sentinels(10), 0), 10);
    });
  });

  it('[R77] [R21] 1,000 reads over two slots: never more than two in flight, first come first served, none lost', async () => {
    await withFaults(context, { capacity: 2 }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const buffers = Array.from({ length: 1000 }, () => sentinels(40));
      const counts = await Promise.all(buffers.map((buffer, i) => file.readAt(buffer, i * 41)));
      assert(counts.every((bytesRead) => bytesRead === 40));
      for (const [i, buffer] of buffers.entries()) assertPattern(buffer, i * 41, 40);
      assert.equal(backend.peak, 2);
      assert.deepEqual(
        backend.seen.map(({ position }) => Number(position) / 41),
        [...buffers.keys()],
      );
      assert.equal(backend.inFlight, 0);
    });
  });

  it('[R39] memory transferred after its bytes came, before its completion: refused, the next read works', async () => {
    await withFaults(context, { decide: () => ({ kind: 'late' }) }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const views = [new Uint8Array(4096), new DataView(new ArrayBuffer(4096)), new Float64Array(512)];
      const reads = views.map((view) => file.readAt(view, 0));
      await until(() => backend.waiting === 3, 'their completions wait');
      const moved = views.map(({ buffer }) => structuredClone(buffer, { transfer: [buffer] }));
      backend.decide = () => undefined;
      backend.release();
      for (const result of await Promise.allSettled(reads)) {
        assert.equal(result.status, 'rejected');
        const { code, message } = result.reason as NodeJS.ErrnoException;
        assert.equal(code, 'ERR_INVALID_STATE');
        assert.match(message, /transferred or detached/);
      }
      for (const memory of moved)
        assertPattern(new Uint8Array(memory), 0, 4096, 'its new owner has the bytes');
      assertPattern(await file.readExactly(7, 100), 7, 100);
    });
  });

  it('[R39] [R77] memory transferred while its read stands in line: refused, and those behind it go on', async () => {
    await withFaults(context, { decide: first(1, { kind: 'wait' }), capacity: 1 }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const buffers = Array.from({ length: 3 }, () => new Uint8Array(4096));
      const reads = buffers.map((buffer, i) => file.readAt(buffer, i * 4096));
      await until(() => backend.waiting === 1, 'the first one waits, the others stand in line');
      const moved = new Uint8Array(structuredClone(buffers[1]!.buffer, { transfer: [buffers[1]!.buffer] }));
      backend.release();
      await assert.rejects(reads[1]!, { code: 'ERR_INVALID_STATE', message: /transferred or detached/ });
      assert.deepEqual([await reads[0], await reads[2]], [4096, 4096]);
      assertPattern(buffers[2]!, 2 * 4096, 4096);
      assert.deepEqual(moved, new Uint8Array(4096), 'the system never heard of it');
      assert.equal(backend.seen.length, 2);
    });
  });

  it('[R39] readMany whose memory is transferred after its own read, while another goes on: refused', async () => {
    const second: Fault = { kind: 'wait' };
    await withFaults(
      context,
      { decide: (_read, n) => (n === 1 ? second : undefined) },
      async (backend, open) => {
        const file = await open(context.fixtures.file(SIZE));
        const into = new Uint8Array(100);
        const reading = file.readMany([
          { position: 0, into },
          { position: 9, length: 9 },
        ]);
        await until(() => backend.seen.length === 2 && backend.inFlight === 1, 'only the second one goes on');
        structuredClone(into.buffer, { transfer: [into.buffer] });
        backend.release();
        await assert.rejects(reading, { code: 'ERR_INVALID_STATE', message: /transferred or detached/ });
      },
    );
  });

  it('[R39] a large range whose memory is transferred between two of its pieces: refused', async () => {
    await withFaults(context, { decide: () => ({ kind: 'late' }), capacity: 1 }, async (backend, open) => {
      const file = await open(context.fixtures.file(LARGE));
      const into = Buffer.alloc(LARGE);
      const reading = file.readMany([{ position: 0, into }]);
      await until(() => backend.waiting === 1, 'the first piece waits');
      const moved = structuredClone(into.buffer, { transfer: [into.buffer] });
      backend.decide = () => undefined;
      backend.release();
      await assert.rejects(reading, { code: 'ERR_INVALID_STATE', message: /transferred or detached/ });
      assert.equal(moved.byteLength, LARGE);
    });
  });

  it('[R65] [R70] close waits for a completion that is late; new reads are refused meanwhile', async () => {
    await withFaults(context, { decide: () => ({ kind: 'late' }) }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const buffer = sentinels(100);
      const reading = file.readAt(buffer, 0);
      await until(() => backend.waiting === 1, 'its completion waits');
      const closing = file.close();
      await assert.rejects(file.readAt(sentinels(1), 0), { code: 'EBADF', message: /file closed/ });
      assert.equal(await stateOf(closing), 'pending');
      backend.release();
      assert.equal(await reading, 100);
      await closing;
      assertPattern(buffer, 0, 100);
    });
  });

  it('[R70] close gives up reads that wait in the system and those that wait in line', async () => {
    await withFaults(context, { decide: () => ({ kind: 'wait' }), capacity: 2 }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const buffers = Array.from({ length: 10 }, () => sentinels(100));
      const reads = buffers.map((buffer) => file.readAt(buffer, 0));
      await until(() => backend.waiting === 2, 'two reads wait');
      const [results] = await Promise.all([Promise.allSettled(reads), file.close()]);
      for (const [i, result] of results.entries()) {
        assert.equal(result.status, 'rejected', `read ${i}`);
        assert.equal((result.reason as NodeJS.ErrnoException).code, 'ECANCELED');
        assertPattern(buffers[i]!, 0, 0);
      }
      assert.equal(backend.seen.length, 2);
    });
  });

  it('[R70] closing one file leaves the reads of another', async () => {
    await withFaults(context, { decide: () => ({ kind: 'wait' }), capacity: 3 }, async (backend, open) => {
      const [one, two] = [await open(context.fixtures.file(SIZE)), await open(context.fixtures.file(SIZE))];
      const lost = Promise.allSettled(Array.from({ length: 6 }, () => one.readAt(sentinels(10), 0)));
      const kept = Array.from({ length: 6 }, (_, i) => two.readAt(sentinels(10), i));
      await until(() => backend.waiting === 3, 'three reads wait');
      backend.decide = () => undefined;
      await one.close();
      assert((await lost).every(({ status }) => status === 'rejected'));
      backend.release();
      assert.deepEqual(await Promise.all(kept), Array(6).fill(10));
    });
  });

  it('[R27] [R37] a buffer that only the read knows lives until the read ends, and no longer', async () => {
    await withFaults(context, { decide: () => ({ kind: 'wait' }) }, async (backend, open) => {
      const { gc } = globalThis;
      assert(gc !== undefined, 'run with --expose-gc');
      const file = await open(context.fixtures.file(SIZE));
      const start = (): { weak: WeakRef<Uint8Array>; reading: Promise<number> } => {
        const buffer = new Uint8Array(4096);
        return { weak: new WeakRef(buffer), reading: file.readAt(buffer, 0) };
      };
      const { weak, reading } = start();
      await until(() => backend.waiting === 1, 'the read waits');
      for (let i = 0; i < 3; i++) {
        gc();
        await turn();
      }
      assert(weak.deref() !== undefined, 'collected while its read is in flight');
      backend.release();
      assert.equal(await reading, 4096);
      await until(() => {
        gc();
        return weak.deref() === undefined || backend.inFlight > 0;
      }, 'the buffer of a finished read is collected');
    });
  });

  for (const [what, win32] of [
    ['[R51] end of file', ERROR_HANDLE_EOF],
    ['[R54] a device error', 1117],
  ] as const) {
    it(`${what} that ReadFile itself reports: no callback, the issuer frees, and the handle reads on`, async () => {
      const backend = new FaultyBackend(context.createBackend(), {
        decide: first(1, { kind: 'error', win32 }),
      });
      const handle = createFile(context.fixtures.file(100), ...ARTICLE_ARGUMENTS, { backend });
      bindHandle(handle);
      const buffer = sentinels(100);
      const outcomes: [number, number][] = [];
      const pack = (): NativeOverlapped =>
        new Overlapped().pack((errorCode, numBytes, completed) => {
          Overlapped.free(completed);
          outcomes.push([errorCode, numBytes]);
        }, buffer);
      const refused = pack();
      assert.equal(readFile(handle, buffer, 100, null, refused), false);
      assert.equal(getLastError(), win32);
      Overlapped.free(refused);
      assert.equal(readFile(handle, buffer, 100, null, pack()) || getLastError() === ERROR_IO_PENDING, true);
      await until(() => outcomes.length > 0, 'the second read completes');
      assert.deepEqual(outcomes, [[0, 100]]);
      assertPattern(buffer, 0, 100);
      await closeHandle(handle);
      await backend.close();
    });
  }
}
