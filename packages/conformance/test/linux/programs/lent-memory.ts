/**
 * Reads FILE at random into BYTES of memory that the backend lends, with many reads in flight, compares every byte, and prints as JSON
 * how much of that memory was pinned: while it was in use, and after it was dropped.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { open } from '@overlapped/core';
import type { Backend } from '@overlapped/core/backend';
import { pattern } from '@overlapped/conformance';
import { collect, uringBackend } from '../support.js';

const READS = 4_000;
const DEPTH = 32;

/** Bytes that the kernel has pinned for this process. */
function pinned(): number {
  return 1024 * Number(/^VmPin:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

async function readIntoLent(backend: Backend, path: string, lentBytes: number): Promise<void> {
  const unit = lentBytes / DEPTH;
  const units = statSync(path).size / unit;
  await using file = await open(path, { backend });
  const memory = new Uint8Array(backend.allocate(lentBytes));
  let left = READS;
  const lane = async (_: unknown, index: number): Promise<void> => {
    const target = memory.subarray(index * unit, (index + 1) * unit);
    for (let at = index; left-- > 0; at = (at * 7919 + 13) % units) {
      assert.equal(await file.readAt(target, at * unit), unit);
      assert.deepEqual(Buffer.from(target), pattern(at * unit, unit));
      // A child gets a copy of this process, and of nothing that is pinned.
      if (left === READS / 2) assert.equal(spawnSync('true').status, 0);
    }
  };
  await Promise.all(Array.from({ length: DEPTH }, lane));
}

async function main(path: string, lentBytes: string): Promise<void> {
  const backend = uringBackend();
  const before = pinned();
  await readIntoLent(backend, path, Number(lentBytes));
  const { buffers, bufferBytes } = backend.stats().detail;
  const used = { buffers, bufferBytes, pinned: pinned() - before };
  await collect(() => backend.stats().detail.regions === 0);
  const dropped = { buffers: backend.stats().detail.buffers, pinned: pinned() - before };
  console.log(JSON.stringify({ used, dropped }));
  await backend.close();
}

void main(process.argv[2] as string, process.argv[3] as string);
