/** Long lives: many reads, many files, many workers, and nothing that grows with them (R21, R27, R74). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describeBackends } from '@overlapped/core';
import type { ConformanceContext } from '../../context.js';
import { pattern } from '../../fixtures.js';
import { assertPattern, readAt, sentinels, turn } from './subject.js';

const SIZE = 1 << 20;
const LENGTH = 4096;
/** Wine takes as long for one as Linux for five. OVERLAPPED_STRESS_WORKERS=1000 is the long form. */
const WORKERS = Number(process.env.OVERLAPPED_STRESS_WORKERS ?? (process.platform === 'win32' ? 10 : 50));
const AT_ONCE = 5;

/** Opens workerData's file on its backend, and reads it by 100 chains until it is terminated. */
const READER = `
  const { open } = require(${JSON.stringify(require.resolve('@overlapped/core'))});
  const { parentPort, workerData } = require('node:worker_threads');
  const [path, backend] = workerData;
  void open(path, { backend }).then((file) => {
    const chain = async (i) => {
      for (;;) await file.readAt(new Uint8Array(4096), i * 4096);
    };
    for (let i = 0; i < 100; i++) void chain(i);
    void (async () => { for (;;) for await (const chunk of file.chunks()) if (chunk.byteLength === 0) throw chunk; })();
    setImmediate(() => parentPort.postMessage('reading'));
  });
`;

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('run mocha with --expose-gc');
  globalThis.gc();
}

/**
 * The 80,000 reads of a round fill 312 MiB: that one buffer in ten, or 400 bytes a read, stayed would show. What is allowed is the
 * collector's and the allocator's own.
 */
const ALLOWED_BYTES = 32 << 20;

/** Bytes of this process in memory, once garbage has gone. */
async function residentBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await turn(); // external memory is given back by finalizers, in jobs of their own
    collectGarbage();
  }
  return process.memoryUsage.rss();
}

export function endurance(context: ConformanceContext): void {
  it('[R27] garbage is collected on every turn while reads of every kind are in flight', async () => {
    await using file = await context.open(context.fixtures.file(SIZE));
    let over = false;
    const all = (async () => {
      for (let round = 0; round < 3; round++) {
        const buffers = Array.from({ length: 50 }, () => sentinels(LENGTH));
        const [parts, exactly] = await Promise.all([
          file.readMany([0, 1, 2].map((i) => ({ position: i * 5000, length: LENGTH }))),
          file.readExactly(123, 300_000),
          ...buffers.map((buffer, i) => readAt(file, buffer, i * 777)),
        ]);
        buffers.forEach((buffer, i) => assertPattern(buffer, i * 777, LENGTH));
        parts.forEach((part, i) => assert.deepEqual(Buffer.from(part), pattern(i * 5000, LENGTH)));
        assert.deepEqual(Buffer.from(exactly), pattern(123, 300_000));
        let position = 0;
        for await (const chunk of file.chunks({ chunkSize: 65_536 })) {
          assert.ok(pattern(position, chunk.byteLength).equals(chunk));
          position += chunk.byteLength;
        }
        assert.equal(position, SIZE);
      }
    })().finally(() => (over = true));
    while (!over) {
      collectGarbage();
      await turn();
    }
    await all;
  });

  it('[R21] [R27] after 100,000 reads and 1,000 files no read, no buffer and no resident memory is left', async function () {
    this.timeout(120_000);
    const path = context.fixtures.file(SIZE);
    const samples: WeakRef<Buffer>[] = [];
    const wave = async (): Promise<void> => {
      await using file = await context.open(path);
      const buffers = Array.from({ length: 100 }, () => Buffer.allocUnsafeSlow(LENGTH));
      const reads = buffers.map((buffer, i) => readAt(file, buffer, ((i * 7919) % 200) * LENGTH));
      assert.ok((await Promise.all(reads)).every((bytesRead) => bytesRead === LENGTH));
      samples.push(new WeakRef(buffers[samples.length % 100]!));
    };
    const waves = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await wave();
    };
    await waves(200); // pools, tables and compiled code are there from now on
    // A heap that has grown once is the collector's business: what leaks grows every time.
    let grown = Infinity;
    for (let round = 0; grown >= ALLOWED_BYTES && round < 3; round++) {
      const before = await residentBytes();
      await waves(800);
      grown = (await residentBytes()) - before;
    }
    assert.equal(context.backend.stats().inFlight, 0);
    const kept = samples.filter((sample) => sample.deref() !== undefined);
    assert.ok(kept.length <= 1, `${kept.length} of ${samples.length} buffers are still held`);
    assert.ok(grown < ALLOWED_BYTES, `${(grown / 2 ** 20).toFixed(1)} MiB more than before`);
  });

  it(`[R74] ${WORKERS} workers are terminated while they read; this thread reads on, and no descriptor stays`, async function () {
    this.timeout(600_000);
    const report = describeBackends().candidates.find(({ name }) => name === context.name);
    const usable = report !== undefined && report.status !== 'refused';
    context.needs(this, usable, 'a worker can choose only backends that have a name');
    const path = context.fixtures.file(SIZE);
    const descriptors = (): number =>
      process.platform === 'linux' ? fs.readdirSync('/proc/self/fd').length : 0;
    const life = async (): Promise<void> => {
      const worker = new Worker(READER, { eval: true, workerData: [path, context.name] });
      const exit = once(worker, 'exit');
      assert.deepEqual(await once(worker, 'message'), ['reading']);
      await worker.terminate();
      assert.deepEqual(await exit, [1]);
    };
    await using file = await context.open(path);
    await life(); // what the first one opens for good is not the next one's
    const before = descriptors();
    for (let i = 0; i < WORKERS / AT_ONCE; i++) {
      const lives = Promise.all(Array.from({ length: AT_ONCE }, life));
      const buffer = sentinels(LENGTH);
      assert.equal(await readAt(file, buffer, i * 1000), LENGTH);
      assertPattern(buffer, i * 1000, LENGTH);
      await lives;
    }
    for (let turns = 0; descriptors() > before && turns < 1000; turns++) await turn();
    assert.equal(Math.max(descriptors(), before), before);
  });
}
