/** Ways through a whole file, in order. */
import fs from 'node:fs';
import { open, type OverlappedFile } from '@overlapped/core';
import { type Job, type Sample, startClock } from '../job.js';
import { Verifier } from '../verifier.js';
import { WARM_UP_PART, WARM_UP_READS } from './warm-up.js';

/** Gives the first `limit` bytes to `take`, chunk after chunk. A chunk is valid during the call. */
export type Pass = (job: Job, limit: number, take: (chunk: Uint8Array) => void) => Promise<void>;

/** Read and compared byte by byte before the timed passes. */
const INSPECTED_BYTES = 32 << 20;

/** Read besides: a warm-up whose reads are chunks of the workload's size. */
function warmUpBytes({ fileSize, amount, workload }: Job): number {
  return Math.min(
    fileSize,
    Math.max(WARM_UP_READS * workload.blockSize, Math.ceil(WARM_UP_PART * amount * fileSize)),
  );
}

export async function measureStream(job: Job, pass: Pass): Promise<Sample> {
  const verifier = new Verifier(job);
  try {
    const read = async (
      bytes: number,
      look: (chunk: Uint8Array, position: number) => void,
    ): Promise<number> => {
      let position = 0;
      let chunks = 0;
      await pass(job, bytes, (chunk) => {
        look(chunk, position);
        position += chunk.byteLength;
        chunks++;
      });
      if (position !== bytes) throw new Error(`the stream gave ${position} bytes instead of ${bytes}`);
      return chunks;
    };
    const inspect = (chunk: Uint8Array, position: number): void => verifier.inspect(chunk, position);
    const glance = (chunk: Uint8Array, position: number): void =>
      verifier.glance(chunk, chunk.byteLength, chunk.byteLength, position);
    await read(Math.min(job.fileSize, INSPECTED_BYTES), inspect);
    await read(warmUpBytes(job), glance);
    let ops = 0;
    const stop = startClock();
    for (let i = 0; i < job.amount; i++) ops += await read(job.fileSize, glance);
    return { ops, bytes: job.amount * job.fileSize, ...stop(), verified: verifier.count };
  } finally {
    verifier.close();
  }
}

/** `fs.readSync`, again and again into one buffer: as fast as one thread goes. */
export const readSyncPass: Pass = async (job, limit, take) => {
  const fd = fs.openSync(job.file, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(job.workload.blockSize);
    for (let position = 0; position < limit;) {
      const bytes = fs.readSync(fd, buffer, 0, Math.min(buffer.length, limit - position), position);
      if (bytes === 0) break;
      take(buffer.subarray(0, bytes));
      position += bytes;
    }
  } finally {
    fs.closeSync(fd);
  }
};

/** `FileHandle.read`, one at a time into one buffer. */
export const fileHandlePass: Pass = async (job, limit, take) => {
  const handle = await fs.promises.open(job.file, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(job.workload.blockSize);
    for (let position = 0; position < limit;) {
      const length = Math.min(buffer.length, limit - position);
      const { bytesRead } = await handle.read(buffer, 0, length, position);
      if (bytesRead === 0) break;
      take(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
};

async function drain(stream: NodeJS.ReadableStream, take: (chunk: Uint8Array) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        reject(error);
      }
    });
    stream.once('end', resolve);
    stream.once('error', reject);
  });
}

/** @param highWaterMark bytes of a chunk; undefined for the default */
export function nodeStreamPass(highWaterMark?: number): Pass {
  return async (job, limit, take) => {
    if (limit === 0) return;
    await drain(fs.createReadStream(job.file, { end: limit - 1, ...defined({ highWaterMark }) }), take);
  };
}

/** The parts of `options` that have a value. */
function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

async function drainWeb(
  stream: AsyncIterable<Uint8Array>,
  limit: number,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  let left = limit;
  for await (const chunk of stream) {
    take(chunk.subarray(0, left));
    left -= chunk.byteLength;
    if (left <= 0) break;
  }
}

/** A byte stream, as this library's is. Node's other kind can't be left before its end: closing the file then aborts Node
 * 20. */
export const nodeWebStreamPass: Pass = async (job, limit, take) => {
  const handle = await fs.promises.open(job.file, 'r');
  try {
    const stream = handle.readableWebStream({ type: 'bytes' }) as ReadableStream<Uint8Array>;
    await drainWeb(stream, limit, take);
  } finally {
    await handle.close();
  }
};

/** The whole file in one Buffer. */
export const nodeReadFilePass: Pass = async (job, limit, take) =>
  take((await fs.promises.readFile(job.file)).subarray(0, limit));

function onBackend(
  backend: string,
  pass: (file: OverlappedFile, limit: number, take: (chunk: Uint8Array) => void) => Promise<void>,
): Pass {
  return async (job, limit, take) => {
    const file = await open(job.file, { backend, access: 'sequential' });
    try {
      await pass(file, limit, take);
    } finally {
      await file.close();
    }
  };
}

/** The library's own way: recycled buffers, read ahead. @param chunkSize undefined for the default */
export function chunksPass(backend: string, chunkSize?: number): Pass {
  return onBackend(backend, async (file, limit, take) => {
    for await (const chunk of file.chunks({ end: limit, chunkSize })) take(chunk);
  });
}

/** The library's Node stream. @param highWaterMark undefined for the default */
export function ourStreamPass(backend: string, highWaterMark?: number): Pass {
  return onBackend(backend, async (file, limit, take) => {
    if (limit === 0) return;
    await drain(file.createReadStream({ end: limit - 1, autoClose: false, highWaterMark }), take);
  });
}

export function ourWebStreamPass(backend: string): Pass {
  return onBackend(backend, (file, limit, take) => drainWeb(file.readableWebStream(), limit, take));
}

export function ourReadFilePass(backend: string): Pass {
  return onBackend(backend, async (file, limit, take) => take((await file.readFile()).subarray(0, limit)));
}
