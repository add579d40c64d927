/** How far it is, on standard error. */
import { Format, type Options, SingleBar } from 'cli-progress';

export interface Progress {
  /**
   * @param label what is being done now
   * @param detail more of it, for a bar only
   */
  update(done: number, label?: string, detail?: string): void;
  /** It has become more than was known. */
  extend(total: number): void;
  stop(): void;
}

/** Nothing is known before the first step: the library would say 0s, then NFs. */
function formatTime(seconds: number, options: Options, roundTo: number): string {
  return Number.isFinite(seconds) && seconds > 0 ? Format.TimeFormat(seconds, options, roundTo) : '?';
}

/**
 * A bar with the time left on a terminal; nothing elsewhere.
 * @param total what `done` comes to at the end
 */
export function startProgress(total: number, label: string): Progress {
  if (!process.stderr.isTTY)
    return { update: () => undefined, extend: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: '{bar} {percentage}%, {eta_formatted} left  {label} {detail}',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 30,
    etaBuffer: 50, // measurements differ in length
    formatTime,
  });
  bar.start(total, 0, { label, detail: '' });
  return {
    update(done, now = label, detail = '') {
      bar.update(done, { label: now, detail });
    },
    extend: (more) => bar.setTotal(more),
    stop: () => bar.stop(),
  };
}

/** The same bar on a terminal; elsewhere a line for each new label. */
export function startLoggedProgress(total: number): Progress {
  if (process.stderr.isTTY) return startProgress(total, '');
  let current: string | undefined;
  let last = total;
  return {
    update(done, label) {
      if (label !== current) process.stderr.write(`[${done}/${last}] ${label}\n`);
      current = label;
    },
    extend: (more) => (last = more),
    stop: () => undefined,
  };
}
