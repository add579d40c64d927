/** The file that is measured, opened in every way that it is read. */
import fs from 'node:fs';
import { allocAligned, open, type OverlappedFile } from '@overlapped/core';
import { CommandError } from '../failure.js';

/** One way to open it, by both sides. */
export interface Pair {
  readonly file: OverlappedFile;
  readonly handle: fs.promises.FileHandle;
}

export interface OpenFiles {
  readonly cached: Pair;
  /** Past the page cache; or why that can't be had. */
  readonly direct: Pair | { readonly refusal: string };
  readonly size: number;
}

const MIN_BYTES = 1 << 20;
const PROBE_BYTES = 4096;
/** Undefined where the system has none (Windows, macOS). */
const { O_RDONLY, O_DIRECT } = fs.constants as { O_RDONLY: number; O_DIRECT?: number };

async function openPair(path: string, direct: boolean, flags: number): Promise<Pair> {
  const file = await open(path, { direct });
  try {
    return { file, handle: await fs.promises.open(path, flags) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function closePair({ file, handle }: Pair): Promise<void> {
  await Promise.all([file.close(), handle.close()]);
}

/** Some file systems refuse direct I/O when the file is opened, others when it is read. */
async function openDirect(path: string): Promise<OpenFiles['direct']> {
  if (O_DIRECT === undefined) return { refusal: 'node:fs has no direct reads on this system' };
  let pair: Pair | undefined;
  try {
    pair = await openPair(path, true, O_RDONLY | O_DIRECT);
    const memory = allocAligned(PROBE_BYTES);
    await pair.file.readAt(memory, 0);
    await pair.handle.read(memory, 0, PROBE_BYTES, 0);
    return pair;
  } catch (error) {
    if (pair !== undefined) await closePair(pair);
    return { refusal: (error as Error).message };
  }
}

/** Opens the file for `work`, and closes it afterwards. @throws CommandError for what can't be measured */
export async function withFiles<T>(path: string, work: (files: OpenFiles) => Promise<T>): Promise<T> {
  const cached = await openPair(path, false, O_RDONLY);
  try {
    const stat = await cached.file.stat();
    if (!stat.isFile()) throw new CommandError(`${path} is no regular file. Name one of 1 MiB or more.`);
    if (stat.size < MIN_BYTES) {
      throw new CommandError(
        `${path} has ${stat.size} bytes, too few to measure. Name a file of 1 MiB or more.`,
      );
    }
    const direct = await openDirect(path);
    try {
      return await work({ cached, direct, size: stat.size });
    } finally {
      if ('file' in direct) await closePair(direct);
    }
  } finally {
    await closePair(cached);
  }
}
