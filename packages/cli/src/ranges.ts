/** Ranges of bytes as in HTTP's Range header (RFC 9110, 14.1.2): `0-99`, `100-`, `-500`, several with commas. */
import { CommandError } from './failure.js';

/** Bytes from `start` to `end`, both included; or up to the end of the file; or the `last` ones. */
export type ByteRange = { readonly start: number; readonly end?: number } | { readonly last: number };

/** Bytes from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

function parseNumber(digits: string): number {
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${digits} is larger than 2^53 - 1.`);
  return value;
}

function parseRange(text: string): ByteRange {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(text) ?? [];
  if (first === '' && last === '') {
    throw new RangeError(
      `'${text}' is no range. Write 0-99 (the first 100 bytes), 100- or -500 (the last 500).`,
    );
  }
  if (first === '') return { last: parseNumber(last) };
  const start = parseNumber(first);
  if (last === '') return { start };
  const end = parseNumber(last);
  if (end < start) throw new RangeError(`${text} ends before it begins.`);
  return { start, end };
}

/** @throws RangeError saying what is wrong */
export function parseRanges(text: string): ByteRange[] {
  return text.split(',').map((part) => parseRange(part.trim()));
}

/** As a server would: cut at the end of the file. @throws CommandError if nothing is left, as status 416 */
export function spanOf(range: ByteRange, size: number, path: string): Span {
  const start = 'last' in range ? Math.max(0, size - range.last) : range.start;
  const end = 'last' in range || range.end === undefined ? size : Math.min(range.end + 1, size);
  if (start < end) return { start, end };
  throw new CommandError(
    `${path} has ${size} bytes, none of them in the range ${formatRange(range)}. Ask for bytes that it has.`,
  );
}

function formatRange(range: ByteRange): string {
  return 'last' in range ? `-${range.last}` : `${range.start}-${range.end ?? ''}`;
}
