/**
 * Tracing channels in Node's form, for `diagnostics_channel.tracingChannel('overlapped:read')`, `'overlapped:open'` and
 * `'overlapped:close'`: each publishes `start`, `end`, `asyncStart`, `asyncEnd` and `error`. Nobody pays for them who does
 * not subscribe.
 */
import { tracingChannel } from 'node:diagnostics_channel';

/** What subscribers get of an open or a close: the same object at start, end, asyncStart, asyncEnd and error. */
export interface FileTrace {
  /** As `open` was given it. */
  readonly path: string;
  /** Of an open, the backend that was chosen; it may hand the file over to another one. */
  readonly backend: string;
  /** Once an open has succeeded: the file. */
  result?: unknown;
  /** On failure: what the promise rejects with. */
  error?: unknown;
}

/**
 * What subscribers get of a read: one event for each `read`, `readAt`, buffer of `readv` and chunk that is read ahead;
 * one for the whole of a `readMany`, whatever it takes.
 */
export interface ReadTrace {
  /** Of the file. */
  readonly path: string;
  /** Of the file. */
  readonly backend: string;
  /** Ranges of the batch; 1 for all other reads. */
  readonly ranges: number;
  /** First byte of the file; of a batch, of its first range. 0 for a batch of no ranges. */
  readonly position: number | bigint;
  /** Bytes asked for, in all ranges together. */
  readonly length: number;
  /** On success: bytes read. */
  result?: unknown;
  /** On failure: what the promise rejects with. */
  error?: unknown;
}

const openChannel = tracingChannel('overlapped:open');
const readChannel = tracingChannel('overlapped:read');
const closeChannel = tracingChannel('overlapped:close');

type Channel = typeof readChannel;

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

/** Tracing channels say themselves whether anyone subscribes from Node 20.13 on, and not in Bun. */
function isTraced(channel: Channel): boolean {
  const { hasSubscribers } = channel as { readonly hasSubscribers?: boolean };
  return hasSubscribers ?? EVENTS.some((event) => channel[event].hasSubscribers);
}

/** Asked before a {@link ReadTrace} is made. */
export function readIsTraced(): boolean {
  return isTraced(readChannel);
}

export function traceRead(read: () => Promise<number>, trace: ReadTrace): Promise<number> {
  return readChannel.tracePromise(read, trace);
}

export function traceOpen<T>(open: () => Promise<T>, trace: FileTrace): Promise<T> {
  return isTraced(openChannel) ? openChannel.tracePromise(open, trace) : open();
}

export function traceClose(close: () => Promise<void>, trace: FileTrace): Promise<void> {
  return isTraced(closeChannel) ? closeChannel.tracePromise(close, trace) : close();
}
