/** What is measured, as data. Adding a workload is one entry of {@link WORKLOADS}. */
import { formatSize } from './sizes.js';

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
   * files: files. contended: reads, idle and then busy, or
   * as many as a second allows. workers: reads of each thread. memory: reads. */
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
const MIB = 1024 * KIB;
const READERS = ['FileHandle.read', 'fs.read', 'readSync', 'fio'];

const SUFFIXES: Readonly<Record<CacheState, string>> = { cached: '', cold: '-cold', direct: '-direct' };
const CACHE_TITLES: Readonly<Record<CacheState, string>> = {
  cached: 'cached',
  cold: 'from the disk, page cache dropped',
  direct: 'past the page cache (direct)',
};

/** `512b`, `4k`, `1m`. */
function shortSize(bytes: number): string {
  if (bytes >= MIB) return `${bytes / MIB}m`;
  return bytes >= KIB ? `${bytes / KIB}k` : `${bytes}b`;
}

function random(
  blockSize: number,
  depth: number,
  amount: Amount,
  suite: readonly Suite[] = ['full'],
  cache: CacheState = 'cached',
): Workload {
  return {
    name: `random-${shortSize(blockSize)}-d${depth}${SUFFIXES[cache]}`,
    title: `${formatSize(blockSize)} random reads, depth ${depth}, ${CACHE_TITLES[cache]}`,
    kind: 'random',
    blockSize,
    depth,
    cache,
    suite,
    amount,
    baselines: READERS,
  };
}

/** Reads of a cached random workload: `one` at depth 1, `many` at the others. */
const CACHED_READS: readonly { readonly blockSize: number; readonly one: number; readonly many: number }[] = [
  { blockSize: 512, one: 20_000, many: 100_000 },
  { blockSize: 4 * KIB, one: 50_000, many: 150_000 },
  { blockSize: 64 * KIB, one: 10_000, many: 20_000 },
  { blockSize: MIB, one: 600, many: 1_000 },
];
const DEPTHS = [1, 4, 16, 64, 256];
/**
 * Those of them that more than the full suite measures. What goals are about, here and below, lasts most of a second for the
 * fastest peer: in the first tenths V8 still compiles, and its heap grows.
 */
const JUDGED: Readonly<Record<string, Partial<Workload>>> = {
  'random-4k-d1': { suite: ['full', 'goals'] },
  'random-4k-d64': { suite: ['quick', 'full', 'goals'], amount: { full: 1_000_000, quick: 30_000 } },
};

function cachedRandom(): Workload[] {
  return CACHED_READS.flatMap(({ blockSize, one, many }) =>
    DEPTHS.map((depth) => {
      const full = depth === 1 ? one : many;
      const workload = random(blockSize, depth, { full, quick: full / 5 });
      return { ...workload, ...JUDGED[workload.name] };
    }),
  );
}

function readMany(depth: number, amount: Amount, suite: readonly Suite[] = ['full']): Workload {
  return {
    name: `read-many-${depth}`,
    title: `${depth.toLocaleString('en')} ranges of 4 KiB a call, cached`,
    kind: 'batch',
    blockSize: 4 * KIB,
    depth,
    cache: 'cached',
    suite,
    amount,
    baselines: READERS,
  };
}

function latency(perSecond: number, amount: Amount, suite: readonly Suite[] = ['full']): Workload {
  return {
    name: `latency-4k-${perSecond / 1e3}kps`,
    title: `latency of cached 4 KiB reads, ${perSecond.toLocaleString('en')} a second`,
    kind: 'latency',
    blockSize: 4 * KIB,
    depth: 256,
    cache: 'cached',
    suite,
    rate: perSecond,
    amount,
    baselines: ['FileHandle.read', 'fs.read', 'readSync'],
  };
}

function busy(name: string, blockSize: number, amount: Amount, suite: readonly Suite[]): Workload {
  return {
    name,
    title: `${formatSize(blockSize)} random reads, depth 64, cached, while JavaScript is busy half of the time`,
    kind: 'busy',
    blockSize,
    depth: 64,
    cache: 'cached',
    suite,
    amount,
    baselines: ['FileHandle.read', 'fs.read'],
  };
}

