/**
 * fio's io_uring engine: what the kernel gives a C program. Made as fast as it gets: cached reads are submitted as many at
 * once as the depth allows, direct ones at once so that the device never waits, all completions that there are get taken,
 * and nobody looks at the content. `--invalidate=0` keeps the page cache.
 */
import { spawnSync } from 'node:child_process';
import type { Job, Sample } from '../job.js';

interface FioOutput {
  readonly jobs: readonly {
    readonly error: number;
    readonly usr_cpu: number;
    readonly sys_cpu: number;
    readonly read: { readonly total_ios: number; readonly io_bytes: number; readonly runtime: number };
  }[];
}

export function fioArguments(job: Job): string[] {
  const { blockSize, depth, cache, kind } = job.workload;
  const direct = cache === 'direct';
  const bytes = kind === 'stream' ? job.amount * job.fileSize : job.amount * blockSize;
  const order = kind === 'stream' ? ['--rw=read'] : ['--rw=randread', '--norandommap', '--randrepeat=0'];
  return [
    '--name=bench',
    `--filename=${job.file.replaceAll(':', '\\:')}`,
    '--readonly',
    '--ioengine=io_uring',
    ...order,
    `--bs=${blockSize}`,
    `--size=${job.fileSize}`,
    `--io_size=${bytes}`,
    `--iodepth=${depth}`,
    `--iodepth_batch_submit=${direct ? 1 : depth}`,
    '--iodepth_batch_complete_min=1',
    `--iodepth_batch_complete_max=${depth}`,
    `--direct=${direct ? 1 : 0}`,
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
  const seconds = runtime / 1e3;
  return { ops, bytes, seconds, cpuSeconds: (seconds * (job.usr_cpu + job.sys_cpu)) / 100, verified: 0 };
}

export async function measureFio(job: Job): Promise<Sample> {
  const { status, stdout, stderr, error } = spawnSync('fio', fioArguments(job), { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`fio ended with ${status}: ${stderr.trim()}`);
  return parseFio(stdout);
}

/** Why fio can't be measured here, or undefined if it can. */
export function fioRefusal(): string | undefined {
  if (process.platform !== 'linux') return 'its io_uring engine is for Linux';
  const { status, stdout } = spawnSync('fio', ['--enghelp'], { encoding: 'utf8' });
  if (status === null) return 'fio is not installed';
  if (status !== 0 || !/^\s*io_uring$/m.test(stdout)) return 'this fio has no io_uring engine';
  return undefined;
}
