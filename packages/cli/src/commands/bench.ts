/** `overlapped bench`: reads of the user's own file beside node:fs, in less than 20 seconds. */
import os from 'node:os';
import type { OverlappedFile } from '@overlapped/core';
import { type Contest, type Result, REPETITIONS, runContest } from '../bench/contest.js';
import { type OpenFiles, withFiles } from '../bench/files.js';
import { chart, EXPLANATION } from '../bench/page.js';
import { BLOCK_BYTES, DEPTH, randomReaders } from '../bench/random-reads.js';
import { makeSampleFile } from '../bench/sample-file.js';
import { streamReaders } from '../bench/streams.js';
import { coloursOf, write, writeJson } from '../output.js';
import { startProgress } from '../progress.js';

export interface BenchOptions {
  readonly json?: true;
}

/** What is read of a larger file, so that it stays in the page cache. */
const MAX_BYTES = 128 << 20;
const DEFAULT_COLUMNS = 100;
const RANDOM = `Random reads of ${BLOCK_BYTES} bytes, ${DEPTH} in flight`;
const DIRECT = `${RANDOM}, past the page cache (direct I/O)`;

interface Outcome {
  readonly contest: Contest;
  readonly results: readonly Result[];
}

interface Report {
  readonly path: string;
  readonly temporary: boolean;
  readonly size: number;
  /** From the file's start. */
  readonly measuredBytes: number;
  readonly backend: string;
  readonly outcomes: readonly Outcome[];
  readonly notMeasured: readonly { readonly title: string; readonly reason: string }[];
}

/** @param named the file to read; undefined: one that is made for it. @returns the exit code */
export async function bench(named: string | undefined, { json }: BenchOptions): Promise<number> {
  const report = named === undefined ? await measureSample() : await measure(named, false);
  await (json ? writeJson(document(report)) : write(page(report)));
  return 0;
}

async function measureSample(): Promise<Report> {
  const sample = await makeSampleFile(MAX_BYTES);
  try {
    return await measure(sample.path, true);
  } finally {
    sample.remove();
  }
}

function measure(path: string, temporary: boolean): Promise<Report> {
  return withFiles(path, async (files) => {
    const { cached, direct, size } = files;
    const measuredBytes = Math.min(size, MAX_BYTES);
    await readOnce(cached.file, measuredBytes);
    const outcomes = await runAll(contestsOf(files, measuredBytes));
    const notMeasured = 'refusal' in direct ? [{ title: DIRECT, reason: direct.refusal }] : [];
    return { path, temporary, size, measuredBytes, backend: cached.file.backend, outcomes, notMeasured };
  });
}

/** Into the page cache. */
async function readOnce(file: OverlappedFile, end: number): Promise<void> {
  const chunks = file.chunks({ end });
  while ((await chunks.next()).done !== true);
}

function contestsOf({ cached, direct }: OpenFiles, bytes: number): Contest[] {
  const contests: Contest[] = [
    {
      title: `${RANDOM}, from the page cache`,
      unit: 'reads',
      contestants: randomReaders(cached, bytes),
    },
    {
      title: 'In order, from the page cache',
      unit: 'bytes',
      contestants: streamReaders(cached.file, bytes),
    },
  ];
  if ('file' in direct) {
    contests.push({ title: DIRECT, unit: 'reads', contestants: randomReaders(direct, bytes) });
  }
  return contests;
}

async function runAll(contests: readonly Contest[]): Promise<Outcome[]> {
  const steps = contests.reduce((sum, { contestants }) => sum + contestants.length * REPETITIONS, 0);
  const progress = startProgress(steps);
  try {
    const outcomes: Outcome[] = [];
    for (const contest of contests) {
      const results = await runContest(contest, () => progress.advance(1, contest.title));
      outcomes.push({ contest, results });
    }
    return outcomes;
  } finally {
    progress.stop();
  }
}

function machine(): string {
  const { platform, arch, version } = process;
  return `${platform} ${os.release()} ${arch}, Node.js ${version}, ${os.availableParallelism()} CPUs`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes % 2 ** 20 === 0 ? 0 : 1)} MiB`;
}

function page(report: Report): string {
  const { path, temporary, size, measuredBytes, backend, outcomes, notMeasured } = report;
  const options = { columns: process.stdout.columns ?? DEFAULT_COLUMNS, colours: coloursOf(process.stdout) };
  const part = measuredBytes < size ? `, of which the first ${mebibytes(measuredBytes)} are read` : '';
  return [
    `${machine()}, backend ${backend}\n`,
    `${path}: ${mebibytes(size)}${part}${temporary ? ', made for this and removed again' : ''}\n`,
    ...outcomes.map(({ contest, results }) => `\n${chart(contest, results, options)}`),
    ...notMeasured.map(({ title, reason }) => `\n${title}: not measured: ${reason}\n`),
    `\n${EXPLANATION}`,
  ].join('');
}

function document({ outcomes, ...facts }: Report): unknown {
  return {
    machine: machine(),
    ...facts,
    repetitions: REPETITIONS,
    contests: outcomes.map(({ contest: { title, unit }, results }) => ({ title, unit, results })),
  };
}