export const WORKLOADS: readonly Workload[] = [
  ...cachedRandom(),
  random(4 * KIB, 1, { full: 10_000, quick: 1_000 }, ['full'], 'direct'),
  random(4 * KIB, 32, { full: 100_000, quick: 4_000 }, ['quick', 'full', 'goals'], 'direct'),
  random(4 * KIB, 64, { full: 100_000, quick: 4_000 }, ['full', 'goals'], 'direct'),
  random(64 * KIB, 16, { full: 4_000, quick: 1_000 }, ['full'], 'direct'),
  random(64 * KIB, 64, { full: 3_000, quick: 1_000 }, ['quick', 'full', 'goals'], 'cold'),
  {
    name: 'stream',
    title: 'the whole cached file in order',
    kind: 'stream',
    blockSize: 256 * KIB,
    depth: 4,
    cache: 'cached',
    suite: ['quick', 'full', 'goals'],
    amount: { full: 6, quick: 2 },
    baselines: ['fs.createReadStream', 'fs.createReadStream-1m', 'readSync', 'fio'],
  },
  readMany(8, { full: 10_000, quick: 2_000 }),
  readMany(64, { full: 10_000, quick: 400 }, ['quick', 'full', 'goals']),
  readMany(1_000, { full: 100, quick: 20 }),
  {
    name: 'files-1k',
    title: 'files of 1 KiB: open, read whole, close; 16 at a time, cached',
    kind: 'files',
    blockSize: KIB,
    depth: 16,
    cache: 'cached',
    suite: ['quick', 'full'],
    amount: { full: 10_000, quick: 2_000 },
    baselines: ['fs.promises.readFile', 'fs.createReadStream', 'fs.readFileSync'],
  },
  latency(20_000, { full: 40_000, quick: 10_000 }, ['quick', 'full']),
  latency(100_000, { full: 100_000, quick: 20_000 }),
  {
    name: 'pool-full',
    title: 'latency of single cached 4 KiB reads while every thread of the pool computes PBKDF2',
    kind: 'contended',
    blockSize: 4 * KIB,
    depth: 1,
    cache: 'cached',
    suite: ['quick', 'full', 'goals'],
    amount: { full: 100_000, quick: 8_000 },
    baselines: ['FileHandle.read', 'fs.read', 'readSync'],
  },
  busy('js-busy', 4 * KIB, { full: 60_000, quick: 20_000 }, ['quick', 'full']),
  busy('js-busy-64k', 64 * KIB, { full: 20_000, quick: 4_000 }, ['full']),
  {
    name: 'workers-4',
    title: '4 KiB random reads in 4 worker threads, depth 64 each, cached',
    kind: 'workers',
    blockSize: 4 * KIB,
    depth: 64,
    cache: 'cached',
    suite: ['quick', 'full'],
    amount: { full: 150_000, quick: 10_000 },
    baselines: READERS,
  },
  {
    name: 'loop-delay',
    title: 'event-loop delay with 1,000 cached 64 KiB reads queued',
    kind: 'loop',
    blockSize: 64 * KIB,
    depth: 1_000,
    cache: 'cached',
    suite: ['quick', 'full', 'goals'],
    amount: { full: 200, quick: 16 }, // some 2,000 of the timer's intervals: a percentile wants more than a few above it
    baselines: ['FileHandle.read', 'fs.read', 'no-reads'],
  },
  {
    name: 'queued-memory',
    title: 'memory of 100,000 reads of 512 bytes, queued at once into one slab',
    kind: 'memory',
    blockSize: 512,
    depth: 100_000,
    cache: 'cached',
    suite: ['quick', 'full', 'goals'],
    amount: { full: 100_000, quick: 100_000 },
    baselines: ['FileHandle.read', 'fs.read'],
  },
];
