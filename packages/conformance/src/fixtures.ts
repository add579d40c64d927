/** Files whose every byte is known from its position, so that any read can be checked without a second reader. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fifo, namedPipe, type PendingSource } from './pending-source.js';

/** The byte at `position` of every pattern file. Neighbouring blocks differ, also at the same offset in them. */
export function patternByte(position: number): number {
  return (Math.imul(position ^ (position >>> 9) ^ (position >>> 17), 0x9e37_79b1) >>> 24) & 0xff;
}

/** The bytes that a read of `length` at `position` must give. */
export function pattern(position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let i = 0; i < length; i++) bytes[i] = patternByte(position + i);
  return bytes;
}

/** Makes files in a temporary folder of its own. */
export class Fixtures {
  private directory: string | undefined;
  private count = 0;

  /** A new path in this suite's own folder. */
  path(name = 'file'): string {
    this.directory ??= fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-'));
    return path.join(this.directory, `${this.count++}-${name}`);
  }

  /** A pattern file of `bytes` bytes. */
  file(bytes: number): string {
    const file = this.path();
    fs.writeFileSync(file, pattern(0, bytes));
    return file;
  }

  /** A sparse file of `size` bytes with `content` at `position`: all else is a hole. */
  sparse(size: number, position: number, content: Uint8Array): string {
    const file = this.path('sparse');
    const fd = fs.openSync(file, 'w');
    try {
      fs.ftruncateSync(fd, size);
      fs.writeSync(fd, content, 0, content.byteLength, position);
    } finally {
      fs.closeSync(fd);
    }
    return file;
  }

  /** A FIFO with no data, on systems that have them. End it before the test ends. */
  fifo(): PendingSource {
    return fifo(this.path('fifo'));
  }

  /** Something to read that has no data yet: a FIFO, or a named pipe on Windows. End it before the test ends. */
  pendingSource(): Promise<PendingSource> {
    return process.platform === 'win32' ? namedPipe() : Promise.resolve(this.fifo());
  }

  /** Removes the folder. */
  dispose(): void {
    if (this.directory !== undefined) fs.rmSync(this.directory, { recursive: true, force: true });
    this.directory = undefined;
  }
}
