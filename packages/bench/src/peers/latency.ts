/** How long single reads take: at a fixed rate, and with the thread pool idle and full. */
import { pbkdf2 } from 'node:crypto';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Job, type Sample, startClock } from '../job.js';
import { latencyMetrics } from './histograms.js';
import { type Lanes, type Open, type Reader, withLanes } from './lanes.js';
import { runLanes } from './random.js';

/** Reads at the rate that are not counted: until what drives them is compiled. */
const LEAD_IN_SECONDS = 0.2;

/** @param since of `performance.now()` */
function recordSince(histogram: RecordableHistogram, since: number): void {
  histogram.record(Math.max(1, Math.round((performance.now() - since) * 1e6)));
}

/**
 * Reads `positions`, each when it is due at `rate` a second, whatever became of those before. A read's clock starts
 * when it was due: a reader that can't keep up, or a turn of the event loop that comes late, has its waiting time counted.
 * With `depth` reads in flight the next one waits.
 */
function readAtRate(
  reader: Reader,
  lanes: Lanes,
  positions: Float64Array,
  rate: number,
): Promise<RecordableHistogram> {
  const { buffers } = lanes;
  const histogram = createHistogram();
  const free = [...buffers.keys()];
  const intervalMs = 1e3 / rate;
  const started = performance.now();
  let next = 0;
  let ended = 0;
  let failed = false;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      failed = true;
      reject(error);
    };
    const end = (lane: number, index: number, bytesRead: number): void => {
      recordSince(histogram, started + index * intervalMs);
      lanes.done(lane, bytesRead, positions[index] as number);
      free.push(lane);
      if (++ended === positions.length) resolve(histogram);
    };
    const begin = (lane: number, index: number): void => {
      const read = reader.read(buffers[lane] as Buffer, positions[index] as number);
      if (typeof read === 'number') end(lane, index, read);
      else read.then((bytesRead) => end(lane, index, bytesRead)).catch(fail);
    };
    // No timer is fine enough: every turn looks what is due. That keeps a core busy for all peers alike.
    const turn = (): void => {
      try {
        while (next < positions.length && started + next * intervalMs <= performance.now()) {
          const lane = free.pop();
          if (lane === undefined) break;
          begin(lane, next++);
        }
      } catch (error) {
        fail(error);
      }
      if (next < positions.length && !failed) setImmediate(turn);
    };
    turn();
  });
}

export function measureLatency(job: Job, open: Open<Reader>): Promise<Sample> {
  const { blockSize, rate, name } = job.workload;
  if (rate === undefined) throw new Error(`${name} needs a rate`);
  const ops = job.amount;
  return withLanes(job, open, ops, runLanes, async (reader, lanes) => {
    const { positions } = lanes;
    await readAtRate(reader, lanes, positions.subarray(0, Math.ceil(rate * LEAD_IN_SECONDS)), rate);
    const stop = startClock();
    const histogram = await readAtRate(reader, lanes, positions, rate);
    return { ops, bytes: ops * blockSize, ...stop(), metrics: latencyMetrics(histogram) };
  });
}

/** What OWASP recommends for PBKDF2 with SHA-512: some 0.2 seconds of one core. */
const ITERATIONS = 210_000;
/** Where every read waits for such a job, few come to pass; this is when to stop, idle or not. */
const LIMIT_MS = 1_000;

/** Gives every thread of the pool a key to derive, and another one after that. @returns waits for the last ones */
function fillPool(): () => Promise<void> {
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
  let stopped = false;
  const jobs = Array.from({ length: threads }, async () => {
    while (!stopped) await promisify(pbkdf2)('password', 'salt', ITERATIONS, 64, 'sha512');
  });
  return async () => {
    stopped = true;
    await Promise.all(jobs);
  };
}

/** Reads one position a turn of the event loop, for at most {@link LIMIT_MS}. */
async function readOneByOne(reader: Reader, lanes: Lanes): Promise<RecordableHistogram> {
  const histogram = createHistogram();
  const [buffer] = lanes.buffers as readonly [Buffer];
  const end = performance.now() + LIMIT_MS;
  for (const position of lanes.positions) {
    const started = performance.now();
    const bytesRead = await reader.read(buffer, position);
    recordSince(histogram, started);
    lanes.done(0, bytesRead, position);
    if (performance.now() > end) break;
    await nextTurn();
  }
  return histogram;
}

/** Counts and times are those of the reads beside a full pool. */
export function measureContended(job: Job, open: Open<Reader>): Promise<Sample> {
  return withLanes(job, open, job.amount, runLanes, async (reader, lanes) => {
    const idle = await readOneByOne(reader, lanes);
    const empty = fillPool();
    const stop = startClock();
    let busy;
    let clock;
    try {
      busy = await readOneByOne(reader, lanes);
      clock = stop();
    } finally {
      await empty();
    }
    const ops = busy.count;
    return {
      ops,
      bytes: ops * job.workload.blockSize,
      ...clock,
      metrics: {
        idleP50Us: idle.percentile(50) / 1e3,
        idleP99Us: idle.percentile(99) / 1e3,
        busyP50Us: busy.percentile(50) / 1e3,
        busyP99Us: busy.percentile(99) / 1e3,
      },
    };
  });
}
