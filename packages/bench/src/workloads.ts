/** What is measured, as data. Adding a workload is one entry of {@link WORKLOADS}. */

/** `random`: positioned reads of one size. `stream`: the whole file in order. `batch`: many ranges a call.
 * `loop`: how late the event loop runs while reads are queued. `files`: small files, opened, read whole and closed. */
export type WorkloadKind = 'random' | 'stream' | 'batch' | 'loop' | 'files';

/** How much work one measurement is. */
export interface Amount {
  /** random: reads. stream: times through the file. batch: calls. loop: rounds of `depth` reads.
   * files: files. */
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
  /** Past the page cache: O_DIRECT, FILE_FLAG_NO_BUFFERING. */
  readonly direct: boolean;
  readonly amount: Amount;
  /** Peers that the others are compared with, by id; those that are missing are left out. */
  readonly baselines: readonly string[];
}

const KIB = 1024;

function random(blockKib: number, depth: number, full: number, direct = false): Workload {
  return {
    name: `random-${blockKib}k-d${depth}${direct ? '-direct' : ''}`,
    title: `${blockKib} KiB random reads, depth ${depth}, ${direct ? 'past the page cache (direct)' : 'cached'}`,
    kind: 'random',
    blockSize: blockKib * KIB,
    depth,
    direct,
    amount: { full, quick: full / 5 },
    baselines: ['FileHandle.read', 'fs.read', 'readSync', 'fio'],
  };
}

export const WORKLOADS: readonly Workload[] = [
  random(4, 1, 50_000),
  random(4, 64, 200_000),
  random(64, 1, 15_000),
  random(64, 64, 50_000),
  random(4, 32, 30_000, true),
  {
    name: 'stream',
    title: 'the whole cached file in order',
    kind: 'stream',
    blockSize: 256 * KIB,
    depth: 4,
    direct: false,
    amount: { full: 2, quick: 2 },
    baselines: ['fs.createReadStream', 'readSync', 'fio'],
  },
  {
    name: 'batch',
    title: '100 ranges of 4 KiB a call, cached',
    kind: 'batch',
    blockSize: 4 * KIB,
    depth: 100,
    direct: false,
    amount: { full: 1_000, quick: 200 },
    baselines: ['FileHandle.read', 'fs.read', 'readSync'],
  },
  {
    name: 'loop-delay',
    title: 'event-loop delay with 1,000 cached 64 KiB reads queued',
    kind: 'loop',
    blockSize: 64 * KIB,
    depth: 1_000,
    direct: false,
    amount: { full: 100, quick: 30 },
    baselines: ['FileHandle.read', 'fs.read', 'no-reads'],
  },
  {
    name: 'files-1k',
    title: 'files of 1 KiB: open, read whole, close; 16 at a time, cached',
    kind: 'files',
    blockSize: KIB,
    depth: 16,
    direct: false,
    amount: { full: 10_000, quick: 2_000 },
    baselines: ['fs.promises.readFile', 'fs.readFileSync'],
  },
];
