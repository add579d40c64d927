/** Options of the file API, and their checks. */
import type { AccessHint } from '../backend.js';
import { invalidArgType, invalidArgValue } from '../errors.js';
import type { BackendChoice } from '../selector/index.js';

/** How {@link open} opens a file. */
export interface OpenOptions {
  /** A backend's name, or a backend. Named explicitly it fails loudly where it can't be had (R85). */
  readonly backend?: BackendChoice | undefined;
  /**
   * Bypass the page cache (O_DIRECT, FILE_FLAG_NO_BUFFERING). `read` and `readAt` then want position, length and
   * memory aligned to 4096 bytes (`allocAligned`); everything else aligns by itself.
   */
  readonly direct?: boolean | undefined;
  /**
   * What the reads will be like: a hint to the system's read-ahead. Default `random`. Windows is told; Linux goes by the reads themselves, and
   * is not.
   */
  readonly access?: AccessHint | undefined;
}

/** What happens when a range goes past the end of the file. */
export type EofPolicy =
  /** Reject with ERR_OVERLAPPED_UNEXPECTED_EOF. */
  | 'error'
  /** Give what there is: a shorter array. */
  | 'clamp';

/** What {@link OverlappedFile.readMany} and {@link OverlappedFile.readExactly} do at the end of the file, and until when. */
export interface RangeOptions {
  /** Aborts: at once if it has fired, else as soon as the system lets go of the buffer (R66-R68). */
  readonly signal?: AbortSignal | undefined;
  /** Default `error`. */
  readonly eof?: EofPolicy | undefined;
}

const ACCESS_HINTS: readonly unknown[] = ['random', 'sequential', 'normal', undefined];

/** `open(path)`, `open(path, 'r')` as with fs.promises.open, `open(path, options)`. */
export function checkOpenOptions(value: unknown): OpenOptions {
  if (value === undefined || value === 'r') return {};
  if (typeof value === 'string')
    throw invalidArgValue('flags', `must be 'r': files are only read. Received '${value}'`);
  if (typeof value !== 'object' || value === null) throw invalidArgType('options', 'of type object', value);
  const options = value as OpenOptions;
  if (options.direct !== undefined && typeof options.direct !== 'boolean') {
    throw invalidArgType('options.direct', 'of type boolean', options.direct);
  }
  if (!ACCESS_HINTS.includes(options.access)) {
    throw invalidArgValue('options.access', "must be 'random', 'sequential' or 'normal'");
  }
  return options;
}

export function checkEofPolicy(value: unknown): EofPolicy {
  if (value === undefined || value === 'error') return 'error';
  if (value === 'clamp') return 'clamp';
  throw invalidArgValue('options.eof', "must be 'error' or 'clamp'");
}
