/** The demo: what is chosen and why, the article's program, and two comparisons with node:fs. */
import { BACKEND_VARIABLE, describeBackends, formatReport, selectBackend } from '@overlapped/core';
import { startProgress } from '../progress.js';
import { formatRatio } from '../figures.js';
import { formatSize } from '../sizes.js';
import {
  compareHashes,
  compareRandomReads,
  type Comparison,
  DEPTH,
  hashWithNode,
  type Race,
  READ_BYTES,
} from './compare.js';
import { elide, runArticle } from './transcript.js';

export interface DemoOptions {
  readonly path: string;
  readonly size: number;
  /** What node:fs reads. The same file, but for tests. */
  readonly reference?: string;
  readonly print: (line: string) => void;
}

const RANDOM_READS = 20_000;
/** A larger file is hashed once by each side. */
const HASH_TWICE_BYTES = 256 << 20;

/** @returns true if all that was compared is equal. @throws if the backend asked for can't be had */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { path, size, print } = options;
  const reference = options.reference ?? path;
  printBackends(print);
  print(`file: ${path} (${formatSize(size)})\n`);

  const differences = [
    ...(await showArticle(path, reference, print)),
    ...(await showRandomReads(path, reference, print)),
    ...(await showHashes(path, reference, size, print)),
  ];
  if (differences.length === 0) {
    print('Everything compared equal to node:fs.');
    return true;
  }
  for (const difference of differences) print(`DIFFERENT: ${difference}`);
  print('NOT everything compared equal to node:fs.');
  return false;
}

function printBackends(print: (line: string) => void): void {
  selectBackend(); // throws where OVERLAPPED_BACKEND names what can't be had
  const report = describeBackends();
  print(`Backends:\n${formatReport(report)}`);
  const asked = report.decidedBy === 'environment' ? ` because ${BACKEND_VARIABLE} says so` : '';
  print(`This run reads through ${report.chosen}${asked}.`);
  if (report.chosen === 'node-fs') print('It is node:fs on both sides then: expect figures near 1x.');
}

/** @returns differences */
async function showArticle(
  path: string,
  reference: string,
  print: (line: string) => void,
): Promise<string[]> {
  print("The article's program:");
  const { lines, bytes, hash } = await runArticle(path);
  for (const line of elide(lines)) print(`  ${line}`);
  const theirs = await hashWithNode(reference, () => undefined);
  print(
    `  (${bytes.toLocaleString('en')} bytes, ${hash === theirs ? 'all equal to' : 'DIFFERENT from'} node:fs's)\n`,
  );
  return hash === theirs ? [] : [`the article's program read bytes with SHA-256 ${hash}, not ${theirs}`];
}

async function showRandomReads(
  path: string,
  reference: string,
  print: (line: string) => void,
): Promise<readonly string[]> {
  const progress = startProgress(1, 'random reads');
  const comparison = await compareRandomReads(RANDOM_READS, {
    path,
    reference,
    onProgress: (part) => progress.update(part),
  }).finally(() => progress.stop());
  print(
    `${RANDOM_READS.toLocaleString('en')} random reads of ${formatSize(READ_BYTES)}, ${DEPTH} in flight:`,
  );
  const reads = (value: number): string => `${Math.round(value).toLocaleString('en')} reads/s`;
  printRace(comparison, 'FileHandle.read', reads, print);
  return report(comparison, 'every byte equal', print);
}

async function showHashes(
  path: string,
  reference: string,
  size: number,
  print: (line: string) => void,
): Promise<readonly string[]> {
  const progress = startProgress(1, 'whole file through SHA-256');
  const comparison = await compareHashes(size > HASH_TWICE_BYTES ? 1 : 2, {
    path,
    reference,
    onProgress: (part) => progress.update(part),
  }).finally(() => progress.stop());
  print('The whole file through SHA-256 (hashing is most of the time):');
  const speed = (value: number): string =>
    value < 1e8 ? `${(value / 1e6).toFixed(2)} MB/s` : `${(value / 1e9).toFixed(2)} GB/s`;
  printRace(comparison, 'fs.createReadStream', speed, print);
  return report(comparison, `same hash: ${comparison.hash}`, print);
}

function printRace(
  { amount, ours, theirs }: Race,
  peer: string,
  format: (perSecond: number) => string,
  print: (line: string) => void,
): void {
  const width = peer.length;
  if (amount === 0) return; // nothing to be fast at
  print(`  ${'overlapped'.padEnd(width)}  ${format(amount / ours)}  (${formatRatio(theirs / ours)}x)`);
  print(`  ${peer.padEnd(width)}  ${format(amount / theirs)}`);
}

function report(
  { differences }: Comparison,
  equal: string,
  print: (line: string) => void,
): readonly string[] {
  print(`  ${differences.length === 0 ? equal : 'DIFFERENT'}\n`);
  return differences;
}
