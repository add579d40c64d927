/** Ctrl-C and its kind end a run in order: what it started ends first. */
import os from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Interrupted extends Error {
  constructor(private readonly by: (typeof SIGNALS)[number]) {
    super(`stopped by ${by}`);
  }

  /** As shells give it. */
  get exitCode(): number {
    return 128 + os.constants.signals[this.by];
  }
}

/** Does `work` with a signal that aborts, with an {@link Interrupted}, when somebody wants this process to end. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (by: (typeof SIGNALS)[number]): void => controller.abort(new Interrupted(by));
  for (const name of SIGNALS) process.on(name, abort);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, abort);
  }
}
