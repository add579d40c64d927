/** No reads at all: how late the event loop runs because of the machine. The floor of every other delay. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Job, type Sample, startClock } from '../job.js';
import { DELAY_RESOLUTION_MS, delayMetrics } from './histograms.js';

/** JavaScript of one turn, about what a turn of reads takes. */
const TURN_MS = 0.5;
/** For each round that a reader would do. */
const ROUND_MS = 10;

function turn(): Promise<void> {
  const end = performance.now() + TURN_MS;
  while (performance.now() < end);
  return new Promise((resolve) => setImmediate(resolve));
}

export async function measureControl(job: Job): Promise<Sample> {
  const histogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  histogram.enable();
  await sleep(20);
  histogram.reset();
  const stop = startClock();
  const end = performance.now() + job.amount * ROUND_MS;
  while (performance.now() < end) await turn();
  const clock = stop();
  histogram.disable();
  return { ops: 0, bytes: 0, ...clock, verified: 0, metrics: delayMetrics(histogram) };
}
