/**
 * yauzl's `RandomAccessReader`.
 *
 * ```ts
 * const zip = await openZip(await open('archive.zip'));
 * for await (const entry of zip.eachEntry()) console.log(entry.fileName);
 * ```
 */
import { callbackify } from 'node:util';
import type { OverlappedFile } from '@overlapped/core';
import { fromRandomAccessReaderPromise, type Options, RandomAccessReader, type ZipFile } from 'yauzl';

/** For yauzl's `fromRandomAccessReader`. yauzl closes it, and it then closes the file. */
export class YauzlReader extends RandomAccessReader {
  constructor(private readonly file: OverlappedFile) {
    super();
  }

  /**
   * A stream of a range.
   * @param end exclusive
   */
  override _readStreamForRange(start: number, end: number): ReturnType<OverlappedFile['createReadStream']> {
    return this.file.createReadStream({ start, end: end - 1, autoClose: false });
  }

  /** `fs.read`, but short only at the end of the file: yauzl takes a short read for that. */
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    const fill = async (): Promise<number> => {
      const into = buffer.subarray(offset, offset + length);
      const [filled] = await this.file.readMany([{ position, into }], { eof: 'clamp' });
      return (filled as Uint8Array).byteLength;
    };
    callbackify(fill)(callback);
  }

  /** Closes the file. */
  override close(callback: (error: Error | null) => void): void {
    callbackify(() => this.file.close())(callback);
  }
}

/**
 * Opens the zip file that a file is.
 * @param file closed with the zip file, which is after its last entry unless `autoClose` is false: as in yauzl
 * @param options yauzl's
 */
export async function openZip(file: OverlappedFile, options: Options = {}): Promise<ZipFile> {
  const { size } = await file.stat();
  return fromRandomAccessReaderPromise(new YauzlReader(file), size, options);
}
