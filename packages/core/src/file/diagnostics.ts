/**
 * Tracing channels in Node's form: `tracing:overlapped.open:*` and `tracing:overlapped.read:*`. Nobody pays for them who
 * does not subscribe.
 */
import { tracingChannel } from 'node:diagnostics_channel';

/** What subscribers get: the same object at start, end, asyncStart, asyncEnd and error. */
export interface OpenTrace {
  readonly path: string;
  readonly backend: string;
  /** On success: the file. */
  result?: unknown;
  error?: unknown;
}

export interface ReadTrace {
  readonly path: string;
  readonly backend: string;
  readonly position: number | bigint;
  /** Bytes asked for. */
  readonly length: number;
  /** On success: bytes read. */
  result?: unknown;
  error?: unknown;
}

const openChannel = tracingChannel('overlapped.open');
const readChannel = tracingChannel('overlapped.read');

/** `hasSubscribers` of tracing channels came with Node 20.13; before, nothing is traced. */
interface Subscribable {
  readonly hasSubscribers?: boolean;
}

export function readIsTraced(): boolean {
  return (readChannel as Subscribable).hasSubscribers === true;
}

export function traceRead(read: () => Promise<number>, trace: ReadTrace): Promise<number> {
  return readChannel.tracePromise(read, trace);
}

export function traceOpen<T>(open: () => Promise<T>, trace: OpenTrace): Promise<T> {
  return (openChannel as Subscribable).hasSubscribers === true
    ? openChannel.tracePromise(open, trace)
    : open();
}
