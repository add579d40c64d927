/** `open()`: from a path to an {@link OverlappedFile}. */
import type { Backend } from '../backend.js';
import { systemError } from '../errors.js';
import { closeHandle, createFileAsync } from '../overlapped/index.js';
import { selectBackend } from '../selector/index.js';
import { pathString } from '../validate.js';
import { traceOpen } from './diagnostics.js';
import { checkOpenOptions, type OpenOptions } from './options.js';
import { OverlappedFile } from './overlapped-file.js';

/**
 * Opens a file for reading, with any number of reads in flight.
 * @param path as in node:fs: a string, a `file:` URL, or a Buffer of UTF-8
 * @param options {@link OpenOptions}; `'r'` is taken as fs.promises.open takes it
 * @throws ENOENT, EACCES, EISDIR, ... in Node's form and the same on every backend (R3-R5);
 *   ERR_OVERLAPPED_BACKEND_UNAVAILABLE if the backend asked for can't be had (R85)
 */
export async function open(
  path: string | Buffer | URL,
  options?: OpenOptions | 'r',
): Promise<OverlappedFile> {
  const checked = checkOpenOptions(options);
  const name = pathString(path);
  const backend = selectBackend(checked.backend);
  const trace = { path: name, backend: backend.name };
  return traceOpen(() => openOn(backend, name, checked), trace);
}

async function openOn(backend: Backend, name: string, checked: OpenOptions): Promise<OverlappedFile> {
  const handle = await createFileAsync(backend, {
    path: name,
    direct: checked.direct ?? false,
    access: checked.access ?? 'random',
  });
  const named = checked.backend !== undefined && checked.backend !== 'auto';
  if (named && handle.backend !== backend) {
    await closeHandle(handle);
    const detail = `${backend.name} reads only regular files and block devices here; leave the choice to 'auto'`;
    throw systemError({ syscall: 'open', win32: 50, path: name, backend: backend.name, detail });
  }
  try {
    return new OverlappedFile(handle);
  } catch (error) {
    await closeHandle(handle); // it could not be bound (R13)
    throw error;
  }
}
