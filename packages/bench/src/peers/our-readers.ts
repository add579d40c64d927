/** This library's ways to read positions, on a backend by name. */
import { open, type OverlappedFile } from '@overlapped/core';
import { type BatchReader, type Lanes, type Open, promiseReader, type Reader } from './lanes.js';
import { allocate } from './node-readers.js';

function opener<R>(
  backend: string,
  way: (file: OverlappedFile) => R,
): Open<R & Pick<BatchReader, 'allocate' | 'close'>> {
  return async (job) => {
    const file = await open(job.file, { backend, direct: job.workload.cache === 'direct' });
    return {
      allocate,
      ...way(file),
      close: () => file.close(),
    };
  };
}

function readAtOf(file: OverlappedFile): Pick<Reader, 'run' | 'batch' | 'read'> {
  const readAt = (buffer: Buffer, position: number): Promise<number> => file.readAt(buffer, position);
  return { ...promiseReader(readAt, (bytesRead) => bytesRead), read: readAt };
}

/** The lean path. */
export function openReadAt(backend: string): Open<Reader> {
  return opener(backend, readAtOf);
}

/** The same into Buffers of Node's, which the library can't register with the system. */
export function openReadAtBuffers(backend: string): Open<Reader> {
  return opener(backend, (file) => ({
    ...readAtOf(file),
    allocate: (bytes: number) => Buffer.allocUnsafeSlow(bytes),
  }));
}

/** FileHandle's signature and result. */
export function openRead(backend: string): Open<Reader> {
  return opener(backend, (file) =>
    promiseReader(
      (buffer, position) => file.read(buffer, 0, buffer.length, position),
      ({ bytesRead }) => bytesRead,
    ),
  );
}

/** One call for all ranges, into the lanes' memory. */
export function openReadManyInto(backend: string): Open<BatchReader> {
  return opener(backend, (file) => ({
    async batch(lanes: Lanes, from: number, to: number) {
      const { buffers, positions } = lanes;
      const ranges = buffers.slice(0, to - from).map((into, lane) => ({
        position: positions[from + lane] as number,
        into,
      }));
      const results = await file.readMany(ranges);
      for (const [lane, { length }] of results.entries()) {
        lanes.done(lane, length, positions[from + lane] as number);
      }
    },
  }));
}

/** One call for all ranges, into memory that the library makes and the caller keeps. */
export function openReadMany(backend: string): Open<BatchReader> {
  return opener(backend, (file) => ({
    async batch({ verifier, positions, buffers }: Lanes, from: number, to: number) {
      const ranges = buffers.slice(0, to - from).map(({ length }, lane) => ({
        position: positions[from + lane] as number,
        length,
      }));
      const results = await file.readMany(ranges);
      for (const [lane, bytes] of results.entries()) {
        const { position, length } = ranges[lane] as (typeof ranges)[number];
        verifier.glance(bytes, bytes.length, length, position);
      }
    },
  }));
}
