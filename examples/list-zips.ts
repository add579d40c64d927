/**
 * Lists what is in zip files, many of them at once, without reading their contents: a zip's directory is at its end, so
 * the last 64 KiB are one read, and a directory that is larger is another.
 *
 *   node examples/dist/list-zips.js FILE.zip...
 *
 * See https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3) for the records; Zip64 is understood.
 */
import { open, type OverlappedFile } from '@overlapped/core';

export interface ZipEntry {
  readonly name: string;
  /** Bytes of the content. */
  readonly size: number;
  /** Bytes that it takes in the zip. */
  readonly compressedSize: number;
}

interface Directory {
  readonly position: number;
  readonly length: number;
  readonly entries: number;
}

const END = { signature: 0x0605_4b50, bytes: 22 };
const END64_LOCATOR = { signature: 0x0706_4b50, bytes: 20 };
const END64 = { signature: 0x0606_4b50, bytes: 56 };
const ENTRY = { signature: 0x0201_4b50, bytes: 46 };
const ZIP64_FIELD = 0x0001;
/** In place of a number that is in the Zip64 records. */
const ELSEWHERE16 = 0xffff;
const ELSEWHERE32 = 0xffff_ffff;
const UTF8_FLAG = 1 << 11;
/** The end record, and the longest comment that may follow it. */
const TAIL_BYTES = END.bytes + 0xffff;

function damaged(path: string, what: string): Error {
  return new Error(`${path} is no zip file, or damaged: ${what}`);
}

async function readBuffer(file: OverlappedFile, position: number, length: number): Promise<Buffer> {
  return Buffer.from((await file.readExactly(position, length)).buffer);
}

/** Searches backwards: a comment may contain anything, but must reach to the end of the file. */
function findEnd(tail: Buffer): number | undefined {
  for (let at = tail.length - END.bytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END.signature) continue;
    if (at + END.bytes + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return undefined;
}

/** Where the directory is. @param tail the file's end, which begins at `start` */
async function findDirectory(file: OverlappedFile, tail: Buffer, start: number): Promise<Directory> {
  const at = findEnd(tail);
  if (at === undefined) throw damaged(file.path, 'it has no end record');
  const directory = {
    entries: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    position: tail.readUInt32LE(at + 16),
  };
  const { entries, length, position } = directory;
  if (entries !== ELSEWHERE16 && length !== ELSEWHERE32 && position !== ELSEWHERE32) return directory;
  const locator = at - END64_LOCATOR.bytes;
  if (locator < 0 || tail.readUInt32LE(locator) !== END64_LOCATOR.signature) return directory;
  const end64At = Number(tail.readBigUInt64LE(locator + 8));
  const end64 =
    end64At >= start ? tail.subarray(end64At - start) : await readBuffer(file, end64At, END64.bytes);
  if (end64.length < END64.bytes || end64.readUInt32LE(0) !== END64.signature) {
    throw damaged(file.path, 'its Zip64 end record is not where it should be');
  }
  return {
    entries: Number(end64.readBigUInt64LE(32)),
    length: Number(end64.readBigUInt64LE(40)),
    position: Number(end64.readBigUInt64LE(48)),
  };
}

/** The Zip64 field has those of the numbers, in this order, that had no room in the record. */
function sizesOf(record: Buffer, extra: Buffer): Pick<ZipEntry, 'size' | 'compressedSize'> {
  let compressedSize = record.readUInt32LE(20);
  let size = record.readUInt32LE(24);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_FIELD) continue;
    let next = at + 4;
    if (size === ELSEWHERE32) {
      size = Number(extra.readBigUInt64LE(next));
      next += 8;
    }
    if (compressedSize === ELSEWHERE32) compressedSize = Number(extra.readBigUInt64LE(next));
    break;
  }
  return { size, compressedSize };
}

function parseDirectory(path: string, bytes: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length < count) {
    if (at + ENTRY.bytes > bytes.length || bytes.readUInt32LE(at) !== ENTRY.signature) {
      throw damaged(path, `it has ${entries.length} entries of ${count}`);
    }
    const record = bytes.subarray(at);
    const nameEnd = ENTRY.bytes + record.readUInt16LE(28);
    const extraEnd = nameEnd + record.readUInt16LE(30);
    const encoding = record.readUInt16LE(8) & UTF8_FLAG ? 'utf8' : 'latin1'; // near enough to code page 437
    const name = record.subarray(ENTRY.bytes, nameEnd).toString(encoding);
    entries.push({ name, ...sizesOf(record, record.subarray(nameEnd, extraEnd)) });
    at += extraEnd + record.readUInt16LE(32);
  }
  return entries;
}

/** @throws Error if it is no zip file */
export async function listZip(path: string): Promise<ZipEntry[]> {
  await using file = await open(path);
  const { size } = await file.stat();
  const start = Math.max(0, size - TAIL_BYTES);
  const tail = await readBuffer(file, start, size - start);
  const { position, length, entries } = await findDirectory(file, tail, start);
  if (position + length > size) throw damaged(path, 'its directory is past its end');
  const bytes =
    position >= start
      ? tail.subarray(position - start, position - start + length)
      : await readBuffer(file, position, length);
  return parseDirectory(path, bytes, entries);
}

const ZIPS_AT_ONCE = 32;

async function main(paths: readonly string[]): Promise<void> {
  const waiting = paths.values(); // shared: each lane takes the next one
  const lane = async (): Promise<void> => {
    for (const path of waiting) {
      try {
        const entries = await listZip(path);
        const bytes = entries.reduce((sum, { size }) => sum + size, 0);
        console.log(`${path}: ${entries.length} entries, ${bytes.toLocaleString('en')} bytes`);
        for (const { name, size } of entries) console.log(`  ${String(size).padStart(12)}  ${name}`);
      } catch (error) {
        console.error((error as Error).message);
        process.exitCode = 1;
      }
    }
  };
  await Promise.all(Array.from({ length: ZIPS_AT_ONCE }, lane));
}

if (require.main === module) {
  const paths = process.argv.slice(2);
  if (paths.length === 0) {
    console.error('usage: node examples/dist/list-zips.js FILE.zip...');
    process.exitCode = 2;
  } else {
    void main(paths);
  }
}
