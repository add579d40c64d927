/** How far it is, on standard error where that is a terminal. */
import { Format, type Options, Presets, SingleBar } from 'cli-progress';
import { atEnd } from './ending.js';

export interface Progress {
  /** @param detail what is being done now */
  advance(amount: number, detail: string): void;
  /** Takes the bar away until the next advance, so that other lines can share its terminal. */
  hide(): void;
  stop(): void;
}

const NONE: Progress = { advance: () => undefined, hide: () => undefined, stop: () => undefined };

/** Nothing is known before the first step: the library would say 0s, then NFs. */
function formatTime(seconds: number, options: Options, roundTo: number): string {
  return Number.isFinite(seconds) && seconds > 0 ? Format.TimeFormat(seconds, options, roundTo) : '?';
}

/** A bar with the time left on a terminal; nothing elsewhere. @param total what all that advances comes to */
export function startProgress(total: number): Progress {
  if (!process.stderr.isTTY) return NONE;
  const options = {
    format: '{bar} {percentage}%, {eta_formatted} left  {detail}',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false, // see atEnd
    barsize: 30,
    etaBuffer: 50,
    formatTime,
  };
  const bar = new SingleBar(options, Presets.shades_classic);
  let done = 0;
  const hide = (): void => {
    if (bar.isActive) bar.stop();
  };
  const advance = (amount: number, detail: string): void => {
    done += amount;
    if (bar.isActive) bar.update(done, { detail });
    else bar.start(total, done, { detail });
  };
  return { advance, hide, stop: atEnd(hide) };
}
