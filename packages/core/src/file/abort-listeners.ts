/**
 * One listener for each signal, however many reads it can abort: Node warns of a leak from the eleventh listener on,
 * and a signal over a batch of reads is the ordinary case.
 */

/** What an abort is passed on to. */
export interface Abortable {
  onAbort(): void;
}

interface Watch {
  readonly reads: Set<Abortable>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/** Calls `read.onAbort` when `signal` aborts, until {@link unwatch}. */
export function watch(signal: AbortSignal, read: Abortable): void {
  let entry = watches.get(signal);
  if (entry === undefined) {
    const reads = new Set<Abortable>();
    entry = { reads, listener: () => reads.forEach((each) => each.onAbort()) };
    watches.set(signal, entry);
    signal.addEventListener('abort', entry.listener);
  }
  entry.reads.add(read);
}

/** The read has ended: a later abort does not reach it (R69). The last one takes the listener away. */
export function unwatch(signal: AbortSignal, read: Abortable): void {
  const entry = watches.get(signal);
  if (entry === undefined) return;
  entry.reads.delete(read);
  if (entry.reads.size > 0) return;
  signal.removeEventListener('abort', entry.listener);
  watches.delete(signal);
}
