/**
 * Which calls are ours. Anything else (files to be written, descriptors, FileHandles, arguments that are wrong) goes to
 * node:fs as it came, which does with it, or says of it, what it always did.
 */
import { constants } from 'node:fs';
import { open } from '../file/open.js';
import { checkReadFileOptions } from '../file/read-whole.js';
import type { OverlappedFile } from '../file/overlapped-file.js';
import { pathString } from '../validate.js';

const READ_ONLY: readonly unknown[] = [undefined, null, 'r', constants.O_RDONLY];

export type OurPath = string | Buffer | URL;

/** A path that our `open` takes, to be opened for nothing but reading. */
export function isOurs(path: unknown, flags: unknown): path is OurPath {
  return READ_ONLY.includes(flags) && isTaken(() => pathString(path));
}

/** Options of `readFile` that are ours, whatever its path. */
export function areOurs(options: unknown): boolean {
  return isTaken(() => checkReadFileOptions(options));
}

function isTaken(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false; // node:fs has its own error for it
  }
}

/** A file that is read from its start to its end. */
export function openToStream(path: OurPath): Promise<OverlappedFile> {
  return open(path, { access: 'sequential' });
}
