/** `readFile()`: a whole file in one buffer. */
import { codedError } from '../errors.js';
import type { OverlappedFile } from './overlapped-file.js';

/** A file shorter than this is over with its first read: no stat, no second buffer. */
const FIRST_BYTES = 64 << 10;
/** How much is asked for beyond the size that stat gave. */
const PROBE_BYTES = 16 << 10;
const MAX_FILE_BYTES = 2 ** 32 - 1;

/** The file's bytes from its start to where a read says that it ends: stat's size may be 0 (/proc) or out of date. */
export async function readWhole(file: OverlappedFile, signal: AbortSignal | undefined): Promise<Buffer> {
  const clamp = { signal, eof: 'clamp' } as const;
  const first = await file.readExactly(0, FIRST_BYTES, clamp);
  if (first.byteLength < FIRST_BYTES) return asBuffer(first);

  const size = Math.max(FIRST_BYTES, (await file.stat()).size);
  if (size > MAX_FILE_BYTES) throw tooLarge(file.path, size);
  const whole = Buffer.allocUnsafeSlow(size);
  whole.set(first);
  const into = whole.subarray(FIRST_BYTES);
  const [rest] = await file.readMany([{ position: FIRST_BYTES, into }], clamp);
  const filled = FIRST_BYTES + (rest as Uint8Array).byteLength;
  if (filled < size) return whole.subarray(0, filled);

  const parts: Uint8Array[] = [whole];
  for (let position = size; ; position += PROBE_BYTES) {
    const more = await file.readExactly(position, PROBE_BYTES, clamp);
    if (more.byteLength > 0) parts.push(more);
    if (more.byteLength < PROBE_BYTES) break;
  }
  return parts.length === 1 ? whole : Buffer.concat(parts);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooLarge(path: string, size: number): Error {
  const text = `File size (${size}) is greater than 4 GiB: '${path}'. Use chunks() or readExactly()`;
  return codedError(new RangeError(text), 'ERR_FS_FILE_TOO_LARGE');
}
