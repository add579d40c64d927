/** `readFile()`: a whole file in one buffer. */
import { freshForRead } from '../buffers/fresh.js';
import { poolOf } from '../buffers/pool.js';
import { codedError, invalidArgType, invalidArgValue } from '../errors.js';
import { checkSignal } from '../validate.js';
import type { OverlappedFile } from './overlapped-file.js';
import { advance } from './ranges.js';

/** Options of {@link OverlappedFile.readFile}. */
export interface ReadFileOptions {
  /** With one the result is a string; default: a Buffer. */
  readonly encoding?: BufferEncoding | null | undefined;
  /** Aborts: at once if it has fired, else as soon as the system lets go of the buffer (R66-R68). */
  readonly signal?: AbortSignal | undefined;
}

/** An encoding's name, or options, as node:fs takes them: anything false for the encoding is none. */
export function checkReadFileOptions(options: unknown): {
  encoding: BufferEncoding | undefined;
  signal: AbortSignal | undefined;
} {
  const bag = typeof options === 'string' ? { encoding: options } : (options ?? {});
  if (typeof bag !== 'object')
    throw invalidArgType('options', 'of type string or an instance of Object', options);
  const { encoding, signal } = bag as { encoding?: unknown; signal?: unknown };
  if (Boolean(encoding) && !Buffer.isEncoding(encoding as string)) {
    throw invalidArgValue('encoding', `is invalid encoding. Received '${String(encoding)}'`);
  }
  checkSignal(signal);
  return { encoding: (encoding || undefined) as BufferEncoding | undefined, signal };
}

/** A file shorter than this is over with its first read: no stat. */
const FIRST_BYTES = 64 << 10;
/** How much is asked for beyond the size that stat gave. */
const PROBE_BYTES = 16 << 10;
const MAX_FILE_BYTES = 2 ** 32 - 1;

/**
 * The file's bytes from its cursor to where a read says that it ends: stat's size may be 0 (/proc) or out of date. The
 * cursor then is at that end.
 */
export async function readWhole(
  file: OverlappedFile,
  signal: AbortSignal | undefined,
): Promise<Buffer<ArrayBuffer>> {
  const pool = poolOf(file.bound.handle.backend);
  // Lent: what a small file leaves of memory of its own would be garbage many times its size.
  const lent = pool.lend(FIRST_BYTES);
  try {
    const whole = await readFrom(file, file.cursor.at, signal, lent);
    file.cursor.take(whole.byteLength);
    return whole;
  } finally {
    pool.giveBack(lent);
  }
}

/** @param lent what the first read fills */
async function readFrom(
  file: OverlappedFile,
  start: number | bigint,
  signal: AbortSignal | undefined,
  lent: Uint8Array,
): Promise<Buffer<ArrayBuffer>> {
  const clamp = { signal, eof: 'clamp' } as const;
  const [first] = (await file.readMany([{ position: start, into: lent }], clamp)) as [Uint8Array];
  const isOver = first.byteLength < FIRST_BYTES;
  const size = isOver ? first.byteLength : Math.max(FIRST_BYTES, (await file.stat()).size - Number(start));
  if (size > MAX_FILE_BYTES) throw tooLarge(file.path, size);
  const whole = freshForRead(file.bound.handle.backend, size);
  whole.set(first);
  if (isOver) return whole;

  const into = whole.subarray(FIRST_BYTES);
  const [rest] = await file.readMany([{ position: advance(start, FIRST_BYTES), into }], clamp);
  const filled = FIRST_BYTES + (rest as Uint8Array).byteLength;
  if (filled < size) return whole.subarray(0, filled);

  const parts: Uint8Array[] = [whole];
  for (let at = size; ; at += PROBE_BYTES) {
    const more = await file.readExactly(advance(start, at), PROBE_BYTES, clamp);
    if (more.byteLength > 0) parts.push(more);
    if (more.byteLength < PROBE_BYTES) break;
  }
  return parts.length === 1 ? whole : Buffer.concat(parts);
}

function tooLarge(path: string, size: number): Error {
  const text = `File size (${size}) is greater than 4 GiB: '${path}'. Use chunks() or readExactly()`;
  return codedError(new RangeError(text), 'ERR_FS_FILE_TOO_LARGE');
}
