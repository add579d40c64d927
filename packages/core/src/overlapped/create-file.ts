/** The document's CreateFile, with its seven arguments, and CloseHandle. */
import type { Backend, OpenRequest } from '../backend.js';
import { invalidArgType, invalidArgValue } from '../errors.js';
import { type BackendChoice, selectBackend } from '../selector/index.js';
import { pathString } from '../validate.js';
import { portOf } from './completion-port.js';
import {
  FILE_ATTRIBUTE_NORMAL,
  FILE_FLAG_NO_BUFFERING,
  FILE_FLAG_OVERLAPPED,
  FILE_FLAG_RANDOM_ACCESS,
  FILE_FLAG_SEQUENTIAL_SCAN,
  FILE_SHARE_DELETE,
  FILE_SHARE_READ,
  FILE_SHARE_WRITE,
  GENERIC_READ,
  GENERIC_WRITE,
  OPEN_EXISTING,
} from './constants.js';
import { SafeFileHandle } from './safe-file-handle.js';

const SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
const KNOWN_FLAGS =
  FILE_FLAG_OVERLAPPED |
  FILE_FLAG_NO_BUFFERING |
  FILE_FLAG_RANDOM_ACCESS |
  FILE_FLAG_SEQUENTIAL_SCAN |
  FILE_ATTRIBUTE_NORMAL;

/** What the article does not have to say: which backend opens the file. */
export interface CreateFileOptions {
  /** A backend's name, or a backend; without it, the selector's choice (R83-R85). */
  readonly backend?: BackendChoice | undefined;
}

/**
 * Opens an existing file for overlapped reads.
 * @param fileName the path
 * @param desiredAccess GENERIC_READ; GENERIC_WRITE alone opens a handle that can't be read (error 5 at readFile)
 * @param shareMode FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE: nothing is ever locked (R2)
 * @param securityAttributes null: the handle is not inherited (R1)
 * @param creationDisposition OPEN_EXISTING
 * @param flagsAndAttributes FILE_FLAG_OVERLAPPED, and hints; without it the handle can't be bound (R10)
 * @param templateFile null
 * @throws OverlappedError: ENOENT, EACCES, EISDIR, EBUSY, ... with nothing left open (R3-R6); argument errors
 */
export function createFile(
  fileName: string | Buffer | URL,
  desiredAccess: number = GENERIC_READ,
  shareMode: number = SHARE_ALL,
  securityAttributes: null = null,
  creationDisposition: number = OPEN_EXISTING,
  flagsAndAttributes: number = FILE_FLAG_OVERLAPPED,
  templateFile: null = null,
  options: CreateFileOptions = {},
): SafeFileHandle {
  if (desiredAccess !== GENERIC_READ && desiredAccess !== GENERIC_WRITE) {
    throw invalidArgValue('desiredAccess', 'must be GENERIC_READ or GENERIC_WRITE');
  }
  if (shareMode !== SHARE_ALL) {
    throw invalidArgValue('shareMode', 'must be FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE');
  }
  if (securityAttributes !== null) throw invalidArgType('securityAttributes', 'null', securityAttributes);
  if (creationDisposition !== OPEN_EXISTING) {
    throw invalidArgValue('creationDisposition', 'must be OPEN_EXISTING: files are only read');
  }
  if (templateFile !== null) throw invalidArgType('templateFile', 'null', templateFile);
  if ((flagsAndAttributes & ~KNOWN_FLAGS) !== 0) {
    throw invalidArgValue(
      'flagsAndAttributes',
      `has unknown flags: 0x${(flagsAndAttributes >>> 0).toString(16)}`,
    );
  }
  const request: OpenRequest = {
    path: pathString(fileName),
    direct: (flagsAndAttributes & FILE_FLAG_NO_BUFFERING) !== 0,
    access: accessHint(flagsAndAttributes),
    readable: desiredAccess === GENERIC_READ,
    overlapped: (flagsAndAttributes & FILE_FLAG_OVERLAPPED) !== 0,
    positionedOnly: false,
  };
  const backend = selectBackend(options.backend);
  const file = backend.openSync(request);
  return new SafeFileHandle(backend, portOf(backend), file, request.overlapped, request.readable);
}

function accessHint(flags: number): OpenRequest['access'] {
  if ((flags & FILE_FLAG_SEQUENTIAL_SCAN) !== 0) return 'sequential';
  return (flags & FILE_FLAG_RANDOM_ACCESS) !== 0 ? 'random' : 'normal';
}

/**
 * createFile without blocking the thread, for a backend already chosen; overlapped and readable. The handle's own
 * backend differs from `backend` where that one hands over what has no positions.
 */
export async function createFileAsync(
  backend: Backend,
  { path, direct, access }: Pick<OpenRequest, 'path' | 'direct' | 'access'>,
): Promise<SafeFileHandle> {
  // Field by field: a spread takes as long as opening a file does.
  const file = await backend.open({
    path,
    direct,
    access,
    readable: true,
    overlapped: true,
    positionedOnly: true,
  });
  const server = file.servedBy ?? backend;
  return new SafeFileHandle(server, portOf(server), file, true, true);
}

/**
 * Refuses new reads, cancels those in flight, waits until the system has let go of every buffer, then closes the file
 * (R70-R72). Idempotent: every call returns the same promise. Each pending read still gets its callback (R21).
 */
export function closeHandle(handle: SafeFileHandle): Promise<void> {
  handle.closing ??= drainAndClose(handle);
  return handle.closing;
}

async function drainAndClose(handle: SafeFileHandle): Promise<void> {
  if (handle.outstanding > 0) {
    const drained = new Promise<void>((resolve) => (handle.onDrained = resolve));
    handle.port.cancelAll(handle);
    await drained;
  }
  await handle.backend.closeFile(handle.file);
}
