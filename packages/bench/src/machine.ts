/** The machine that a run is made on. */
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { describeBackends } from '@overlapped/core';
import { fileSystemOf } from './file-system.js';
import type { Machine } from './results.js';

/** First line of what a command prints; undefined if there is no such command or it failed. */
function outputOf(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', cwd: __dirname });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

/** One-minute load average. */
export function loadNow(): number {
  return Math.round((os.loadavg()[0] ?? 0) * 100) / 100;
}

/** @param file what is read */
export function describeMachine(file: string): Machine {
  const cpus = os.cpus();
  const { chosen, candidates } = describeBackends();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    platform: process.platform,
    arch: process.arch,
    kernel: os.release(),
    node: process.version,
    revision: outputOf('git', ['describe', '--always', '--dirty']),
    fileSystem: fileSystemOf(file),
    fio: outputOf('fio', ['--version']),
    load: loadNow(),
    backends: { chosen, candidates },
  };
}
