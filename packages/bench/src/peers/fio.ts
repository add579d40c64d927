/**
 * fio: what the kernel gives a C program. Made as fast as it gets: cached reads are submitted as many at once as the depth
 * allows, direct ones at once so that the device never waits, all completions that there are get taken, and nobody looks at
 * the content. `--invalidate=0` keeps the page cache. Latency at a fixed rate is not asked of it: its clock starts when a
 * read is issued, not when it was due.
 */
import { spawnSync } from 'node:child_process';
import type { Job, Sample } from '../job.js';
import type { WorkloadKind } from '../workloads.js';
import { dropCache } from '../page-cache.js';
import { THREADS } from './threads.js';

/** `psync` is pread, one at a time: what readSync is in C. */
export type Engine = 'io_uring' | 'psync';

interface FioOutput {
  readonly jobs: readonly {
    readonly error: number;
    /** Milliseconds of all threads together; of them the processor's share is counted. */
    readonly job_runtime: number;
    readonly usr_cpu: number;
    readonly sys_cpu: number;
    readonly read: { readonly total_ios: number; readonly io_bytes: number; readonly runtime: number };
  }[];
}

/** Threads that share the work, with one report. */
function shared(threads: number): string[] {
  return [`--numjobs=${threads}`, '--thread', '--group_reporting'];
}

const RANDOM = ['--rw=randread', '--randrepeat=0'];
const ORDERS: Readonly<Partial<Record<WorkloadKind, readonly string[]>>> = {
  random: RANDOM,
  batch: RANDOM,
  workers: [...RANDOM, ...shared(THREADS)],
  stream: ['--rw=read'],
};

/** Bytes that a unit of the workload's amount is. */
function unitBytes({ workload, fileSize }: Job): number {
  if (workload.kind === 'stream') return fileSize;
  return workload.kind === 'batch' ? workload.depth * workload.blockSize : workload.blockSize;
}

function queueArguments({ workload: { depth, cache, kind } }: Job): string[] {
  return [
    `--iodepth=${depth}`,
    `--iodepth_batch_submit=${cache === 'direct' ? 1 : depth}`,
    `--iodepth_batch_complete_min=${kind === 'batch' ? depth : 1}`,
    `--iodepth_batch_complete_max=${depth}`,
  ];
}

/**
 * @param threads that share the work, one for each core
 * @throws if fio can't do the same work
 */
export function fioArguments(job: Job, engine: Engine, threads = 1): string[] {
  const { blockSize, cache, kind, name } = job.workload;
  const order = ORDERS[kind];
  if (order === undefined) throw new Error(`fio does not do ${name}`);
  return [
    '--name=bench',
    `--filename=${job.file.replaceAll(':', '\\:')}`,
    '--readonly',
    `--ioengine=${engine}`,
    ...order,
    // What was read once is cached, so a cold file's blocks are read once only.
    ...(cache === 'cold' ? [] : ['--norandommap']),
    `--bs=${blockSize}`,
    `--size=${job.fileSize}`,
    `--io_size=${Math.ceil(job.amount / threads) * unitBytes(job)}`,
    ...(threads > 1 ? shared(threads) : []),
    ...(engine === 'psync' ? [] : queueArguments(job)),
    `--direct=${cache === 'direct' ? 1 : 0}`,
    '--invalidate=0',
    '--output-format=json',
  ];
}

/** What fio's report comes to. Its times are whole milliseconds. */
export function parseFio(output: string): Sample {
  const [job] = (JSON.parse(output.slice(output.indexOf('{'))) as FioOutput).jobs;
  if (job === undefined || job.error !== 0)
    throw new Error(`fio failed: error ${job?.error ?? 'without a job'}`);
  const { total_ios: ops, io_bytes: bytes, runtime } = job.read;
  const cpuSeconds = ((job.job_runtime / 1e3) * (job.usr_cpu + job.sys_cpu)) / 100;
  return { ops, bytes, seconds: runtime / 1e3, cpuSeconds, verified: 0 };
}

export async function measureFio(job: Job, engine: Engine, threads?: number): Promise<Sample> {
  if (job.workload.cache === 'cold') dropCache(job.file);
  const { status, stdout, stderr, error } = spawnSync('fio', fioArguments(job, engine, threads), {
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`fio ended with ${status}: ${stderr.trim()}`);
  return parseFio(stdout);
}

/** Why fio can't be measured here, or undefined if it can. */
export function fioRefusal(engine: Engine): string | undefined {
  if (process.platform !== 'linux') return 'it is measured on Linux only';
  const { status, stdout } = spawnSync('fio', ['--enghelp'], { encoding: 'utf8' });
  if (status === null) return 'fio is not installed';
  if (status !== 0 || !stdout.split('\n').some((line) => line.trim() === engine)) {
    return `this fio has no ${engine} engine`;
  }
  return undefined;
}
