/**
 * Backends that are made, used in every way and closed, with reads in flight, here and in workers that are terminated.
 * Then the program ends by itself: what a leak check finds at its end is lost. scripts/test-sanitized.mjs runs it.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { open } from '@overlapped/core';
import type { Backend } from '@overlapped/core/backend';
import { closeHandle } from '@overlapped/core/overlapped';
import { Fixtures } from '@overlapped/conformance';
import { Reader, turn, uringBackend } from '../support.js';

const LIVES = 30;
const WORKERS = 10;
const FILE_BYTES = 4 << 20;

interface Files {
  readonly file: string;
  /** Without data: its reads stay in flight. */
  readonly fifo: string;
}

/** Every way to read, a part of it aborted. */
async function readAll(backend: Backend, { file }: Files): Promise<void> {
  await using opened = await open(file, { backend });
  const controller = new AbortController();
  const buffers = Array.from({ length: 100 }, () => new Uint8Array(8192));
  // The first ones are cached, so that later ones are shared with the second thread.
  for (let round = 0; round < 3; round++) {
    const reads = buffers.map((buffer, i) => opened.readAt(buffer, i * 8192, { signal: controller.signal }));
    if (round === 2) controller.abort();
    await Promise.allSettled(reads);
  }
  await opened.read(Buffer.alloc(10), 0, 10, 0);
  await opened.readMany(buffers.map((into, i) => ({ position: i, into })));
  await opened.readExactly(5, 2 << 20); // by one of the kernel's workers
  for await (const chunk of opened.chunks({ chunkSize: 65_536 })) if (chunk.byteLength < 65_536) break;
  await open(`${file}-missing`, { backend }).catch(() => undefined);
}

/** Reads that end only with their backend. */
async function startWaiting(backend: Backend, { fifo }: Files): Promise<Reader> {
  const reader = new Reader(backend, fifo);
  for (let i = 0; i < 20; i++) void reader.read(new Uint8Array(backend.allocate(4096)));
  await turn();
  return reader;
}

async function live(files: Files): Promise<void> {
  const backend = uringBackend();
  await readAll(backend, files);
  const waiting = await startWaiting(backend, files);
  await backend.close();
  await closeHandle(waiting.handle);
}

async function main(): Promise<void> {
  const fixtures = new Fixtures();
  const fifo = fixtures.fifo();
  const files: Files = { file: fixtures.file(FILE_BYTES), fifo: fifo.path };
  for (let i = 0; i < LIVES; i++) await live(files);
  for (let i = 0; i < WORKERS; i++) {
    const worker = new Worker(__filename, { workerData: files });
    await once(worker, 'message');
    await worker.terminate();
  }
  await fifo.end();
  fixtures.dispose();
  console.log(`${LIVES} lives of a backend, ${WORKERS} of a worker with one`);
}

async function work(files: Files): Promise<void> {
  const backend = uringBackend();
  await startWaiting(backend, files);
  parentPort?.postMessage('started');
  for (;;) await readAll(backend, files);
}

void (isMainThread ? main() : work(workerData as Files));
