/** A progress bar on standard error where that is a terminal; nothing elsewhere. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** @param label what is being done now */
  update(done: number, label?: string): void;
  stop(): void;
}

export function startProgress(total: number, label: string): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: '{bar} {percentage}% {label}',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 30,
  });
  bar.start(total, 0, { label });
  return {
    update: (done, now) => bar.update(done, now === undefined ? {} : { label: now }),
    stop: () => bar.stop(),
  };
}
