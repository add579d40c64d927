/**
 * SHA-256 of every file in a folder and below, on all cores, and of the whole tree: two folders with the same files have
 * the same last line. The same as (cd FOLDER && find . -type f | sed 's,^./,,' | LC_ALL=C sort | xargs sha256sum).
 *
 *   node examples/dist/hash-tree.js FOLDER
 *
 * Reads are for many files at once; hashing wants cores, so there is a worker thread for each, and each has a ring.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { opendir, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { SingleBar } from 'cli-progress';
import type { HashAnswer, HashRequest } from './hash-tree-worker.js';

export interface HashTreeOptions {
  /** Default: one for each core. */
  readonly threads?: number;
  /** Is told some times a second how far it is. */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/** One is hashed while the others' bytes are on their way. */
const FILES_PER_THREAD = 4;
const PROGRESS_MS = 100;

/** Regular files; links are not followed. */
async function* walk(folder: string): AsyncGenerator<string, void, void> {
  for await (const entry of await opendir(folder)) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(file);
    else if (entry.isFile()) yield file;
  }
}

async function hashIn(worker: Worker, file: string): Promise<string> {
  const { port1, port2 } = new MessageChannel();
  const request: HashRequest = { path: file, answer: port2 };
  worker.postMessage(request, [port2]);
  const [answer] = (await once(port1, 'message')) as [HashAnswer];
  port1.close();
  if ('error' in answer) throw answer.error;
  return answer.hash;
}

/** @returns hashes by path from `folder` on, with slashes, sorted as bytes. @throws the first file's failure */
export async function hashTree(folder: string, options: HashTreeOptions = {}): Promise<Map<string, string>> {
  const { threads = os.availableParallelism(), onProgress = () => undefined } = options;
  const files: string[] = [];
  let total = 0;
  for await (const file of walk(folder)) {
    files.push(file);
    total += (await stat(file)).size;
  }
  const counter = new BigInt64Array(new SharedArrayBuffer(8));
  const report = (): void => onProgress(Number(counter[0]), total);
  const timer = setInterval(report, PROGRESS_MS);
  const workers = Array.from(
    { length: threads },
    () => new Worker(path.join(__dirname, 'hash-tree-worker.js'), { workerData: counter }),
  );
  const hashes = new Map<string, string>();
  try {
    const waiting = files.values(); // shared: each lane takes the next one
    const lane = async (worker: Worker): Promise<void> => {
      for (const file of waiting) hashes.set(file, await hashIn(worker, file));
    };
    await Promise.all(
      workers.flatMap((worker) => Array.from({ length: FILES_PER_THREAD }, () => lane(worker))),
    );
    report();
  } finally {
    clearInterval(timer);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  const named = [...hashes].map(([file, hash]) => ({
    name: path.relative(folder, file).replaceAll(path.sep, '/'),
    hash,
  }));
  named.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  return new Map(named.map(({ name, hash }) => [name, hash]));
}

/** As sha256sum prints them. */
export function formatHashes(hashes: ReadonlyMap<string, string>): string {
  return [...hashes].map(([name, hash]) => `${hash}  ${name}\n`).join('');
}

async function main(folder: string): Promise<void> {
  const bar = new SingleBar({
    format: '{bar} {percentage}%, {eta_formatted} left',
    clearOnComplete: true,
    gracefulExit: false, // it would keep Ctrl-C to itself
  });
  const onProgress = (bytes: number, total: number): void => {
    if (!bar.isActive) bar.start(total, bytes);
    bar.update(bytes);
  };
  const hashes = await hashTree(folder, { onProgress }).finally(() => bar.stop());
  const lines = formatHashes(hashes);
  process.stdout.write(lines);
  console.log(`${createHash('sha256').update(lines).digest('hex')}  all ${hashes.size} files`);
}

if (require.main === module) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) {
    console.error('usage: node examples/dist/hash-tree.js FOLDER');
    process.exitCode = 2;
  } else {
    void main(folder);
  }
}
