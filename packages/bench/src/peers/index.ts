/** Who is measured, as data. A peer is an id and how it does each kind of workload it can do. */
import fs from 'node:fs';
import { describeBackends } from '@overlapped/core';
import type { Job, Sample } from '../job.js';
import type { Workload, WorkloadKind } from '../workloads.js';
import { measureControl } from './control.js';
import { fioRefusal, measureFio } from './fio.js';
import { measureFiles, ourReadWhole, readFileSyncWhole, readFileWhole, type ReadWhole } from './files.js';
import { openFileHandle, openFsRead, openReadSync } from './node-readers.js';
import { openRead, openReadAt, openReadMany, openReadManyInto } from './our-readers.js';
import { measureBatch, measureLoopDelay, measureRandom, type OpenReader } from './random.js';
import {
  chunksPass,
  fileHandlePass,
  measureStream,
  nodeStreamPass,
  ourStreamPass,
  type Pass,
  readSyncPass,
} from './stream.js';

export type Measure = (job: Job) => Promise<Sample>;

export interface Peer {
  /** As `--peer` takes it. This library's are `way@backend`. */
  readonly id: string;
  /** True if it reads through node:fs, whose direct reads need O_DIRECT. */
  readonly nodeFs: boolean;
  readonly measures: Partial<Record<WorkloadKind, Measure>>;
}

const POSITIONED: Record<'random' | 'batch' | 'loop', (job: Job, open: OpenReader) => Promise<Sample>> = {
  random: measureRandom,
  batch: measureBatch,
  loop: measureLoopDelay,
};

function positioned(open: OpenReader, kinds: readonly (keyof typeof POSITIONED)[]): Peer['measures'] {
  return Object.fromEntries(kinds.map((kind) => [kind, (job: Job) => POSITIONED[kind](job, open)]));
}

function stream(pass: Pass): Peer['measures'] {
  return { stream: (job) => measureStream(job, pass) };
}

function files(read: ReadWhole): Peer['measures'] {
  return { files: (job) => measureFiles(job, read) };
}

const ALL = ['random', 'batch', 'loop'] as const;

function ofBackend(backend: string): Peer[] {
  const ways: [string, Peer['measures']][] = [
    ['readAt', positioned(openReadAt(backend), ALL)],
    ['read', positioned(openRead(backend), ['random'])],
    ['readMany', positioned(openReadMany(backend), ['batch'])],
    ['readMany-into', positioned(openReadManyInto(backend), ['batch'])],
    ['chunks', stream(chunksPass(backend))],
    ['createReadStream', stream(ourStreamPass(backend))],
    ['open-readFile-close', files(ourReadWhole(backend))],
  ];
  return ways.map(([way, measures]) => ({
    id: `${way}@${backend}`,
    nodeFs: backend === 'node-fs',
    measures,
  }));
}

const NODE: readonly Peer[] = [
  {
    id: 'readSync',
    nodeFs: true,
    measures: { ...positioned(openReadSync, ALL), ...stream(readSyncPass) },
  },
  { id: 'fs.read', nodeFs: true, measures: positioned(openFsRead, ALL) },
  {
    id: 'FileHandle.read',
    nodeFs: true,
    measures: { ...positioned(openFileHandle, ALL), ...stream(fileHandlePass) },
  },
  { id: 'fs.createReadStream', nodeFs: true, measures: stream(nodeStreamPass()) },
  { id: 'fs.createReadStream-256k', nodeFs: true, measures: stream(nodeStreamPass(256 << 10)) },
  { id: 'fs.readFileSync', nodeFs: true, measures: files(readFileSyncWhole) },
  { id: 'fs.promises.readFile', nodeFs: true, measures: files(readFileWhole) },
];

const CONTROL: Peer = { id: 'no-reads', nodeFs: false, measures: { loop: measureControl } };
const FIO: Peer = { id: 'fio', nodeFs: false, measures: { random: measureFio, stream: measureFio } };

/** Every peer there is, for these backends of the library. */
export function peersFor(backends: readonly string[]): readonly Peer[] {
  return [...NODE, ...backends.flatMap(ofBackend), CONTROL, FIO];
}

/** The library's backends that work here, the chosen one first. */
export function workingBackends(): readonly string[] {
  const { candidates } = describeBackends();
  const working = candidates.filter(({ code }) => code === 'ok');
  return working
    .sort((a, b) => Number(b.status === 'chosen') - Number(a.status === 'chosen'))
    .map(({ name }) => name);
}

function nodeDirectRefusal(file: string): string | undefined {
  const { O_DIRECT, O_RDONLY } = fs.constants;
  if (O_DIRECT === undefined) return 'node:fs has no O_DIRECT here';
  try {
    fs.closeSync(fs.openSync(file, O_RDONLY | O_DIRECT));
    return undefined;
  } catch (error) {
    return `this file system takes no direct reads: ${(error as Error).message}`;
  }
}

/** Why `peer` can't do `workload` on `file` here; undefined if it can. */
export function refusal(peer: Peer, workload: Workload, file: string): string | undefined {
  if (peer.measures[workload.kind] === undefined) return 'does not do this';
  if (peer.id === 'fio') return fioRefusal();
  return workload.cache === 'direct' && peer.nodeFs ? nodeDirectRefusal(file) : undefined;
}
