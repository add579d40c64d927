/** Node's own ways to read positions. */
import fs from 'node:fs';
import { allocAligned } from '@overlapped/core';
import type { Job } from '../job.js';
import { type Lanes, promiseReader, type Reader } from './lanes.js';

/** The memory of every reader, fio's too: it begins on a page. */
export function allocate(bytes: number): Buffer {
  const { buffer, byteOffset, byteLength } = allocAligned(bytes);
  return Buffer.from(buffer, byteOffset, byteLength);
}

function flags(job: Job): number {
  const { O_RDONLY, O_DIRECT } = fs.constants;
  return job.workload.cache === 'direct' ? O_RDONLY | O_DIRECT : O_RDONLY;
}

/** `fs.readSync`: one read at a time, the thread blocked. */
export async function openReadSync(job: Job): Promise<Reader> {
  const fd = fs.openSync(job.file, flags(job));
  const { blockSize } = job.workload;
  const run = async (lanes: Lanes, from: number, to: number): Promise<void> => {
    const { positions, buffers } = lanes;
    for (let next = from, lane = 0; next < to; next++) {
      const position = positions[next] as number;
      const bytesRead = fs.readSync(fd, buffers[lane] as Buffer, 0, blockSize, position);
      lanes.done(lane, bytesRead, position);
      if (++lane === buffers.length) lane = 0;
    }
  };
  return {
    allocate,
    run,
    batch: run,
    read: (buffer, position) => fs.readSync(fd, buffer, 0, blockSize, position),
    close: async () => fs.closeSync(fd),
  };
}

/** `fs.read` with callbacks, on the thread pool. */
export async function openFsRead(job: Job): Promise<Reader> {
  const fd = fs.openSync(job.file, flags(job));
  const { blockSize } = job.workload;
  const run = (lanes: Lanes, from: number, to: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const { positions, buffers } = lanes;
      let next = from;
      let running = Math.min(buffers.length, to - from);
      const begin = (lane: number): void => {
        if (next === to) {
          if (--running === 0) resolve();
          return;
        }
        const position = positions[next++] as number;
        fs.read(fd, buffers[lane] as Buffer, 0, blockSize, position, (error, bytesRead) => {
          try {
            if (error !== null) throw error;
            lanes.done(lane, bytesRead, position);
          } catch (failure) {
            reject(failure);
            return;
          }
          begin(lane);
        });
      };
      for (let lane = running; lane-- > 0;) begin(lane);
    });
  return {
    allocate,
    run,
    batch: run,
    read: (buffer, position) =>
      new Promise((resolve, reject) => {
        fs.read(fd, buffer, 0, blockSize, position, (error, bytesRead) =>
          error === null ? resolve(bytesRead) : reject(error),
        );
      }),
    close: async () => fs.closeSync(fd),
  };
}

/** `FileHandle.read`: promises, on the thread pool. */
export async function openFileHandle(job: Job): Promise<Reader> {
  const handle = await fs.promises.open(job.file, flags(job));
  const { blockSize } = job.workload;
  return {
    allocate,
    ...promiseReader(
      (buffer, position) => handle.read(buffer, 0, blockSize, position),
      ({ bytesRead }) => bytesRead,
    ),
    close: () => handle.close(),
  };
}
