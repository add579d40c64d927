/** Compiled, not run: an OverlappedFile goes where the reading half of a FileHandle is asked for, and its streams too. */
import type { OverlappedFile } from '@overlapped/core';
import type { ReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

export type ReadableHandle = Pick<
  FileHandle,
  | 'fd'
  | 'read'
  | 'readv'
  | 'readFile'
  | 'readLines'
  | 'stat'
  | 'createReadStream'
  | 'readableWebStream'
  | 'close'
  | typeof Symbol.asyncDispose
>;

export function handleOf(file: OverlappedFile): ReadableHandle {
  return file;
}

export function streamOf(file: OverlappedFile): Pick<ReadStream, keyof ReadStream> {
  return file.createReadStream();
}

/** FileHandle's event, which @types/node 20 does not mention. */
export function whenClosed(file: OverlappedFile, listener: () => void): OverlappedFile {
  return file.on('close', listener);
}
