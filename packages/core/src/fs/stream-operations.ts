/**
 * What `fs.createReadStream`'s own `fs` option takes: for programs that make their streams themselves and hand their
 * options on, as send and serve-static do.
 */
import type { OverlappedFile } from '../file/overlapped-file.js';
import { open } from '../file/open.js';

/**
 * `serveStatic(root, { fs: streamOperations })`. The stream's descriptor is then the {@link OverlappedFile} itself, and it
 * reads one chunk after the other, as it would from node:fs.
 */
export const streamOperations = {
  /** As `fs.open`, for reading. */
  open(
    path: string | Buffer | URL,
    flags: string,
    _mode: unknown,
    callback: (error: unknown, file?: OverlappedFile) => void,
  ): void {
    open(path, flags as 'r').then((file) => process.nextTick(callback, null, file), later(callback));
  },

  /** As `fs.read`. */
  read(
    file: OverlappedFile,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number | null | undefined,
    callback: (error: unknown, bytesRead?: number, buffer?: Buffer) => void,
  ): void {
    file
      .read(buffer, offset, length, position)
      .then(({ bytesRead }) => process.nextTick(callback, null, bytesRead, buffer), later(callback));
  },

  /** As `fs.close`. */
  close(file: OverlappedFile, callback: (error: unknown) => void): void {
    file.close().then(() => process.nextTick(callback, null), later(callback));
  },
};

/** A callback that throws is an uncaught exception, not a rejected promise. */
function later(callback: (error: unknown) => void): (error: unknown) => void {
  return (error) => process.nextTick(callback, error);
}
