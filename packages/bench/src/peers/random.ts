/** Throughput of positioned reads, one by one or in batches, and what they do to the event loop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Job, type Sample, startClock } from '../job.js';
import { DELAY_RESOLUTION_MS, delayMetrics } from './histograms.js';
import { type BatchReader, type Lanes, type Open, type Reader, withLanes } from './lanes.js';

/** All lanes busy throughout. */
export function runLanes(reader: Reader, lanes: Lanes, from: number, to: number): Promise<void> {
  return reader.run(lanes, from, to);
}

/** Batch after batch; the next begins when the one before has ended. */
async function runBatches(reader: BatchReader, lanes: Lanes, from: number, to: number): Promise<void> {
  const depth = lanes.buffers.length;
  for (let first = from; first < to; first += depth) {
    await reader.batch(lanes, first, Math.min(first + depth, to));
  }
}

/** All reads in one go, `depth` in flight throughout. */
export function measureRandom(job: Job, open: Open<Reader>): Promise<Sample> {
  const ops = job.amount;
  return withLanes(job, open, ops, runLanes, async (reader, lanes) => {
    const stop = startClock();
    await reader.run(lanes, 0, ops);
    return { ops, bytes: ops * job.workload.blockSize, ...stop() };
  });
}

/** Call after call of `depth` ranges. */
export function measureBatch(job: Job, open: Open<BatchReader>): Promise<Sample> {
  const { depth, blockSize } = job.workload;
  const ops = job.amount * depth;
  return withLanes(job, open, ops, runBatches, async (reader, lanes) => {
    const stop = startClock();
    await runBatches(reader, lanes, 0, ops);
    return { ops, bytes: ops * blockSize, ...stop() };
  });
}

/** Rounds of `depth` reads queued at once, while a 1 ms timer is watched. */
export function measureLoopDelay(job: Job, open: Open<Reader>): Promise<Sample> {
  const { depth, blockSize } = job.workload;
  const ops = job.amount * depth;
  return withLanes(job, open, ops, runLanes, async (reader, lanes) => {
    const histogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
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
