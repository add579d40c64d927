/**
 * A web `Blob` whose bytes stay in the file until they are asked for.
 *
 * ```ts
 * const file = await open('archive.zip');
 * const blob = await fileBlob(file, { type: 'application/zip' });
 * const magic = await blob.slice(0, 4).arrayBuffer();
 * ```
 */
import { Blob } from 'node:buffer';
import type { OverlappedFile } from '@overlapped/core';
import { rangeStream } from './range-stream.js';
import { sliceBounds } from './slice-bounds.js';

/**
 * `instanceof Blob`, and all that a Blob's methods do. What takes the memory behind a Blob instead, such as
 * `new Blob([blob])`, `structuredClone` and `URL.createObjectURL`, throws: there is none.
 */
export class FileBlob {
  /** Bytes. */
  readonly size: number;
  /** Media type in lower case, or ''. */
  readonly type: string;

  /** @internal Use {@link fileBlob}. */
  constructor(
    private readonly file: OverlappedFile,
    private readonly start: number,
    private readonly end: number,
    type: string,
  ) {
    this.size = end - start;
    this.type = /^[ -~]*$/.test(type) ? type.toLowerCase() : '';
  }

  /** A part of this one; reads nothing. */
  slice(first?: number, last?: number, type = ''): FileBlob & Blob {
    const { start, end } = sliceBounds(this.size, first, last);
    return asBlob(new FileBlob(this.file, this.start + start, this.start + end, type));
  }

  /** @throws ERR_OVERLAPPED_UNEXPECTED_EOF if the file has become shorter than it was, as all that read */
  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    return bytes.buffer;
  }

  /** All of its bytes, in memory of their own. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.file.readExactly(this.start, this.size);
  }

  /** As UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** A byte stream, which reads 256 KiB whenever its consumer has taken them. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return rangeStream(this.file, this.start, this.end);
  }

  /** What asks a Blob for its memory and finds none makes it a string, and would take "[object Blob]" for its content. */
  [Symbol.toPrimitive](): never {
    throw new TypeError('a FileBlob is no string, and no part of a new Blob: pass await blob.arrayBuffer()');
  }
}
Object.setPrototypeOf(FileBlob.prototype, Blob.prototype);

function asBlob(blob: FileBlob): FileBlob & Blob {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- its prototype is a Blob's
  return blob;
}

/**
 * The file as a Blob of the size that it has now.
 * @param file stays the caller's to close
 * @param options `type`: media type, default ''
 */
export async function fileBlob(
  file: OverlappedFile,
  options: { readonly type?: string } = {},
): Promise<FileBlob & Blob> {
  const { size } = await file.stat();
  return asBlob(new FileBlob(file, 0, size, options.type ?? ''));
}
