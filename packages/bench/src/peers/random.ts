/** Drives a {@link Reader} through the workloads of positioned reads. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Job, randomPositions, type Sample, startClock } from '../job.js';
import { delayMetrics } from './histograms.js';
import { Lanes, type Reader } from './lanes.js';

export type OpenReader = (job: Job) => Promise<Reader>;

/** Reads of the warm-up that are compared byte by byte. */
const INSPECTED_READS = 1_000;
/** Part of the timed work that is done before, for the compiler's sake. */
const WARM_UP_PART = 0.1;

/** Runs `body` on lanes that are warm, and checks what they read before and after. */
async function withLanes(
  job: Job,
  open: OpenReader,
  count: number,
  body: (reader: Reader, lanes: Lanes) => Promise<Omit<Sample, 'verified'>>,
): Promise<Sample> {
  const { depth } = job.workload;
  const reader = await open(job);
  const lanes = new Lanes(job, randomPositions(job, count), (bytes) => reader.allocate(bytes));
  try {
    const inspected = Math.min(count, Math.max(depth, INSPECTED_READS));
    for (let from = 0; from < inspected; from += depth) {
      await reader.run(lanes, from, Math.min(from + depth, inspected));
      lanes.inspect();
    }
    await reader.run(lanes, 0, Math.ceil(count * WARM_UP_PART));
    const sample = await body(reader, lanes);
    lanes.inspect();
    return { ...sample, verified: lanes.verifier.count };
  } finally {
    lanes.verifier.close();
    await reader.close();
  }
}

/** All reads in one go, `depth` in flight throughout. */
export function measureRandom(job: Job, open: OpenReader): Promise<Sample> {
  const ops = job.amount;
  return withLanes(job, open, ops, async (reader, lanes) => {
    const stop = startClock();
    await reader.run(lanes, 0, ops);
    return { ops, bytes: ops * job.workload.blockSize, ...stop() };
  });
}

/** Call after call of `depth` ranges; the next begins when the one before has ended. */
export function measureBatch(job: Job, open: OpenReader): Promise<Sample> {
  const { depth, blockSize } = job.workload;
  const ops = job.amount * depth;
  return withLanes(job, open, ops, async (reader, lanes) => {
    const stop = startClock();
    for (let from = 0; from < ops; from += depth) await reader.run(lanes, from, from + depth);
    return { ops, bytes: ops * blockSize, ...stop() };
  });
}

/** Rounds of `depth` reads queued at once, while a 1 ms timer is watched. */
export function measureLoopDelay(job: Job, open: OpenReader): Promise<Sample> {
  const { depth, blockSize } = job.workload;
  const ops = job.amount * depth;
  return withLanes(job, open, ops, async (reader, lanes) => {
    const histogram = monitorEventLoopDelay({ resolution: 1 });
    histogram.enable();
    await sleep(20);
    histogram.reset(); // the loop's state before is none of the reads' doing
    const stop = startClock();
    for (let from = 0; from < ops; from += depth) {
      await reader.run(lanes, from, from + depth);
      await sleep(1); // a reader that never yields would never be seen
    }
    const clock = stop();
    histogram.disable();
    return { ops, bytes: ops * blockSize, ...clock, metrics: delayMetrics(histogram) };
  });
}
