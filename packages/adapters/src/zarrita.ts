/**
 * A zarrita store of a directory, for arrays in shards: ranges of a file that are asked for together share one open file.
 *
 * ```ts
 * const store = new DirectoryStore('data.zarr');
 * const array = await zarr.open(store, { kind: 'array' });
 * const region = await zarr.get(array);
 * ```
 *
 * For a zipped one: `ZipFileStore.fromBlob(await fileBlob(file))`, with `@overlapped/adapters/blob`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open, type OpenOptions, type OverlappedFile } from '@overlapped/core';

type AbsolutePath = `/${string}`;
type RangeQuery = { offset: number; length: number } | { suffixLength: number };

interface GetOptions {
  /** Cancels the read; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A file, and how many reads use it; the last of them closes it. */
interface SharedFile {
  readonly opened: Promise<OverlappedFile>;
  readers: number;
}

/** zarrita's `AsyncReadable` with `getRange`, of a directory. */
export class DirectoryStore {
  private readonly root: string;
  private readonly files = new Map<string, SharedFile>();

  /** @param options for opening the files that ranges are read from */
  constructor(
    root: string | URL,
    private readonly options: OpenOptions = {},
  ) {
    this.root = root instanceof URL ? fileURLToPath(root) : root;
  }

  /** @returns the key's value, or undefined if there is no such file */
  get(key: AbsolutePath, { signal }: GetOptions = {}): Promise<Uint8Array | undefined> {
    // Opening for a single read costs us more than the read gains.
    return unlessMissing(signal, () => readFile(this.path(key), { signal }));
  }

  /** @returns the range as far as the file goes, or undefined if there is no such file */
  getRange(
    key: AbsolutePath,
    range: RangeQuery,
    { signal }: GetOptions = {},
  ): Promise<Uint8Array | undefined> {
    return unlessMissing(signal, () =>
      this.share(this.path(key), async (file) => {
        const { offset, length } = 'offset' in range ? range : await suffix(file, range.suffixLength);
        return file.readExactly(offset, length, { signal, eof: 'clamp' });
      }),
    );
  }

  private path(key: AbsolutePath): string {
    return join(this.root, key.slice(1));
  }

  private async share<T>(path: string, read: (file: OverlappedFile) => Promise<T>): Promise<T> {
    const shared = this.files.get(path) ?? { opened: open(path, this.options), readers: 0 };
    this.files.set(path, shared);
    shared.readers++;
    try {
      return await read(await shared.opened);
    } finally {
      if (--shared.readers === 0) {
        this.files.delete(path);
        const [opened] = await Promise.allSettled([shared.opened]);
        if (opened.status === 'fulfilled') await opened.value.close();
      }
    }
  }
}

async function suffix(file: OverlappedFile, bytes: number): Promise<{ offset: number; length: number }> {
  const { size } = await file.stat();
  const length = Math.min(bytes, size);
  return { offset: size - length, length };
}

const MISSING: readonly unknown[] = ['ENOENT', 'ENOTDIR']; // one and the same on Windows

async function unlessMissing<T>(
  signal: AbortSignal | undefined,
  read: () => Promise<T>,
): Promise<T | undefined> {
  signal?.throwIfAborted();
  try {
    return await read();
  } catch (error) {
    if (MISSING.includes((error as NodeJS.ErrnoException).code)) return undefined;
    signal?.throwIfAborted();
    throw error;
  }
}
