/** From histograms of nanoseconds to metrics. */
import type { Histogram } from 'node:perf_hooks';
import type { Metrics } from '../metrics.js';

/** Of the timer whose lateness is the event loop's delay. */
export const DELAY_RESOLUTION_MS = 1;

/**
 * Of `monitorEventLoopDelay` with {@link DELAY_RESOLUTION_MS}: it records the time from one firing of its timer to the next,
 * so a loop that is never late shows the timer's own interval. What is beyond that is the delay.
 */
export function delayMetrics(histogram: Histogram): Metrics {
  // At least a microsecond: ratios are made of it.
  const late = (nanoseconds: number): number => Math.max(1e-3, nanoseconds / 1e6 - DELAY_RESOLUTION_MS);
  return {
    delayP50Ms: late(histogram.percentile(50)),
    delayP99Ms: late(histogram.percentile(99)),
    delayMaxMs: late(histogram.max),
  };
}

/** Of reads at a fixed rate. */
export function latencyMetrics(histogram: Histogram): Metrics {
  return {
    p50Us: histogram.percentile(50) / 1e3,
    p99Us: histogram.percentile(99) / 1e3,
    p999Us: histogram.percentile(99.9) / 1e3,
  };
}
