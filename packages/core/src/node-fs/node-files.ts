/** Files opened through `node:fs`: for the portable backend, and for any backend that reads by file descriptor. */
import fs from 'node:fs';
import type { BackendFile, FileKind, OpenRequest } from '../backend.js';
import { type NativeError, systemError, win32FromNodeError } from '../errors.js';

const { O_RDONLY, O_WRONLY } = fs.constants;
/** 0 where the system has none (Windows, macOS). */
const O_DIRECT = (fs.constants as { O_DIRECT?: number }).O_DIRECT ?? 0;

/** O_RDONLY; libuv adds O_CLOEXEC. No O_CREAT, O_TRUNC or O_NONBLOCK (R1, R2). */
function flagsOf(request: OpenRequest): number {
  return (request.readable ? O_RDONLY : O_WRONLY) | (request.direct ? O_DIRECT : 0);
}

/** Whether `direct` opens can be had here at all. */
export const hasDirect = O_DIRECT !== 0;

function kindOf(stat: fs.Stats): FileKind {
  if (stat.isFile()) return 'regular';
  if (stat.isBlockDevice()) return 'block';
  if (stat.isCharacterDevice()) return 'character';
  return stat.isFIFO() || stat.isSocket() ? 'pipe' : 'other';
}

/** Node's error in our form: the same code on every backend, Node's number kept (R3). */
function fromNodeError(error: unknown, syscall: string, path: string, backend: string): Error {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === undefined || errno === undefined) return error as Error; // an argument error
  const native: NativeError = { kind: 'uv', code: errno };
  const win32 = win32FromNodeError(error as NodeJS.ErrnoException);
  return systemError({ syscall, win32, native, path, backend });
}

function unsupportedDirect(request: OpenRequest, backend: string): Error {
  const detail = 'direct reads are not available through node:fs on this system';
  return systemError({ syscall: 'open', win32: 50, path: request.path, backend, detail });
}

/** Refused at open on every backend, since Linux opens directories and fails later, or never (R5). */
function directory(request: OpenRequest, backend: string): Error {
  return systemError({ syscall: 'open', win32: 1, path: request.path, backend });
}

function describe(fd: number, stat: fs.Stats, request: OpenRequest): BackendFile {
  return {
    id: fd,
    fd,
    kind: kindOf(stat),
    path: request.path,
    direct: request.direct,
  };
}

/**
 * Opens a file through node:fs, on this thread. Its id is its descriptor.
 * @param backend the name that errors carry
 * @throws OverlappedError, with nothing left open (R3); EISDIR for a directory (R5), ENOTSUP for `direct` without O_DIRECT
 */
export function openDescriptorSync(request: OpenRequest, backend: string): BackendFile {
  if (request.direct && !hasDirect) throw unsupportedDirect(request, backend);
  let fd: number | undefined;
  try {
    fd = fs.openSync(request.path, flagsOf(request));
    const stat = fs.fstatSync(fd);
    if (!stat.isDirectory()) return describe(fd, stat, request);
  } catch (error) {
    if (fd !== undefined) fs.closeSync(fd);
    throw fromNodeError(error, 'open', request.path, backend);
  }
  fs.closeSync(fd);
  throw directory(request, backend);
}

/** {@link openDescriptorSync} without blocking the thread: rejects with the same errors. */
export async function openDescriptor(request: OpenRequest, backend: string): Promise<BackendFile> {
  if (request.direct && !hasDirect) throw unsupportedDirect(request, backend);
  const path = request.path;
  const fd = await new Promise<number>((resolve, reject) => {
    fs.open(path, flagsOf(request), (error, opened) =>
      error === null ? resolve(opened) : reject(fromNodeError(error, 'open', path, backend)),
    );
  });
  try {
    const stat = (await statDescriptor({ fd, path }, false, backend)) as fs.Stats;
    if (stat.isDirectory()) throw directory(request, backend);
    return describe(fd, stat, request);
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
