/** What a worker of the environments family runs: reads that it checks, then says what its thread has counted. */
import { backendStats, open } from '@overlapped/core';
import { parentPort, workerData } from 'node:worker_threads';
import { readAndCheck } from './check-reads.js';

export interface WorkerReads {
  readonly path: string;
  readonly backend: string;
  /** Infinity: reads until it is terminated, and says so once after the first of them. */
  readonly reads: number;
}

async function main({ path, backend, reads }: WorkerReads): Promise<void> {
  const file = await open(path, { backend });
  const { size } = await file.stat();
  if (reads === Infinity) {
    await readAndCheck(file, size, 100);
    parentPort?.postMessage('reading');
  }
  await readAndCheck(file, size, reads);
  await file.close();
  parentPort?.postMessage(backendStats());
}

void main(workerData as WorkerReads); // a failure ends the worker, and whoever started it hears of it
