/** What `@overlapped/core/fs/promises` has by name. */
import { promises, type Mode, type OpenMode, type PathLike } from 'node:fs';
import { open as openOverlapped } from '../file/open.js';
import { OverlappedFile } from '../file/overlapped-file.js';
import { areOurs, isOurs, openToStream } from './ours.js';

export * from 'node:fs/promises';

/**
 * For reading (`flags` 'r', O_RDONLY, or none) an {@link OverlappedFile}; for all else, and of a directory, node:fs's
 * FileHandle.
 */
export function open(path: PathLike, flags?: 'r'): Promise<OverlappedFile>;
export function open(
  path: PathLike,
  flags?: string | number,
  mode?: Mode,
): Promise<OverlappedFile | promises.FileHandle>;
export async function open(
  path: PathLike,
  flags?: string | number,
  mode?: Mode,
): Promise<OverlappedFile | promises.FileHandle> {
  if (mode !== undefined || !isOurs(path, flags)) return promises.open(path, flags, mode);
  try {
    return await openOverlapped(path);
  } catch (error) {
    // A directory has nothing to read, but its FileHandle can be synced.
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return promises.open(path, flags);
    throw error;
  }
}

/** As node:fs's; of an {@link OverlappedFile} too. */
export const readFile = (async (path: unknown, options?: { flag?: OpenMode } | string | null) => {
  if (path instanceof OverlappedFile) return path.readFile(options as never);
  const flag = typeof options === 'object' ? options?.flag : undefined;
  if (!areOurs(options) || !isOurs(path, flag)) return promises.readFile(path as PathLike, options as never);
  const file = await openToStream(path);
  try {
    return await file.readFile(options as never);
  } finally {
    await file.close();
  }
}) as typeof promises.readFile;
