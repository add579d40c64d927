/**
 * The state of the page cache, which is half of what a cached read costs: of a file that was read in order its memory is in large
 * folios, of one that was written or read in small pieces in small ones, and then a copy takes a third longer.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import type { Workload } from './workloads.js';

/** Part of the file that may stay: pages that somebody is just using. */
const RESIDENT_PART = 0.01;
const READ_BYTES = 1 << 20;

function call(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`${program} can't be run: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.trim()}`);
  return stdout;
}

/** Bytes of the file in the page cache. */
export function residentBytes(file: string): number {
  return Number(call('fincore', ['--bytes', '--noheadings', '--output', 'RES', file]));
}

/**
 * Takes a file out of the page cache, without special rights: `dd` with `nocache` asks the kernel to drop the file's
 * clean pages (POSIX_FADV_DONTNEED). The kernel may refuse in silence, so `fincore` counts what is left.
 * @throws if the file is not out of the page cache afterwards
 */
export function dropCache(file: string): void {
  call('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
  const left = residentBytes(file);
  if (left > RESIDENT_PART * fs.statSync(file).size) {
    throw new Error(
      `${left} bytes of ${file} stay in the page cache: not written yet, mapped, or a file in memory`,
    );
  }
}

/**
 * Puts the file into the page cache as who reads it once in order leaves it there, as far as memory goes.
 * @returns why what was there before has stayed, and with it its state; undefined if it was dropped first
 */
export function readIn(file: string): string | undefined {
  const refusal = dropRefusal(file);
  const fd = fs.openSync(file, 'r');
  try {
    const bytes = Buffer.allocUnsafe(READ_BYTES);
    while (fs.readSync(fd, bytes, 0, bytes.length, null) > 0);
  } finally {
    fs.closeSync(fd);
  }
  return refusal;
}

/** Drops the file from the page cache. @returns why that can't be done, or undefined if it was */
function dropRefusal(file: string): string | undefined {
  if (process.platform !== 'linux') return 'only Linux is known to drop a file from its cache';
  try {
    dropCache(file);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Why `workload` can't be measured cold here, or undefined if it can. Drops the file from the page cache. */
export function coldRefusal({ amount, blockSize }: Workload, file: string): string | undefined {
  if (fs.statSync(file).size < amount.full * blockSize) {
    return `a file of ${amount.full * blockSize} bytes or more is needed, so that no block is read twice`;
  }
  return dropRefusal(file);
}
