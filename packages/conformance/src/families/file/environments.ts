/** Environments of one process: each worker has its own backend, slots and counters, and disturbs no other's. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BackendCounters } from '@overlapped/core';
import { countersOf } from '@overlapped/core/backend';
import type { ConformanceContext } from '../../context.js';
import type { WorkerReads } from './environments-worker.js';
import { readAndCheck } from './check-reads.js';

const PROGRAM = join(__dirname, 'environments-worker.js');
const SIZE = 1 << 20;
const READS = 5000;

export function environments(context: ConformanceContext): void {
  function start(path: string, reads: number): Worker {
    const workerData: WorkerReads = { path, backend: context.name, reads };
    return new Worker(PROGRAM, { workerData });
  }

  it('[R21] [R74] two workers and this thread read at once while a third is terminated: each has its bytes, and its own counts', async function () {
    context.needs(this, context.hasName, 'a worker has backends by their names only');
    const path = context.fixtures.file(SIZE);
    const backend = context.createBackend();
    const file = await context.open(path, {}, backend);
    const endless = start(path, Infinity);
    await once(endless, 'message');
    const workers = [start(path, READS), start(path, 2 * READS)];
    const answers = workers.map((worker) => once(worker, 'message') as Promise<[BackendCounters[]]>);
    const own = readAndCheck(file, SIZE, READS / 2);
    await endless.terminate();
    await own;
    for (const [i, answer] of answers.entries()) {
      const [counters] = await answer;
      const { completed, cancelled, failed, inFlight, queued } = counters.find(
        (each) => each.backend === context.name,
      )!;
      const reads = (i + 1) * READS;
      assert.deepEqual([completed, cancelled, failed, inFlight, queued], [reads, 0, 0, 0, 0]);
    }
    assert.equal(countersOf(backend).completed, READS / 2);
    await Promise.all(workers.map((worker) => worker.terminate()));
    await file.close();
  });
}
