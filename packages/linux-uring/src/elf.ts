/**
 * What the head of an ELF file says, and dlopen does not: it calls a file for another processor missing, and one that is
 * cut off kills the process.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Holds the ELF header, the program headers, and as linkers lay files out the program interpreter's path. */
const HEAD_BYTES = 4096;
const MAGIC = '\x7fELF\x02\x01'; // 64 bits, little-endian
const HEADER_BYTES = 64;

/** e_machine of the processors that there are addons for. */
const MACHINES: ReadonlyMap<number, string> = new Map([
  [62, 'x64'],
  [183, 'arm64'],
]);

function readHead(path: string): { head: Buffer; size: number } {
  const fd = openSync(path, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const bytes = readSync(fd, head);
    return { head: head.subarray(0, bytes), size: fstatSync(fd).size };
  } finally {
    closeSync(fd);
  }
}

/** The C library that this Node.js was linked with. */
export function libc(): 'gnu' | 'musl' {
  try {
    return readHead(process.execPath).head.includes('/ld-musl-') ? 'musl' : 'gnu';
  } catch {
    return 'gnu'; // a file may be run and not be read
  }
}

/** @returns what is wrong with the shared library at `path`, as the end of a sentence; undefined if nothing is */
export function findDamage(path: string): string | undefined {
  const { head, size } = readHead(path);
  if (head.length < HEADER_BYTES || head.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return 'is no 64-bit shared library';
  }
  const machine = MACHINES.get(head.readUInt16LE(18)) ?? 'another processor';
  if (machine !== process.arch) return `is for ${machine}, and this Node.js for ${process.arch}`;
  // The section headers end the file: their offset, size and count.
  const end = Number(head.readBigUInt64LE(40)) + head.readUInt16LE(58) * head.readUInt16LE(60);
  return size < end ? 'is cut off' : undefined;
}
