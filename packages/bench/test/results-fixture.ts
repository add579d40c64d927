/** Results made by hand. */
import type { Sample } from '../src/job.js';
import type { Metrics } from '../src/metrics.js';
import type { Measured, Results } from '../src/results.js';
import type { Repetition } from '../src/statistics.js';

/** A sample of one second of 4 KiB reads. */
export function sample(opsPerSecond: number, cpuPerOp = 1e-6, metrics?: Metrics): Sample {
  return {
    ops: opsPerSecond,
    bytes: opsPerSecond * 4096,
    seconds: 1,
    cpuSeconds: opsPerSecond * cpuPerOp,
    verified: 1,
    ...(metrics === undefined ? {} : { metrics }),
  };
}

/** Cached 4 KiB reads at depth 64, unless told otherwise. */
export function measured(
  name: string,
  repetitions: readonly Repetition[],
  change: Partial<Measured> = {},
): Measured {
  return {
    name,
    title: `title of ${name}`,
    kind: 'random',
    blockSize: 4096,
    depth: 64,
    cache: 'cached',
    suite: ['full'],
    amount: { full: 1, quick: 1 },
    baselines: ['fs.read'],
    repetitions,
    ...change,
  };
}

export function results(workloads: readonly Measured[], change: Partial<Results> = {}): Results {
  return {
    date: '2026-02-03T04:05:06.000Z',
    command: 'pnpm bench --quick',
    machine: {
      cpu: 'a processor',
      cores: 2,
      memoryGib: 4,
      platform: 'linux',
      arch: 'x64',
      kernel: '6.1.0',
      node: 'v20.20.0',
      revision: 'abc1234',
      fileSystem: 'ext4',
      fio: 'fio-3.33',
      load: 0.1,
      backends: { chosen: 'io_uring', candidates: [] },
    },
    loadAfter: 0.2,
    fileSize: 2 ** 20,
    patterned: true,
    quick: true,
    repetitions: 2,
    workloads,
    leftOut: [],
    failures: [],
    ...change,
  };
}
