/**
 * One listener per signal, however many reads it may abort: a listener each would cost more, and Node warns of a leak
 * from the eleventh on.
 */

/** What a signal can end. */
export interface Abortable {
  readonly onAbort: () => void;
}

interface AbortGroup {
  readonly reads: Set<Abortable>;
  readonly listener: () => void;
}

const groups = new WeakMap<AbortSignal, AbortGroup>();

function join(signal: AbortSignal): AbortGroup {
  const reads = new Set<Abortable>();
  const listener = (): void => {
    for (const read of reads) read.onAbort();
  };
  signal.addEventListener('abort', listener);
  const group = { reads, listener };
  groups.set(signal, group);
  return group;
}

/** Calls `read.onAbort` when the signal fires, until {@link unwatch}. */
export function watch(signal: AbortSignal, read: Abortable): void {
  (groups.get(signal) ?? join(signal)).reads.add(read);
}

/**
 * A late abort must not name a record that another read uses by then (R69). The last read out removes the listener: a
 * signal that outlives its reads holds nothing of ours.
 */
export function unwatch(signal: AbortSignal, read: Abortable): void {
  const group = groups.get(signal);
  if (group === undefined) return;
  group.reads.delete(read);
  if (group.reads.size > 0) return;
  signal.removeEventListener('abort', group.listener);
  groups.delete(signal);
}
