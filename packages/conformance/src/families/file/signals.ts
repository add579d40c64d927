/** AbortSignal: a request, answered by the read's own completion (R63-R69). */
import type { OverlappedFile } from '@overlapped/core';
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { ConformanceContext } from '../../context.js';
import { DEVICE_ERROR } from '../../faults.js';
import { pattern } from '../../fixtures.js';
import { assertPattern, sentinels, stateOf, turn, until, withFaults } from './subject.js';

const SIZE = 1 << 20;
const ABORTED = { name: 'AbortError', code: 'ABORT_ERR' } as const;

type Read = (file: OverlappedFile, signal: AbortSignal) => Promise<unknown>;

const READS: readonly (readonly [string, Read])[] = [
  ['readAt', (file, signal) => file.readAt(sentinels(100), 0, { signal })],
  ['read', (file, signal) => file.read(sentinels(100), { position: 0, signal })],
  ['read without a position', (file, signal) => file.read(sentinels(100), { signal })],
  ['readExactly', (file, signal) => file.readExactly(0, 100, { signal })],
  ['readExactly in pieces', (file, signal) => file.readExactly(0, SIZE + 1, { signal, eof: 'clamp' })],
  [
    'readMany',
    (file, signal) =>
      file.readMany(
        [
          { position: 0, length: 5 },
          { position: 5, length: 5 },
        ],
        { signal },
      ),
  ],
  ['readFile', (file, signal) => file.readFile({ signal })],
  ['chunks', (file, signal) => file.chunks({ signal }).next()],
  ['readableWebStream', (file, signal) => file.readableWebStream({ signal }).getReader().read()],
];

const waits = { decide: () => ({ kind: 'wait' }) as const };

