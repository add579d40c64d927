/**
 * A worker that opens a file, has 64 reads in flight, cancels half of them, closes, and again, until it has done so
 * `rounds` times or is terminated. With `pipe`, each round leaves a read of it waiting.
 */
import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { open } from '@overlapped/core';
import { createIocpBackend } from '@overlapped/core/backend';
import { load } from '@overlapped/win-iocp';
import { issueRead, openBound } from '../port.js';

export interface InFlightData {
  readonly path: string;
  readonly rounds: number;
  /** Counts rounds, and reads that have settled. */
  readonly counts: Int32Array;
  readonly pipe: string | undefined;
}

export const READS = 64;

async function main(): Promise<void> {
  const { path, rounds, counts, pipe } = workerData as InFlightData;
  const loaded = load();
  assert.ok(loaded.ok);
  // A large read goes through the helper thread, so that it is there to be joined.
  const backend = createIocpBackend(loaded.addon, { asyncBytes: 8192 });
  if (pipe !== undefined) issueRead(openBound(backend, pipe), 16);
  for (let round = 0; round < rounds; round++) {
    const file = await open(path, { backend });
    const abort = new AbortController();
    const reads = Array.from({ length: READS }, (_, i) => {
      const buffer = Buffer.alloc(i % 4 === 3 ? 8192 : 4096);
      return file.readAt(buffer, i * 4096, i % 2 === 0 ? {} : { signal: abort.signal });
    });
    abort.abort();
    const closing = file.close();
    const settled = await Promise.allSettled(reads);
    await closing;
    Atomics.add(counts, 1, settled.length);
    Atomics.add(counts, 0, 1);
    if (round === 0) parentPort?.postMessage('first round');
  }
  if (pipe === undefined) await backend.close();
}

if (parentPort !== null) void main();
