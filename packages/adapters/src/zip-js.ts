/**
 * A reader for zip.js (`@zip.js/zip.js`), with any number of reads at once.
 *
 * ```ts
 * const file = await open('archive.zip');
 * const entries = await new ZipReader(zipJsReader(file)).getEntries();
 * await file.close();
 * ```
 */
import type { OverlappedFile } from '@overlapped/core';
import { rangeStream } from './range-stream.js';

/** What zip.js uses of its class `Reader`; not derived from it, so that it serves both the ESM and the CommonJS copy. */
export class ZipJsReader {
  /** Size of the file in bytes, from `init` on; zip.js calls that first. */
  size = 0;
  /** Whether `size` is known. */
  initialized = false;

  /** @param file stays the caller's to close */
  constructor(private readonly file: OverlappedFile) {}

  /** Asks for the file's size. */
  async init(): Promise<void> {
    this.size = (await this.file.stat()).size;
    this.initialized = true;
  }

  /** @returns `length` bytes from `index` on, fewer at the end of the file */
  readUint8Array(index: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.file.readExactly(index, length, { eof: 'clamp' });
  }

  /**
   * A stream of a range.
   * @param options first byte, and how many; default: the whole file
   */
  createReadable(options: { offset?: number; size?: number } = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { offset = 0, size = this.size - offset } = options;
    return rangeStream(this.file, offset, offset + size);
  }

  /** A stream of the whole file. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.createReadable();
  }
}

/**
 * The file as a reader.
 * @param file stays the caller's to close
 */
export function zipJsReader(file: OverlappedFile): ZipJsReader {
  return new ZipJsReader(file);
}
