/** What many queued reads keep in memory. */
import { type Job, randomPositions, type Sample, startClock } from '../job.js';
import { Verifier } from '../verifier.js';
import type { Open, Reader } from './lanes.js';
import { WARM_UP_READS } from './warm-up.js';

/**
 * Queues `amount` reads in one turn, each into its own part of one slab, and watches resident memory from then until the
 * last one has ended. The slab was touched before; views of it, promises, and what the reader keeps for each are counted.
 */
export async function measureMemory(job: Job, open: Open<Reader>): Promise<Sample> {
  const { blockSize } = job.workload;
  const ops = job.amount;
  const reader = await open(job);
  const verifier = new Verifier(job);
  try {
    const positions = randomPositions(job, ops);
    const slab = reader.allocate(ops * blockSize).fill(0);
    const part = (i: number): Buffer => slab.subarray(i * blockSize, (i + 1) * blockSize);
    for (let i = 0; i < Math.min(ops, WARM_UP_READS); i++) await reader.read(part(i), positions[i] as number);

    const idle = process.memoryUsage.rss();
    let peak = idle;
    let running = true;
    const watch = (): void => {
      peak = Math.max(peak, process.memoryUsage.rss());
      if (running) setImmediate(watch);
    };
    const stop = startClock();
    const reads = Array.from({ length: ops }, (_, i) =>
      Promise.resolve(reader.read(part(i), positions[i] as number)),
    );
    watch();
    const lengths = await Promise.all(reads).finally(() => (running = false));
    const clock = stop();
    for (const [i, length] of lengths.entries()) {
      const position = positions[i] as number;
      verifier.glance(part(i), length, blockSize, position);
      verifier.inspect(part(i), position);
    }
    const metrics = { rssMiB: (peak - idle) / 2 ** 20 };
    return { ops, bytes: ops * blockSize, ...clock, verified: ops, metrics };
  } finally {
    verifier.close();
    await reader.close();
  }
}
