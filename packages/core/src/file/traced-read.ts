/** Single reads, with the events of {@link ReadTrace} for those who have subscribed. */
import type { BoundHandle } from '../overlapped/index.js';
import type { Abortable } from './abort-group.js';
import { readIsTraced, type ReadTrace, traceRead } from './diagnostics.js';
import { type ReadBatch, startBatchRead, startRead } from './pending-read.js';

/** {@link startRead}, with its events. */
export function startTracedRead(
  bound: BoundHandle,
  buffer: NodeJS.ArrayBufferView,
  offset: number,
  length: number,
  position: number | bigint,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (!readIsTraced()) return startRead(bound, buffer, offset, length, position, signal);
  const read = (): Promise<number> => startRead(bound, buffer, offset, length, position, signal);
  return traceRead(read, traceOf(bound, position, length));
}

/** {@link startBatchRead}, with its events. */
export function startTracedBatchRead(
  batch: ReadBatch,
  index: number,
  bound: BoundHandle,
  target: Uint8Array,
  length: number,
  position: number | bigint,
  signal: AbortSignal | undefined,
): Abortable | undefined {
  if (!readIsTraced()) return startBatchRead(batch, index, bound, target, length, position, signal);
  let read: Abortable | undefined;
  const heard = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const settle = (at: number, bytesRead: number, error: Error | undefined): void => {
        if (error === undefined) resolve(bytesRead);
        else reject(error);
        batch.settle(at, bytesRead, error);
      };
      read = startBatchRead(
        { together: batch.together, settle },
        index,
        bound,
        target,
        length,
        position,
        signal,
      );
    });
  traceRead(heard, traceOf(bound, position, length)).catch(ignore); // the batch hears of it
  return read;
}

function traceOf(bound: BoundHandle, position: number | bigint, length: number): ReadTrace {
  const { backend, file } = bound.handle;
  return { path: file.path, backend: backend.name, ranges: 1, position, length };
}

function ignore(): void {
  // See the comment at the call.
}
