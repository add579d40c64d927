/** This library's ways to read positions, on a backend by name. */
import { open, type OverlappedFile } from '@overlapped/core';
import type { Job } from '../job.js';
import { type Lanes, type Reader, runPromiseLanes } from './lanes.js';
import { allocate } from './node-readers.js';
import type { OpenReader } from './random.js';

type Run = (file: OverlappedFile, lanes: Lanes, from: number, to: number) => Promise<void>;

function opener(backend: string, run: Run): OpenReader {
  return async (job: Job): Promise<Reader> => {
    const file = await open(job.file, { backend, direct: job.workload.cache === 'direct' });
    return {
      allocate: (bytes) => allocate(job, bytes, backend),
      run: (lanes, from, to) => run(file, lanes, from, to),
      close: () => file.close(),
    };
  };
}

/** The lean path. */
export function openReadAt(backend: string): OpenReader {
  return opener(backend, (file, lanes, from, to) =>
    runPromiseLanes(
      lanes,
      from,
      to,
      (buffer, position) => file.readAt(buffer, position),
      (bytesRead) => bytesRead,
    ),
  );
}

/** FileHandle's signature and result. */
export function openRead(backend: string): OpenReader {
  return opener(backend, (file, lanes, from, to) =>
    runPromiseLanes(
      lanes,
      from,
      to,
      (buffer, position) => file.read(buffer, 0, buffer.length, position),
      ({ bytesRead }) => bytesRead,
    ),
  );
}

/** One call for all ranges, into the lanes' memory. */
export function openReadManyInto(backend: string): OpenReader {
  return opener(backend, async (file, lanes, from, to) => {
    const positions = lanes.positions.subarray(from, to);
    for (let done = 0; done < positions.length; done += lanes.buffers.length) {
      const batch = positions.subarray(done, done + lanes.buffers.length);
      const ranges = Array.from(batch, (position, i) => ({ position, into: lanes.buffers[i] as Buffer }));
      const results = await file.readMany(ranges);
      for (const [i, { byteLength }] of results.entries()) lanes.done(i, byteLength, batch[i] as number);
    }
  });
}

/** One call for all ranges, into memory that the library makes and the caller keeps. */
export function openReadMany(backend: string): OpenReader {
  return opener(backend, async (file, lanes, from, to) => {
    const { verifier, positions, buffers } = lanes;
    const length = buffers[0]?.length ?? 0;
    for (let done = from; done < to; done += buffers.length) {
      const batch = positions.subarray(done, Math.min(done + buffers.length, to));
      const results = await file.readMany(Array.from(batch, (position) => ({ position, length })));
      for (const [i, bytes] of results.entries()) {
        verifier.glance(bytes, bytes.byteLength, length, batch[i] as number);
      }
    }
  });
}
