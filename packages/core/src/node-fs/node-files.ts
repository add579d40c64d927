/** Files opened through `node:fs`: for the portable backend, and for any backend that reads by file descriptor. */
import fs from 'node:fs';
import type { BackendFile, FileKind, OpenRequest } from '../backend.js';
import { type NativeError, systemError, win32FromNodeError } from '../errors.js';

const { O_RDONLY, O_WRONLY, S_IFMT, S_IFREG, S_IFDIR, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK } = fs.constants;
/** 0 where the system has none (Windows, macOS). */
const O_DIRECT = (fs.constants as { O_DIRECT?: number }).O_DIRECT ?? 0;

/** O_RDONLY; libuv adds O_CLOEXEC. No O_CREAT, O_TRUNC or O_NONBLOCK (R1, R2). */
function flagsOf(request: OpenRequest): number {
  return (request.readable ? O_RDONLY : O_WRONLY) | (request.direct ? O_DIRECT : 0);
}

/** Whether `direct` opens can be had here at all. */
export const hasDirect = O_DIRECT !== 0;

/** By the type in `st_mode`. Windows lacks some of them. */
const KINDS: ReadonlyMap<number | undefined, FileKind> = new Map([
  [S_IFREG, 'regular'],
  [S_IFBLK, 'block'],
  [S_IFCHR, 'character'],
  [S_IFIFO, 'pipe'],
  [S_IFSOCK, 'pipe'],
]);

/** What can be said of a descriptor's `st_mode` without waiting; 0: nothing. */
type ModeOf = (fd: number) => number;

/** Node's error in our form: the same code on every backend, Node's number kept (R3). */
function fromNodeError(error: unknown, syscall: string, path: string, backend: string): Error {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === undefined || errno === undefined) return error as Error; // an argument error
  const native: NativeError = { kind: 'uv', code: errno };
  const win32 = win32FromNodeError(error as NodeJS.ErrnoException);
  return systemError({ syscall, win32, native, path, backend });
}

/** A call of node:fs on this thread, with its errors in our form. */
function attempt<T>(call: () => T, syscall: string, path: string, backend: string): T {
  try {
    return call();
  } catch (error) {
    throw fromNodeError(error, syscall, path, backend);
  }
}

function unsupportedDirect(request: OpenRequest, backend: string): Error {
  const detail = 'direct reads are not available through node:fs on this system';
  return systemError({ syscall: 'open', win32: 50, path: request.path, backend, detail });
}

/** Refused at open on every backend, since Linux opens directories and fails later, or never (R5). */
function directory(request: OpenRequest, backend: string): Error {
  return systemError({ syscall: 'open', win32: 1, path: request.path, backend });
}

/** @throws EISDIR for a directory (R5) */
function describe(fd: number, mode: number, request: OpenRequest, backend: string): BackendFile {
  const type = mode & S_IFMT;
  if (type === S_IFDIR) throw directory(request, backend);
  return { id: fd, fd, kind: KINDS.get(type) ?? 'other', path: request.path, direct: request.direct };
}

/**
 * Opens a file through node:fs, on this thread. Its id is its descriptor.
 * @param backend the name that errors carry
 * @param modeOf for those who have a better way to ask than node:fs
 * @throws OverlappedError, with nothing left open (R3); EISDIR for a directory (R5), ENOTSUP for `direct` without O_DIRECT
 */
export function openDescriptorSync(request: OpenRequest, backend: string, modeOf?: ModeOf): BackendFile {
  if (request.direct && !hasDirect) throw unsupportedDirect(request, backend);
  const { path } = request;
  const fd = attempt(() => fs.openSync(path, flagsOf(request)), 'open', path, backend);
  try {
    const mode = modeOf?.(fd) || attempt(() => fs.fstatSync(fd).mode, 'fstat', path, backend);
    return describe(fd, mode, request, backend);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** {@link openDescriptorSync} without blocking the thread: rejects with the same errors. */
export async function openDescriptor(
  request: OpenRequest,
  backend: string,
  modeOf?: ModeOf,
): Promise<BackendFile> {
  if (request.direct && !hasDirect) throw unsupportedDirect(request, backend);
  const path = request.path;
  const fd = await new Promise<number>((resolve, reject) => {
    fs.open(path, flagsOf(request), (error, opened) =>
      error === null ? resolve(opened) : reject(fromNodeError(error, 'open', path, backend)),
    );
  });
  try {
    const mode = modeOf?.(fd) || (await statDescriptor({ fd, path }, false, backend)).mode;
    return describe(fd, Number(mode), request, backend);
  } catch (error) {
    await closeDescriptor({ fd, path }, backend);
    throw error;
  }
}

/** `fs.fstat` of a file that was opened here; rejects with OverlappedError. */
export function statDescriptor(
  file: { fd: number; path: string },
  bigint: boolean,
  backend: string,
): Promise<fs.Stats | fs.BigIntStats> {
  return new Promise((resolve, reject) => {
    fs.fstat(file.fd, { bigint }, (error, stat) =>
      error === null ? resolve(stat) : reject(fromNodeError(error, 'fstat', file.path, backend)),
    );
  });
}

/** Closes a file that was opened here, of which no read is in flight; rejects with OverlappedError. */
export function closeDescriptor(file: { fd: number; path: string }, backend: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.close(file.fd, (error) =>
      error ? reject(fromNodeError(error, 'close', file.path, backend)) : resolve(),
    );
  });
}

/** {@link closeDescriptor} on this thread: for what is known to close at once. */
export function closeDescriptorSync(file: { fd: number; path: string }, backend: string): void {
  attempt(() => fs.closeSync(file.fd), 'close', file.path, backend);
}
