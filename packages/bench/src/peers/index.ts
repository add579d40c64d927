/** Who is measured, as data. A peer is an id and how it does each kind of workload it can do. */
import fs from 'node:fs';
import os from 'node:os';
import { describeBackends } from '@overlapped/core';
import type { Job, Sample } from '../job.js';
import type { Workload, WorkloadKind } from '../workloads.js';
import { measureBusy } from './busy.js';
import { coldRefusal } from '../page-cache.js';
import { measureControl } from './control.js';
import { type Engine, fioRefusal, measureFio } from './fio.js';
import {
  measureFiles,
  ourReadWhole,
  ourStreamWhole,
  readFileSyncWhole,
  readFileWhole,
  streamWhole,
  type ReadWhole,
} from './files.js';
import type { BatchReader, Open, Reader } from './lanes.js';
import { measureContended, measureLatency } from './latency.js';
import { measureMemory } from './memory.js';
import { openFileHandle, openFsRead, openReadSync } from './node-readers.js';
import { openRead, openReadAt, openReadAtBuffers, openReadMany, openReadManyInto } from './our-readers.js';
import { measureBatch, measureLoopDelay, measureRandom } from './random.js';
import {
  chunksPass,
  fileHandlePass,
  measureStream,
  nodeReadFilePass,
  nodeStreamPass,
  nodeWebStreamPass,
  ourReadFilePass,
  ourStreamPass,
  ourWebStreamPass,
  type Pass,
  readSyncPass,
} from './stream.js';
import { measureThreads } from './threads.js';

export type Measure = (job: Job) => Promise<Sample>;

type Refusal = (workload: Workload, file: string) => string | undefined;

export interface Peer {
  /** As `--peer` takes it. This library's are `way@backend`. */
  readonly id: string;
  /** The kinds for which a quick run measures it. */
  readonly quick: readonly WorkloadKind[];
  readonly measures: Readonly<Partial<Record<WorkloadKind, Measure>>>;
  /** How each of several threads reads. */
  readonly open?: Open<Reader>;
  /** Environment of its process, beside what all have. */
  readonly env?: Readonly<Record<string, string>>;
  /** Why it can't do `workload` on `file` here; undefined if it can. */
  readonly refuses?: Refusal;
}

type PositionedKind = 'random' | 'batch' | 'loop' | 'latency' | 'contended' | 'busy' | 'workers' | 'memory';

const POSITIONED: Record<PositionedKind, (job: Job, open: Open<Reader>) => Promise<Sample>> = {
  random: measureRandom,
  batch: measureBatch,
  loop: measureLoopDelay,
  latency: measureLatency,
  contended: measureContended,
  busy: measureBusy,
  workers: measureThreads,
  memory: measureMemory,
};

/** A synchronous reader has no queue, and leaves no turn to anything else. */
const SYNC: readonly PositionedKind[] = ['random', 'batch', 'loop', 'latency', 'contended', 'workers'];
const ALL: readonly PositionedKind[] = [...SYNC, 'busy', 'memory'];

function positioned(open: Open<Reader>, kinds: readonly PositionedKind[] = ALL): Peer['measures'] {
  return Object.fromEntries(kinds.map((kind) => [kind, (job: Job) => POSITIONED[kind](job, open)]));
}

function batch(open: Open<BatchReader>): Peer['measures'] {
  return { batch: (job) => measureBatch(job, open) };
}

function stream(pass: Pass): Peer['measures'] {
  return { stream: (job) => measureStream(job, pass) };
}

function files(read: ReadWhole): Peer['measures'] {
  return { files: (job) => measureFiles(job, read) };
}

/** node:fs has no call for direct reads but its flag. */
function refusesDirect({ cache }: Workload, file: string): string | undefined {
  if (cache !== 'direct') return undefined;
  const { O_DIRECT, O_RDONLY } = fs.constants;
  if (O_DIRECT === undefined) return 'node:fs has no O_DIRECT here';
  try {
    fs.closeSync(fs.openSync(file, O_RDONLY | O_DIRECT));
    return undefined;
  } catch (error) {
    return `this file system takes no direct reads: ${(error as Error).message}`;
  }
}

/** For peers whose memory begins anywhere. */
function refusesAligned({ cache }: Workload): string | undefined {
  return cache === 'direct' ? 'direct reads need aligned memory' : undefined;
}

/** For peers that read a stream's file as one Buffer. */
function refusesAbove(bytes: number): Refusal {
  return ({ kind }, file) =>
    kind === 'stream' && fs.statSync(file).size > bytes
      ? `it reads files of at most ${bytes} bytes`
      : undefined;
}

const MIB = 1 << 20;

