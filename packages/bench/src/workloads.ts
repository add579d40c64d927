/** What is measured, as data. Adding a workload is one entry of {@link WORKLOADS}. */

/**
 * `random`: positioned reads of one size, `depth` in flight. `stream`: the whole file in order. `batch`: many ranges a
 * call. `loop`: how late the event loop runs while reads are queued. `files`: small files, opened, read whole and closed.
 * `latency`: reads at a fixed rate, whatever becomes of those before. `contended`: single reads, first with an idle thread
 * pool, then with a full one. `busy`: as random, while JavaScript works half of the time. `workers`: as random, in four
 * worker threads at once. `memory`: many reads queued at once into one slab.
 */
export type WorkloadKind =
  'random' | 'stream' | 'batch' | 'loop' | 'files' | 'latency' | 'contended' | 'busy' | 'workers' | 'memory';

/** Where the bytes come from. `cached`: the page cache. `cold`: the disk, through the page cache, which was dropped
 * before. `direct`: past the page cache (O_DIRECT, FILE_FLAG_NO_BUFFERING). */
export type CacheState = 'cached' | 'cold' | 'direct';

/** `full`: everything. `quick`: each kind once. `goals`: what the goals are about. */
export type Suite = 'quick' | 'full' | 'goals';

/** How much work one measurement is. */
export interface Amount {
  /** random, busy, latency: reads. stream: times through the file. batch: calls. loop: rounds of `depth` reads.
   * files: files. contended: reads, idle and then busy. workers: reads of each thread. memory: reads. */
  readonly full: number;
  readonly quick: number;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly kind: WorkloadKind;
  /** Bytes of one read. For streams the buffer of those peers that have no default of their own. */
  readonly blockSize: number;
  /** Reads in flight; ranges of a batch. A synchronous peer has one whatever this says. */
  readonly depth: number;
  readonly cache: CacheState;
  readonly suite: readonly Suite[];
  /** latency only: reads that are due per second. */
  readonly rate?: number;
  readonly amount: Amount;
  /** Peers that the others are compared with, by id; those that are missing are left out. */
  readonly baselines: readonly string[];
}

const KIB = 1024;

const SUFFIXES: Readonly<Record<CacheState, string>> = { cached: '', cold: '-cold', direct: '-direct' };
const CACHE_TITLES: Readonly<Record<CacheState, string>> = {
  cached: 'cached',
  cold: 'from the disk, page cache dropped',
  direct: 'past the page cache (direct)',
};

function random(
  blockKib: number,
  depth: number,
  full: number,
  cache: CacheState = 'cached',
  suite: readonly Suite[] = ['full'],
): Workload {
  return {
    name: `random-${blockKib}k-d${depth}${SUFFIXES[cache]}`,
    title: `${blockKib} KiB random reads, depth ${depth}, ${CACHE_TITLES[cache]}`,
    kind: 'random',
    blockSize: blockKib * KIB,
    depth,
    cache,
    suite,
    amount: { full, quick: full / 5 },
    baselines: ['FileHandle.read', 'fs.read', 'readSync', 'fio'],
  };
}

export const WORKLOADS: readonly Workload[] = [
  random(4, 1, 50_000, 'cached', ['full', 'goals']),
  random(4, 64, 200_000, 'cached', ['quick', 'full', 'goals']),
  random(64, 1, 15_000),
  random(64, 64, 50_000),
  random(4, 32, 30_000, 'direct', ['quick', 'full', 'goals']),
  {
    name: 'stream',
    title: 'the whole cached file in order',
    kind: 'stream',
    blockSize: 256 * KIB,
    depth: 4,
    cache: 'cached',
    suite: ['quick', 'full', 'goals'],
    amount: { full: 2, quick: 2 },
    baselines: ['fs.createReadStream', 'readSync', 'fio'],
  },
  {
    name: 'batch',
    title: '100 ranges of 4 KiB a call, cached',
    kind: 'batch',
    blockSize: 4 * KIB,
    depth: 100,
    cache: 'cached',
    suite: ['quick', 'full'],
    amount: { full: 1_000, quick: 200 },
    baselines: ['FileHandle.read', 'fs.read', 'readSync'],
  },
  {
    name: 'loop-delay',
    title: 'event-loop delay with 1,000 cached 64 KiB reads queued',
    kind: 'loop',
    blockSize: 64 * KIB,
    depth: 1_000,
    cache: 'cached',
    suite: ['quick', 'full', 'goals'],
    amount: { full: 100, quick: 30 },
    baselines: ['FileHandle.read', 'fs.read', 'no-reads'],
  },
  {
    name: 'files-1k',
    title: 'files of 1 KiB: open, read whole, close; 16 at a time, cached',
    kind: 'files',
    blockSize: KIB,
    depth: 16,
    cache: 'cached',
    suite: ['quick', 'full'],
    amount: { full: 10_000, quick: 2_000 },
    baselines: ['fs.promises.readFile', 'fs.readFileSync'],
  },
];
