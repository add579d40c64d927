/** `overlapped hash`: files' hashes in the form of sha256sum, several files at once. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { open } from '@overlapped/core';
import { describeFailure } from '../failure.js';
import { write, writeJson } from '../output.js';
import { type Progress, startProgress } from '../progress.js';
import { bytesOf } from '../source.js';

export interface HashOptions {
  /** One that createHash takes. */
  readonly algorithm: string;
  readonly json?: true;
}

type Outcome =
  | { readonly path: string; readonly hash: string; readonly bytes: number; readonly backend: string }
  | { readonly path: string; readonly error: unknown };

/** Hashing keeps one core busy; more files than this would only hold more memory. */
const FILES_AT_ONCE = 8;

/** @returns the exit code: 1 if a file could not be read; the others are hashed all the same */
export async function hash(paths: readonly string[], { algorithm, json }: HashOptions): Promise<number> {
  const progress = startProgress(await totalBytes(paths));
  const outcomes: Outcome[] = [];
  try {
    for await (const outcome of hashInOrder(paths, algorithm, progress)) {
      outcomes.push(outcome);
      progress.hide();
      if ('error' in outcome) process.stderr.write(`overlapped: ${describeFailure(outcome.error)}\n`);
      else if (!json) await write(checksumLine(outcome.hash, outcome.path));
    }
  } finally {
    progress.stop();
  }
  if (json) await writeJson({ algorithm, files: outcomes.map(forJson) });
  return outcomes.some((outcome) => 'error' in outcome) ? 1 : 0;
}

/** {@link FILES_AT_ONCE} at once, given in the order of `paths`. */
async function* hashInOrder(
  paths: readonly string[],
  algorithm: string,
  progress: Progress,
): AsyncGenerator<Outcome, void, void> {
  const running: Promise<Outcome>[] = [];
  for (const path of paths) {
    running.push(hashFile(path, algorithm, progress));
    if (running.length === FILES_AT_ONCE) yield (await running.shift()) as Outcome;
  }
  for (const outcome of running) yield await outcome;
}

async function hashFile(path: string, algorithm: string, progress: Progress): Promise<Outcome> {
  try {
    await using file = await open(path, { access: 'sequential' });
    const hasher = createHash(algorithm);
    let bytes = 0;
    for await (const chunk of bytesOf(file, await file.stat())) {
      hasher.update(chunk);
      bytes += chunk.byteLength;
      progress.advance(chunk.byteLength, path);
    }
    return { path, hash: hasher.digest('hex'), bytes, backend: file.backend };
  } catch (error) {
    return { path, error };
  }
}

/** What the progress bar counts to. A file that can't be looked at is told of when it is opened. */
async function totalBytes(paths: readonly string[]): Promise<number> {
  if (!process.stderr.isTTY) return 0;
  const stats = await Promise.allSettled(paths.map((path) => fs.promises.stat(path)));
  return stats.reduce((sum, stat) => sum + (stat.status === 'fulfilled' ? stat.value.size : 0), 0);
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

/** As sha256sum writes it: a name with a line's end in it is escaped, and the line begins with a backslash. */
function checksumLine(hex: string, path: string): string {
  const escaped = path.replace(/[\\\n\r]/g, (character) => ESCAPES[character] as string);
  return `${escaped === path ? '' : '\\'}${hex}  ${escaped}\n`;
}

function forJson(outcome: Outcome): unknown {
  if (!('error' in outcome)) return outcome;
  const { code, message } = outcome.error as NodeJS.ErrnoException;
  return { path: outcome.path, error: { code, message } };
}
