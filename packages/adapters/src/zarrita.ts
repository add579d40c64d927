/**
 * A zarrita store of a directory. Reads of one key that are under way together share one open file.
 *
 * ```ts
 * const store = new DirectoryStore('data.zarr');
 * const array = await zarr.open(store, { kind: 'array' });
 * const region = await zarr.get(array);
 * ```
 *
 * For a zipped one: `ZipFileStore.fromBlob(await fileBlob(file))`, with `@overlapped/adapters/blob`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open, type OpenOptions, type OverlappedFile } from '@overlapped/core';

type AbsolutePath = `/${string}`;
type RangeQuery = { offset: number; length: number } | { suffixLength: number };

interface GetOptions {
  /** Cancels the read; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A file, and the reads that use it; the last of them closes it. */
interface SharedFile {
  readonly opened: Promise<OverlappedFile>;
  readers: number;
}

export class DirectoryStore {
  private readonly root: string;
  private readonly files = new Map<string, SharedFile>();

  /** @param options for opening each file */
  constructor(
    root: string | URL,
    private readonly options: OpenOptions = {},
  ) {
    this.root = root instanceof URL ? fileURLToPath(root) : root;
  }

  /** @returns the key's value, or undefined if there is no such file */
  get(key: AbsolutePath, { signal }: GetOptions = {}): Promise<Uint8Array | undefined> {
    return this.read(key, signal, async (file) => (await file.readFile({ signal })) as Buffer);
  }

  /** @returns the range as far as the file goes, or undefined if there is no such file */
  getRange(
    key: AbsolutePath,
    range: RangeQuery,
    { signal }: GetOptions = {},
  ): Promise<Uint8Array | undefined> {
    return this.read(key, signal, async (file) => {
      const { offset, length } = 'offset' in range ? range : await suffix(file, range.suffixLength);
      return file.readExactly(offset, length, { signal, eof: 'clamp' });
    });
  }

  private async read(
    key: AbsolutePath,
    signal: AbortSignal | undefined,
    task: (file: OverlappedFile) => Promise<Uint8Array>,
  ): Promise<Uint8Array | undefined> {
    signal?.throwIfAborted();
    const path = join(this.root, key.slice(1));
    const shared = this.files.get(path) ?? { opened: open(path, this.options), readers: 0 };
    this.files.set(path, shared);
    shared.readers++;
    try {
      return await task(await shared.opened);
    } catch (error) {
      if (isMissing(error)) return undefined;
      signal?.throwIfAborted();
      throw error;
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

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR'; // Windows has one code for both
}
