/**
 * A random-access-storage over a file, for reading.
 *
 * ```ts
 * const storage = new OverlappedStorage('data.bin');
 * storage.read(4096, 10, (error, bytes) => console.log(error ?? bytes));
 * storage.close();
 * ```
 */
import { callbackify } from 'node:util';
import { open, type OpenOptions, type OverlappedFile } from '@overlapped/core';
import RandomAccessStorage from 'random-access-storage';

type Callback<T> = (error: Error | null, value?: T) => void;

/** Opens its file at the first use; `close` and `suspend` close it. */
export class OverlappedStorage extends RandomAccessStorage {
  private file: OverlappedFile | undefined;

  constructor(
    /** Path of the file. */
    readonly filename: string,
    private readonly options: OpenOptions = {},
  ) {
    super();
  }

  override _open(request: { callback: Callback<void> }): void {
    settle(request, async () => {
      this.file = await open(this.filename, this.options);
    });
  }

  /** Gives all of `size` bytes, or fails with ERR_OVERLAPPED_UNEXPECTED_EOF. */
  override _read(request: { offset: number; size: number; callback: Callback<Buffer> }): void {
    settle(request, async () => {
      const bytes = await this.openFile.readExactly(request.offset, request.size);
      return Buffer.from(bytes.buffer);
    });
  }

  override _stat(request: { callback: Callback<{ size: number }> }): void {
    settle(request, () => this.openFile.stat());
  }

  override _close(request: { callback: Callback<void> }): void {
    settle(request, () => this.openFile.close());
  }

  /** The base class asks for nothing before `_open` is done. */
  private get openFile(): OverlappedFile {
    return this.file as OverlappedFile;
  }
}

function settle<T>(request: { callback: Callback<T> }, task: () => Promise<T>): void {
  callbackify(task)((error, value) => request.callback(error, value));
}
