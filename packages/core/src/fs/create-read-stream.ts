/** `fs.createReadStream`: a stream that is returned at once, and opens its file by itself. */
import fs, { type PathLike, type ReadStream } from 'node:fs';
import { OverlappedFile } from '../file/overlapped-file.js';
import { OverlappedReadStream, type ReadStreamOptions } from '../stream/read-stream.js';
import { isOurs, openToStream } from './ours.js';

type NodeOptions = Exclude<Parameters<typeof fs.createReadStream>[1], string | undefined>;

/** node:fs's options, an {@link OverlappedFile} for `fd` too, and what `file.createReadStream` has beyond them. */
export type CreateReadStreamOptions = Omit<NodeOptions, 'fd' | 'start' | 'end'> &
  ReadStreamOptions & {
    /** A file that is open already: then `path` is not looked at. */
    readonly fd?: NodeOptions['fd'] | OverlappedFile | null;
  };

/**
 * As node:fs's. With `flags` other than 'r', with an `fd` that is no {@link OverlappedFile}, or with an `fs` of the caller's
 * it is node:fs's own.
 */
export function createReadStream(
  path: PathLike,
  options?: BufferEncoding | CreateReadStreamOptions | null,
): ReadStream | OverlappedReadStream {
  const bag = typeof options === 'string' ? { encoding: options } : (options ?? {});
  if (typeof bag !== 'object') return fs.createReadStream(path, options as NodeOptions); // which refuses it
  const { fd, ...others } = bag;
  if (fd instanceof OverlappedFile) return fd.createReadStream(others);
  const source = fd ?? others.fs ?? undefined;
  if (source !== undefined || !isOurs(path, others.flags)) {
    return fs.createReadStream(path, options as NodeOptions);
  }
  return new OverlappedReadStream({ path, open: () => openToStream(path) }, others);
}
