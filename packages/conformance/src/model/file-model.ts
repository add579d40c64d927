/** A file whose every state is known: each change makes a version, so that a read knows all that it may have met. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { pattern } from '../fixtures.js';

/** No file of the model grows larger. */
export const LARGEST_FILE = 256 << 10;
/** No read asks for more: enough to be split into pieces, and to be copied by the system's own threads. */
export const LONGEST_READ = 1_302_528; // whole pages, as direct reads need

/** What is written over a file differs from what was there, and from what was written before. */
const INK_STEP = 104_729;

export class FileModel {
  /** False once the file has lost its name; who has it open reads on. */
  linked = true;
  private readonly versions: Buffer[];
  /** The changes' own descriptor: a file without a name changes as well. */
  private readonly writer: number;
  private disposed = false;
  private ink: number;

  constructor(
    readonly path: string,
    initialSize: number,
    /** Tells one file's bytes from another's. */
    number: number,
  ) {
    this.ink = number * LARGEST_FILE;
    const content = pattern(this.ink, initialSize);
    fs.writeFileSync(path, content);
    this.versions = [content];
    this.writer = fs.openSync(path, 'r+');
  }

  /** Names the state of now, for {@link since}. */
  get version(): number {
    return this.versions.length - 1;
  }

  /** Every state from `version` on, oldest first. */
  since(version: number): readonly Buffer[] {
    return this.versions.slice(version);
  }

  get content(): Buffer {
    return this.versions.at(-1) as Buffer;
  }

  resize(size: number): void {
    const { content } = this;
    if (size <= content.byteLength) {
      fs.ftruncateSync(this.writer, size);
      this.versions.push(content.subarray(0, size));
    } else {
      const grown = this.fresh(size - content.byteLength);
      this.write(grown, content.byteLength);
      this.versions.push(Buffer.concat([content, grown]));
    }
  }

  /** Writes over what there is from `position` on, at most `length` bytes. */
  overwrite(position: number, length: number): void {
    const { content } = this;
    const bytes = this.fresh(Math.max(0, Math.min(length, content.byteLength - position)));
    if (bytes.byteLength === 0) return;
    this.write(bytes, position);
    const next = Buffer.from(content);
    next.set(bytes, position);
    this.versions.push(next);
  }

  unlink(): void {
    fs.unlinkSync(this.path);
    this.linked = false;
  }

  /** Idempotent. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    fs.closeSync(this.writer);
    fs.rmSync(this.path, { force: true });
  }

  private fresh(length: number): Buffer {
    this.ink += INK_STEP;
    return pattern(this.ink, length);
  }

  private write(bytes: Buffer, position: number): void {
    assert.equal(fs.writeSync(this.writer, bytes, 0, bytes.byteLength, position), bytes.byteLength);
  }
}
