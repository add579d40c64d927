/** A progress bar on standard error where that is a terminal; nothing elsewhere. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** One more program has begun. */
  step(): void;
  stop(): void;
}

export function startProgress(total: number, label: string): Progress {
  if (!process.stderr.isTTY) return { step: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: `${label} {bar} {value} programs`,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 30,
  });
  bar.start(total, 0);
  return { step: () => bar.increment(), stop: () => bar.stop() };
}
