/** From histograms of nanoseconds to metrics. */
import type { Histogram } from 'node:perf_hooks';
import type { Metrics } from '../metrics.js';

/** Of `monitorEventLoopDelay`. */
export function delayMetrics(histogram: Histogram): Metrics {
  return {
    delayP50Ms: histogram.percentile(50) / 1e6,
    delayP99Ms: histogram.percentile(99) / 1e6,
    delayMaxMs: histogram.max / 1e6,
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
