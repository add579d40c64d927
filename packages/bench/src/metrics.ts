/** What a measurement may say beside reads, bytes and time. Of all of them less is better. */
export const METRICS = {
  /** Latency of reads at a fixed rate: from when a read was due to its completion. */
  p50Us: { title: 'p50', unit: 'µs', lower: true },
  p99Us: { title: 'p99', unit: 'µs', lower: true },
  p999Us: { title: 'p99.9', unit: 'µs', lower: true },
  /** How late a 1 ms timer fires; the interval itself is in it. */
  delayP50Ms: { title: 'delay p50', unit: 'ms', lower: true },
  delayP99Ms: { title: 'delay p99', unit: 'ms', lower: true },
  delayMaxMs: { title: 'delay max', unit: 'ms', lower: true },
  /** Resident memory at its peak, above what the idle process had. */
  rssMiB: { title: 'memory above idle', unit: 'MiB', lower: true },
  /** Latency of single reads, with nothing else to do, and while every thread of the pool computes. */
  idleP50Us: { title: 'idle p50', unit: 'µs', lower: true },
  idleP99Us: { title: 'idle p99', unit: 'µs', lower: true },
  busyP50Us: { title: 'pool full p50', unit: 'µs', lower: true },
  busyP99Us: { title: 'pool full p99', unit: 'µs', lower: true },
} as const;

export type MetricName = keyof typeof METRICS;

export type Metrics = Readonly<Partial<Record<MetricName, number>>>;