const NODE: readonly Peer[] = [
  {
    id: 'readSync',
    quick: ['random', 'batch', 'contended', 'stream'],
    measures: { ...positioned(openReadSync, SYNC), ...stream(readSyncPass) },
    open: openReadSync,
    refuses: refusesDirect,
  },
  {
    id: 'fs.read',
    quick: [...SYNC, 'busy'],
    measures: positioned(openFsRead),
    open: openFsRead,
    refuses: refusesDirect,
  },
  {
    id: 'fs.read-16',
    quick: [],
    measures: positioned(openFsRead),
    open: openFsRead,
    env: { UV_THREADPOOL_SIZE: '16' },
    refuses: refusesDirect,
  },
  {
    id: 'FileHandle.read',
    quick: ALL,
    measures: { ...positioned(openFileHandle), ...stream(fileHandlePass) },
    open: openFileHandle,
    refuses: refusesDirect,
  },
  {
    id: 'fs.createReadStream',
    quick: ['stream'],
    measures: { ...stream(nodeStreamPass()), ...files(streamWhole) },
  },
  { id: 'fs.createReadStream-1m', quick: [], measures: stream(nodeStreamPass(MIB)) },
  { id: 'FileHandle.readableWebStream', quick: [], measures: stream(nodeWebStreamPass) },
  { id: 'fs.readFileSync', quick: [], measures: files(readFileSyncWhole) },
  {
    id: 'fs.promises.readFile',
    quick: ['files'],
    measures: { ...files(readFileWhole), ...stream(nodeReadFilePass) },
    refuses: refusesAbove(2 ** 31 - 1),
  },
];

function ofBackend(backend: string): Peer[] {
  const readAt = openReadAt(backend);
  const read = openRead(backend);
  const ways: (Omit<Peer, 'id'> & { way: string })[] = [
    { way: 'readAt', quick: ALL, measures: positioned(readAt), open: readAt },
    {
      way: 'readAt-buffers',
      quick: [],
      measures: positioned(openReadAtBuffers(backend), ['random']),
      refuses: refusesAligned,
    },
    { way: 'read', quick: [], measures: positioned(read), open: read },
    { way: 'readMany', quick: ['batch'], measures: batch(openReadMany(backend)) },
    { way: 'readMany-into', quick: [], measures: batch(openReadManyInto(backend)) },
    { way: 'chunks', quick: ['stream'], measures: stream(chunksPass(backend)) },
    { way: 'chunks-1m', quick: [], measures: stream(chunksPass(backend, MIB)) },
    {
      way: 'createReadStream',
      quick: ['stream'],
      measures: { ...stream(ourStreamPass(backend)), ...files(ourStreamWhole(backend)) },
    },
    { way: 'createReadStream-1m', quick: [], measures: stream(ourStreamPass(backend, MIB)) },
    { way: 'readableWebStream', quick: [], measures: stream(ourWebStreamPass(backend)) },
    {
      way: 'readFile',
      quick: [],
      measures: stream(ourReadFilePass(backend)),
      refuses: refusesAbove(2 ** 32 - 1),
    },
    { way: 'open-readFile-close', quick: ['files'], measures: files(ourReadWhole(backend)) },
  ];
  return ways.map(({ way, ...peer }) => ({
    ...(backend === 'node-fs' ? { refuses: refusesDirect } : {}),
    ...peer,
    id: `${way}@${backend}`,
  }));
}

const CONTROL: Peer = { id: 'no-reads', quick: ['loop'], measures: { loop: measureControl } };

function fio(id: string, engine: Engine, quick: Peer['quick']): Peer {
  const measure = (job: Job): Promise<Sample> => measureFio(job, engine);
  const measures = { random: measure, batch: measure, workers: measure, stream: measure };
  return { id, quick, measures, refuses: () => fioRefusal(engine) };
}

/** What the machine can copy: a pread after the other on every core. */
const FIO_ON_EVERY_CORE: Peer = {
  id: 'fio-every-core',
  quick: ['random'],
  measures: { random: (job) => measureFio(job, 'psync', os.availableParallelism()) },
  refuses: ({ cache }) => (cache === 'cached' ? fioRefusal('psync') : 'it is the limit of cached reads'),
};

/** Every peer there is, for these backends of the library. */
export function peersFor(backends: readonly string[]): readonly Peer[] {
  return [
    ...NODE,
    ...backends.flatMap(ofBackend),
    CONTROL,
    fio('fio', 'io_uring', ['random', 'batch', 'stream', 'workers']),
    fio('fio-psync', 'psync', []),
    FIO_ON_EVERY_CORE,
  ];
}

/** The peer of that id, whichever backend it names. */
export function findPeer(id: string): Peer | undefined {
  const [, backend] = id.split('@');
  return peersFor(backend === undefined ? [] : [backend]).find((peer) => peer.id === id);
}

/** The library's backends that work here, the chosen one first. */
export function workingBackends(): readonly string[] {
  const { candidates } = describeBackends();
  const working = candidates.filter(({ code }) => code === 'ok');
  return working
    .sort((a, b) => Number(b.status === 'chosen') - Number(a.status === 'chosen'))
    .map(({ name }) => name);
}

/** Why `peer` can't do `workload` on `file` here; undefined if it can. A cold workload's file is not cached afterwards. */
export function refusal(peer: Peer, workload: Workload, file: string): string | undefined {
  if (peer.measures[workload.kind] === undefined) return 'does not do this';
  const reason = peer.refuses?.(workload, file);
  return reason ?? (workload.cache === 'cold' ? coldRefusal(workload, file) : undefined);
}
