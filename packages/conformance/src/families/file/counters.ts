/** What is counted of reads, after programs whose counts are known beforehand. */
import assert from 'node:assert/strict';
import { type Backend, countersOf } from '@overlapped/core/backend';
import { bindHandle, closeHandle } from '@overlapped/core/overlapped';
import type { ConformanceContext } from '../../context.js';
import { DEVICE_ERROR, type Fault } from '../../faults.js';
import { startRead } from '../document/reads.js';
import { turn, until, withFaults } from './subject.js';

const SIZE = 10_000;
const NAMES = ['queued', 'inFlight', 'completed', 'cancelled', 'failed', 'bytesRead'] as const;
type Counts = Record<(typeof NAMES)[number], number>;

function countsOf(backend: Backend): Counts {
  const counters = countersOf(backend);
  return Object.fromEntries(NAMES.map((name) => [name, counters[name]])) as Counts;
}

const NOTHING: Counts = { queued: 0, inFlight: 0, completed: 0, cancelled: 0, failed: 0, bytesRead: 0 };

const bytes = (count: number): Uint8Array => new Uint8Array(count);

export function counters(context: ConformanceContext): void {
  it('[R21] a backend that nothing was read from has counted nothing', async () => {
    const backend = context.createBackend();
    const { submissions, submissionSizes, wakeups, strays } = countersOf(backend);
    assert.deepEqual(countsOf(backend), NOTHING);
    assert.deepEqual([submissions, wakeups, strays], [0, 0, 0]);
    assert(submissionSizes.every((count) => count === 0));
  });

  it('[R19] [R21] reads with bytes, short ones, and ends of the file are completed, each with its bytes', async () => {
    const backend = context.createBackend();
    const file = await context.open(context.fixtures.file(SIZE), {}, backend);
    await Promise.all(Array.from({ length: 20 }, (_, i) => file.readAt(bytes(100), i)));
    await Promise.all([file.readAt(bytes(100), SIZE - 30), file.readAt(bytes(100), SIZE)]);
    await file.readMany(Array.from({ length: 10 }, (_, i) => ({ position: i * 7, length: 11 })));
    await file.readAt(bytes(0), 3);
    assert.deepEqual(countsOf(backend), { ...NOTHING, completed: 33, bytesRead: 2000 + 30 + 110 });
    await file.close();
    assert.deepEqual(countsOf(backend), { ...NOTHING, completed: 33, bytesRead: 2140 });
    await backend.close();
    assert.deepEqual(countsOf(backend), { ...NOTHING, completed: 33, bytesRead: 2140 }, 'after close');
  });

  it('[R49] [R51] reads by the document layer too, whether the call or the callback ends them', async () => {
    const backend = context.createBackend();
    const handle = context.createFile(context.fixtures.file(SIZE), undefined, undefined, backend);
    bindHandle(handle);
    for (const call of ['readFile', 'queueReadFile'] as const) {
      await startRead(context, handle, bytes(50), { call }).ended;
      await startRead(context, handle, bytes(50), { call, position: SIZE }).ended;
    }
    await closeHandle(handle);
    assert.deepEqual(countsOf(backend), { ...NOTHING, completed: 4, bytesRead: 100 });
    assert.equal((await startRead(context, handle, bytes(50)).ended).lastError, 6);
    assert.deepEqual(
      countsOf(backend),
      { ...NOTHING, completed: 4, bytesRead: 100 },
      'a refused read is none',
    );
  });

  it('[R39] a read whose buffer was transferred away has failed', async () => {
    const backend = context.createBackend();
    const file = await context.open(context.fixtures.file(SIZE), {}, backend);
    const buffer = bytes(100);
    const read = file.readAt(buffer, 0);
    structuredClone(buffer, { transfer: [buffer.buffer as ArrayBuffer] });
    await assert.rejects(read, { code: 'ERR_INVALID_STATE' });
    assert.deepEqual(countsOf(backend), { ...NOTHING, failed: 1 });
    await file.close();
  });

  it('[R66] [R77] good, failing, held and queued reads, then an abort: at each step each read is in one place', async () => {
    const faults: readonly Fault[] = [DEVICE_ERROR, { kind: 'short', bytes: 3 }, DEVICE_ERROR];
    const decide = (_read: unknown, number: number): Fault => faults[number] ?? { kind: 'wait' };
    await withFaults(context, { capacity: 4, decide }, async (backend, open) => {
      const file = await open(context.fixtures.file(SIZE));
      const controller = new AbortController();
      const { signal } = controller;
      const reads = Array.from({ length: 20 }, (_, i) => file.readAt(bytes(10), i, { signal }));
      const ends = Promise.allSettled(reads);
      assert.deepEqual(countsOf(backend), { ...NOTHING, inFlight: 4, queued: 16 });
      await until(() => backend.waiting === 4, 'the held reads have every slot');
      const begun = { completed: 1, failed: 2, bytesRead: 3 };
      assert.deepEqual(countsOf(backend), { ...NOTHING, ...begun, inFlight: 4, queued: 13 });
      backend.release();
      await until(() => countsOf(backend).completed === 5 && backend.waiting === 4, 'four more have ended');
      const later = { completed: 5, failed: 2, bytesRead: 43 };
      assert.deepEqual(countsOf(backend), { ...NOTHING, ...later, inFlight: 4, queued: 9 });
      controller.abort();
      await ends;
      assert.deepEqual(countsOf(backend), { ...NOTHING, ...later, cancelled: 13 });
    });
  });

  it('[R63] [R66] a read that the system gives up is cancelled', async function () {
    const { cancel, pipes } = context.capabilities;
    context.needs(this, cancel && pipes, "a read that the system has begun can't be given up");
    const backend = context.createBackend();
    const source = await context.fixtures.pendingSource();
    const handle = context.createFile(source.path, undefined, undefined, backend);
    bindHandle(handle);
    const { ended } = startRead(context, handle, bytes(10));
    await turn();
    assert.deepEqual(countsOf(backend), { ...NOTHING, inFlight: 1 });
    const closing = closeHandle(handle);
    await ended;
    assert.deepEqual(countsOf(backend), { ...NOTHING, cancelled: 1 });
    await source.end();
    await closing;
  });

  it('submissions are counted by their sizes', async () => {
    const backend = context.createBackend();
    const file = await context.open(context.fixtures.file(SIZE), {}, backend);
    await file.readMany(Array.from({ length: 16 }, (_, i) => ({ position: i, length: 1 })));
    const { submissions, submissionSizes } = countersOf(backend);
    assert.equal(
      submissionSizes.reduce((sum, count) => sum + count, 0),
      submissions,
    );
    const requests = submissionSizes.map((count, i) => count * 2 ** i);
    const least = requests.reduce((sum, count) => sum + count, 0);
    assert(
      least <= 16 && 16 < 2 * least,
      `16 reads by ${submissions} submissions: ${submissionSizes.join()}`,
    );
    await file.close();
  });
}
