/** What must be undone however the process ends: by itself, or by Ctrl-C. */
import os from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const cleanups = new Set<() => void>();

function runAll(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}

/**
 * Ends as the signal does by default, which shells count as 130 for Ctrl-C. `process.exit` would wait for the pool's
 * threads, and so for a pipe that is never written to.
 */
function endBy(signal: (typeof SIGNALS)[number]): void {
  runAll();
  if (process.platform === 'win32') process.exit(128 + os.constants.signals[signal]);
  process.kill(process.pid, signal);
}

process.once('exit', runAll);
for (const signal of SIGNALS) process.once(signal, endBy);

/** Runs `cleanup` when the process ends. @returns a function that runs it now instead */
export function atEnd(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => {
    if (cleanups.delete(cleanup)) cleanup();
  };
}
