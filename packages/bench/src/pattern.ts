/**
 * Files whose content follows from the position, so that a read can be checked without a second reader: each aligned
 * 32-bit word is its own index times an odd constant, so no two words of a file below 16 GiB are equal.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const MULTIPLIER = 0x9e37_79b1;
const WORD_BYTES = 4;
const BLOCK_BYTES = 1 << 20;

/** The word at `position`, a multiple of 4, as `readUInt32LE` gives it. */
export function patternWord(position: number): number {
  return Math.imul(position / WORD_BYTES + 1, MULTIPLIER) >>> 0;
}

/** The bytes of a pattern file from `position` on; any position, any length. */
export function patternBytes(position: number, length: number): Buffer {
  const first = position - (position % WORD_BYTES);
  const words = new Uint32Array(Math.ceil((position + length - first) / WORD_BYTES));
  const index = first / WORD_BYTES + 1;
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(index + i, MULTIPLIER);
  const bytes = Buffer.from(words.buffer);
  if (os.endianness() === 'BE') bytes.swap32();
  return bytes.subarray(position - first, position - first + length);
}

/** Where the benchmark and the demo keep their files between runs. Not the system's temporary folder: that may be in
 * memory, where direct reads fail. */
export const CACHE_DIRECTORY = path.join(__dirname, '../../../../.cache/bench');

/** True if `file` is a pattern file of `size` bytes, judged by its size and by both ends. */
function isPatternFile(file: string, size: number): boolean {
  if (fs.statSync(file, { throwIfNoEntry: false })?.size !== size) return false;
  const fd = fs.openSync(file, 'r');
  try {
    const length = Math.min(size, BLOCK_BYTES);
    return [0, size - length].every((position) => {
      const bytes = Buffer.alloc(length);
      return (
        fs.readSync(fd, bytes, 0, length, position) === length && bytes.equals(patternBytes(position, length))
      );
    });
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Makes a pattern file of `size` bytes, or keeps the one of an earlier run. A run that is interrupted leaves none.
 * @param onProgress gets the bytes written so far
 * @returns its path
 */
export function ensurePatternFile(
  size: number,
  onProgress: (bytes: number) => void = () => undefined,
  directory: string = CACHE_DIRECTORY,
): string {
  const file = path.join(directory, `pattern-${size}.bin`);
  if (isPatternFile(file, size)) return file;
  fs.mkdirSync(directory, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  const fd = fs.openSync(unfinished, 'w');
  try {
    for (let position = 0; position < size; position += BLOCK_BYTES) {
      const bytes = patternBytes(position, Math.min(BLOCK_BYTES, size - position));
      for (let done = 0; done < bytes.length;) {
        done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
      }
      onProgress(position + bytes.length);
    }
    fs.fsyncSync(fd); // direct reads of unwritten pages would time the writing
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(unfinished, file);
  return file;
}