export function signals(context: ConformanceContext): void {
  for (const [name, read] of READS) {
    it(`[R68] ${name}, signal already aborted: AbortError with its reason, and no read`, async () => {
      await withFaults(context, {}, async (backend, open) => {
        const file = await open(context.fixtures.file(SIZE));
        const reason = new Error('before');
        await assert.rejects(read(file, AbortSignal.abort(reason)), { ...ABORTED, cause: reason });
        assert.equal(backend.seen.length, 0);
      });
    });

    it(`[R66] ${name}, aborted during the read: AbortError with its reason, and no listener left`, async () => {
      await withFaults(context, waits, async (backend, open) => {
        const file = await open(context.fixtures.file(SIZE));
        const { signal, abort } = controller();
        const reading = read(file, signal);
        reading.catch(() => undefined);
        await until(() => backend.waiting > 0, 'the read waits in the backend');
        const reason = new Error('during');
        abort(reason);
        await assert.rejects(reading, { ...ABORTED, cause: reason });
        assert.equal(backend.inFlight, 0);
        assert.equal(getEventListeners(signal, 'abort').length, 0);
      });
    });

    it(`[R60] ${name} refuses what is no signal`, async () => {
      await using file = await context.open(context.fixtures.file(SIZE));
      for (const wrong of [5, 'signal', {}]) {
        const refused = new Promise((resolve) => resolve(read(file, wrong as never)));
        await assert.rejects(refused, { code: 'ERR_INVALID_ARG_TYPE', message: /signal/ });
      }
    });

    // The reads ahead of chunks() go on after its first step.
    if (name === 'chunks') continue;
    it(`[R69] ${name}, aborted after the read: nothing happens, and no listener was left`, async () => {
      await withFaults(context, {}, async (backend, open) => {
        const file = await open(context.fixtures.file(SIZE));
        const { signal, abort } = controller();
        await read(file, signal);
        assert.equal(getEventListeners(signal, 'abort').length, 0);
        abort();
        await turn();
        assert.equal(backend.cancels, 0);
      });
    });
  }

  it('[R67] an abort that comes too late: the read is a success', async () => {
    await withFaults(context, { decide: () => ({ kind: 'late' }) }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const { signal, abort } = controller();
      const buffer = sentinels(100);
      const reading = file.readAt(buffer, 10, { signal });
      await until(() => backend.waiting === 1, 'its completion waits');
      abort();
      assert.equal(backend.cancels, 1);
      assert.equal(await stateOf(reading), 'pending', 'only the completion settles it (R65)');
      backend.release();
      assert.equal(await reading, 100);
      assertPattern(buffer, 10, 100);
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    });
  });

  it('[R66] [R77] reads that wait in line leave it; those around them are read', async () => {
    await withFaults(context, { ...waits, capacity: 1 }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const { signal, abort } = controller();
      const buffers = Array.from({ length: 9 }, () => sentinels(100));
      const reads = buffers.map((buffer, i) => file.readAt(buffer, i * 100, i % 3 === 1 ? { signal } : {}));
      await until(() => backend.waiting === 1, 'the first read waits');
      abort('leave');
      backend.decide = () => undefined;
      backend.release();
      const results = await Promise.allSettled(reads);
      for (const [i, result] of results.entries()) {
        if (i % 3 !== 1) {
          assert.deepEqual(result, { status: 'fulfilled', value: 100 });
          assertPattern(buffers[i]!, i * 100, 100);
        } else {
          assert.equal(result.status, 'rejected');
          assert.equal((result.reason as Error).cause, 'leave');
          assertPattern(buffers[i]!, 0, 0, 'never touched');
        }
      }
      assert.equal(backend.seen.length, 6, 'the system never saw the others');
    });
  });

  it('[R66] a backend’s cancellation that nobody’s signal asked for is ECANCELED, no AbortError', async () => {
    const decide = () => ({ kind: 'error', win32: 995 }) as const;
    await withFaults(context, { decide }, async (_backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const { signal } = controller();
      for (const options of [{}, { signal }]) {
        await assert.rejects(file.readAt(sentinels(10), 0, options), { code: 'ECANCELED', name: 'Error' });
      }
    });
  });

  it('[R67] a read that failed although it was aborted is that failure, no AbortError', async () => {
    await withFaults(context, { decide: () => DEVICE_ERROR }, async (_backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const { signal, abort } = controller();
      const reading = file.readAt(sentinels(10), 0, { signal });
      abort();
      await assert.rejects(reading, { code: 'EIO', name: 'Error' });
    });
  });

  it('aborting one read leaves its neighbours', async () => {
    await withFaults(context, waits, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const controllers = Array.from({ length: 10 }, () => controller());
      const reads = controllers.map(({ signal }, i) => file.readAt(sentinels(10), i, { signal }));
      await until(() => backend.waiting === 10, 'ten reads wait');
      controllers[4]!.abort();
      await assert.rejects(reads[4]!, ABORTED);
      assert.equal(backend.cancels, 1);
      backend.release();
      assert.deepEqual(await Promise.all(reads.filter((_, i) => i !== 4)), Array(9).fill(10));
    });
  });

  it('[R69] a late abort never reaches the read that uses the record by then', async () => {
    await withFaults(context, {}, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const old = controller();
      assert.equal(await file.readAt(sentinels(10), 0, { signal: old.signal }), 10);
      backend.decide = waits.decide;
      const next = file.readAt(sentinels(10), 0, { signal: controller().signal });
      await until(() => backend.waiting === 1, 'the next read waits');
      old.abort();
      assert.equal(backend.cancels, 0);
      assert.equal(await stateOf(next), 'pending');
      backend.release();
      assert.equal(await next, 10);
    });
  });

  it('[R67] regular files: aborted at once, each of 200 reads gives its bytes or an AbortError', async () => {
    await using file = await context.open(context.fixtures.file(SIZE));
    const { signal, abort } = controller();
    const buffers = Array.from({ length: 200 }, () => sentinels(4096));
    const reads = buffers.map((buffer, i) => file.readAt(buffer, i * 4096, { signal }));
    abort();
    for (const [i, result] of (await Promise.allSettled(reads)).entries()) {
      if (result.status === 'fulfilled') assertPattern(buffers[i]!, i * 4096, result.value);
      else assert.equal((result.reason as Error).name, 'AbortError');
    }
    assert.equal((await file.readExactly(0, SIZE)).byteLength, SIZE, 'the next reads work');
  });

  it('[R67] a large read aborted in a later turn gives its bytes or an AbortError', async () => {
    const size = 32 << 20;
    await using file = await context.open(context.fixtures.sparse(size, size - 4, Buffer.from('tail')));
    for (let turns = 0; turns < 4; turns++) {
      const { signal, abort } = controller();
      const reading = file.readExactly(0, size, { signal }).then(
        (bytes) => assert.equal(Buffer.from(bytes.subarray(-4)).toString(), 'tail'),
        (error: unknown) => assert.equal((error as Error).name, 'AbortError'),
      );
      for (let i = 0; i < turns; i++) await turn();
      abort();
      await reading;
    }
  });

  it('[R69] one signal over 64 reads: no MaxListenersExceededWarning, and no listener is left', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    try {
      await using file = await context.open(context.fixtures.file(SIZE));
      const { signal } = controller();
      const reads = Array.from({ length: 64 }, (_, i) => file.readAt(sentinels(100), i, { signal }));
      assert(getEventListeners(signal, 'abort').length <= 64);
      await Promise.all(reads);
      await turn();
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    } finally {
      process.off('warning', onWarning);
    }
    assert.deepEqual(warnings, []);
  });

  it('the reason of AbortSignal.timeout is kept as the cause', async () => {
    await withFaults(context, waits, async (_backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const reading = file.readAt(sentinels(10), 0, { signal: AbortSignal.timeout(1) });
      await assert.rejects(reading, (error: Error) => {
        assert.equal(error.name, 'AbortError');
        assert.equal((error.cause as Error).name, 'TimeoutError');
        return true;
      });
    });
  });

  it('[R80] an aborted read without a position gives its bytes back to the next one', async () => {
    await withFaults(context, waits, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const { signal, abort } = controller();
      const reading = file.read(sentinels(100), { signal });
      await until(() => backend.waiting === 1, 'the read waits');
      abort();
      await assert.rejects(reading, ABORTED);
      backend.decide = () => undefined;
      const buffer = sentinels(50);
      assert.equal((await file.read(buffer)).bytesRead, 50);
      assert.deepEqual(buffer, pattern(0, 50));
    });
  });
}

function controller(): { signal: AbortSignal; abort: (reason?: unknown) => void } {
  const made = new AbortController();
  return { signal: made.signal, abort: (reason) => made.abort(reason) };
}
