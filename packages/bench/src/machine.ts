/** The machine a run was made on, as far as figures depend on it. No names of hosts, users or folders. */
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { type BackendsReport, describeBackends } from '@overlapped/core';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly platform: string;
  readonly arch: string;
  readonly kernel: string;
  readonly node: string;
  /** Undefined: not installed. */
  readonly fio: string | undefined;
  /** Threads of Node's pool: what fs.read and FileHandle.read run on. */
  readonly threadPoolSize: number;
  /** One-minute load average when the run began: other work disturbs it. */
  readonly load: number;
  readonly backends: BackendsReport;
}

export function describeMachine(): Machine {
  const cpus = os.cpus();
  const fio = spawnSync('fio', ['--version'], { encoding: 'utf8' });
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    platform: process.platform,
    arch: process.arch,
    kernel: os.release(),
    node: process.version,
    fio: fio.status === 0 ? fio.stdout.trim() : undefined,
    threadPoolSize: Number(process.env.UV_THREADPOOL_SIZE ?? 4),
    load: Math.round((os.loadavg()[0] ?? 0) * 100) / 100,
    backends: describeBackends(),
  };
}
