/** Checks what a peer read, so that a fast wrong reader fails its measurement. */
import fs from 'node:fs';
import type { Job } from './job.js';
import { patternBytes, patternWord } from './pattern.js';

export class Verifier {
  /** Reads that were compared. */
  count = 0;
  private fd: number | undefined;

  constructor(private readonly job: Job) {}

  /**
   * Checks a read in the timed part: its length, and its first word where the content is known. Costs a few nanoseconds,
   * the same for every peer that runs in Node.
   */
  glance(bytes: Uint8Array, bytesRead: number, expected: number, position: number): void {
    if (bytesRead !== expected) throw wrong(position, `${bytesRead} bytes instead of ${expected}`);
    if (!this.job.patterned || expected < 4 || position % 4 !== 0) return;
    if (firstWord(bytes) !== patternWord(position)) throw wrong(position, 'wrong content');
    this.count++;
  }

  /** Compares every byte. Not for the timed part. */
  inspect(bytes: Uint8Array, position: number): void {
    if (Buffer.compare(bytes, this.expected(position, bytes.byteLength)) !== 0) {
      throw wrong(position, 'wrong content');
    }
    this.count++;
  }

  close(): void {
    if (this.fd !== undefined) fs.closeSync(this.fd);
    this.fd = undefined;
  }

  private expected(position: number, length: number): Buffer {
    if (this.job.patterned) return patternBytes(position, length);
    this.fd ??= fs.openSync(this.job.file, 'r');
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, fs.readSync(this.fd, bytes, 0, length, position));
  }
}

function firstWord(bytes: Uint8Array): number {
  const [a, b, c, d] = [bytes[0] as number, bytes[1] as number, bytes[2] as number, bytes[3] as number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

function wrong(position: number, what: string): Error {
  return new Error(`the read at ${position} gave ${what}`);
}
