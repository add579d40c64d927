/** The demo's two comparisons with node:fs: random reads byte for byte, and the whole file by its hash. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { open, type OverlappedFile } from '@overlapped/core';
import { randomSequence } from '../job.js';

/** Work done and the time it took: this library's, and node:fs's of the same work. */
export interface Race {
  readonly amount: number;
  readonly ours: number;
  readonly theirs: number;
}

export interface Comparison extends Race {
  /** The first differences, as sentences; empty when all is equal. */
  readonly differences: readonly string[];
}

export interface CompareOptions {
  /** Read through this library. */
  readonly path: string;
  /** Read through node:fs. The same file, but for tests. */
  readonly reference: string;
  readonly onProgress: (part: number) => void;
}

export const READ_BYTES = 4096;
export const DEPTH = 64;
/** Reads of a round: both sides do it, in turn, then it is compared; so neither has a quieter machine. */
const ROUND = 2_000;
const REPORTED = 3;

type ReadAt = (buffer: Buffer, position: number) => Promise<number>;

/** Reads `positions`, {@link DEPTH} in flight, each into a buffer of its own. @returns seconds */
async function readAll(
  read: ReadAt,
  positions: readonly number[],
  buffers: readonly Buffer[],
  lengths: number[],
): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < positions.length) {
      const i = next++;
      lengths[i] = await read(buffers[i] as Buffer, positions[i] as number);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: DEPTH }, lane));
  return (performance.now() - started) / 1e3;
}

function newBuffers(): Buffer[] {
  return Array.from({ length: ROUND }, () => Buffer.alloc(READ_BYTES));
}

/** Random positioned reads, `count` by each side. Positions go up to the last byte, so some reads are short. */
export async function compareRandomReads(count: number, options: CompareOptions): Promise<Comparison> {
  const { path, reference, onProgress } = options;
  const file = await open(path);
  const handle = await fs.promises.open(reference, 'r');
  try {
    const { size } = await handle.stat();
    const next = randomSequence(size + 1);
    const [ours, theirs] = [newBuffers(), newBuffers()];
    const [ourLengths, theirLengths]: [number[], number[]] = [[], []];
    const differences: string[] = [];
    const seconds = { ours: 0, theirs: 0 };
    for (let done = 0; done < count; done += ROUND) {
      const positions = Array.from({ length: Math.min(ROUND, count - done) }, () =>
        Math.floor(next() * size),
      );
      seconds.ours += await readAll(
        (buffer, position) => file.readAt(buffer, position),
        positions,
        ours,
        ourLengths,
      );
      seconds.theirs += await readAll(
        async (buffer, position) => (await handle.read(buffer, 0, READ_BYTES, position)).bytesRead,
        positions,
        theirs,
        theirLengths,
      );
      for (const [i, position] of positions.entries()) {
        const [mine, other] = [ours[i]?.subarray(0, ourLengths[i]), theirs[i]?.subarray(0, theirLengths[i])];
        if (mine !== undefined && other !== undefined && mine.equals(other)) continue;
        differences.push(
          `the read at ${position} gave ${ourLengths[i]} bytes that are not node:fs's ${theirLengths[i]}`,
        );
      }
      onProgress(Math.min(1, (done + ROUND) / count));
    }
    return { amount: count, ...seconds, differences: firstFew(differences) };
  } finally {
    await Promise.all([file.close(), handle.close()]);
  }
}

function firstFew(differences: readonly string[]): string[] {
  const more = differences.length - REPORTED;
  return more > 0 ? [...differences.slice(0, REPORTED), `... and ${more} more`] : [...differences];
}

/** The file's hash as node:fs's own stream gives it. */
export async function hashWithNode(path: string, onBytes: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of fs.createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    onBytes(chunk.length);
  }
  return hash.digest('hex');
}

async function hashWithOverlapped(file: OverlappedFile, onBytes: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.chunks()) {
    hash.update(chunk);
    onBytes(chunk.length);
  }
  return hash.digest('hex');
}

/** The whole file through SHA-256 by each side, `rounds` times in turn. `amount` is in bytes. */
export async function compareHashes(
  rounds: number,
  options: CompareOptions,
): Promise<Comparison & { readonly hash: string }> {
  const { path, reference, onProgress } = options;
  const file = await open(path, { access: 'sequential' });
  try {
    const { size } = await file.stat();
    const seconds = { ours: 0, theirs: 0 };
    const total = Math.max(1, 2 * rounds * size);
    let bytes = 0;
    const count = (more: number): void => {
      bytes += more;
      onProgress(Math.min(1, bytes / total));
    };
    const differences: string[] = [];
    let hash = '';
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      const ours = await hashWithOverlapped(file, count);
      const between = performance.now();
      const theirs = await hashWithNode(reference, count);
      seconds.ours += (between - started) / 1e3;
      seconds.theirs += (performance.now() - between) / 1e3;
      hash = ours;
      if (ours !== theirs) differences.push(`SHA-256 is ${ours}, and node:fs's is ${theirs}`);
    }
    return { amount: rounds * size, ...seconds, differences: firstFew(differences), hash };
  } finally {
    await file.close();
  }
}
