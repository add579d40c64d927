/** A worker and the main thread read from the page cache, each with a second thread that copies; then the process exits. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { allocAligned, open } from '@overlapped/core';

const DEPTH = 64;
const BYTES = 4096;
/** Reads after which the main thread exits: files count as cached after a few dozen. */
const READS = 20_000;

async function readForEver(path: string, onRead: () => void): Promise<void> {
  const file = await open(path, { backend: 'io_uring' });
  const blocks = Math.floor((await file.stat()).size / BYTES);
  let next = 0;
  const lane = async (): Promise<void> => {
    const buffer = allocAligned(BYTES);
    for (;;) {
      await file.readAt(buffer, (next++ % blocks) * BYTES);
      onRead();
    }
  };
  await Promise.all(Array.from({ length: DEPTH }, lane));
}

let reads = 0;
const count = (): void => {
  if (++reads === READS) process.exit(7);
};

if (isMainThread) {
  const path = process.argv[2] as string;
  new Worker(__filename, { workerData: path }).once('message', () => void readForEver(path, count));
} else {
  void readForEver(workerData as string, () => {
    if (++reads === 1000) parentPort?.postMessage('reading');
  });
}
