/** Random reads of whole blocks, many in flight: this library's ways and Node's own. */
import fs from 'node:fs';
import { allocAligned, type OverlappedFile } from '@overlapped/core';
import type { Contestant, Work } from './contest.js';
import { CommandError } from '../failure.js';
import type { Pair } from './files.js';

export const BLOCK_BYTES = 4096;
export const DEPTH = 64;
const SHRUNK = 'A read was short. Measure a file that nobody writes to.';

type Read = (buffer: Buffer, position: number) => Promise<number>;

/** Positions of whole blocks among the first `bytes`, the same for the same seed: xorshift32. */
function positionsOf({ amount, seed }: Work, bytes: number): Float64Array {
  const blocks = Math.floor(bytes / BLOCK_BYTES);
  let state = Math.imul(seed, 0x9e37_79b1) >>> 0 || 1;
  return Float64Array.from({ length: amount }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) % blocks) * BLOCK_BYTES;
  });
}

function newBuffers(): Buffer[] {
  return Array.from({ length: DEPTH }, () => {
    const { buffer, byteOffset } = allocAligned(BLOCK_BYTES); // as direct reads need it
    return Buffer.from(buffer, byteOffset, BLOCK_BYTES);
  });
}

/** @returns what a read adds to its contestant's sum. @throws if it was short */
function summand(buffer: Buffer, bytesRead: number): number {
  if (bytesRead !== BLOCK_BYTES) throw new CommandError(SHRUNK);
  return buffer.readUInt32LE(0) % 1021; // small enough that a sum of them is exact
}

/** One promise for each read, {@link DEPTH} lanes. */
function oneByOne(name: string, ours: boolean, bytes: number, read: Read): Contestant {
  const buffers = newBuffers();
  return {
    name,
    ours,
    async run(work) {
      const positions = positionsOf(work, bytes);
      let next = 0;
      let sum = 0;
      const lane = async (buffer: Buffer): Promise<void> => {
        while (next < positions.length) {
          const bytesRead = await read(buffer, positions[next++] as number);
          sum += summand(buffer, bytesRead); // after the wait, so that no lane adds to an old sum
        }
      };
      await Promise.all(buffers.map(lane));
      return sum;
    },
  };
}

/** `fs.read` without promises: Node's fastest way. */
function withCallbacks(fd: number, bytes: number): Contestant {
  const buffers = newBuffers();
  return {
    name: 'node:fs read, callbacks',
    ours: false,
    run: (work) =>
      new Promise((resolve, reject) => {
        const positions = positionsOf(work, bytes);
        let next = 0;
        let running = buffers.length;
        let sum = 0;
        const begin = (buffer: Buffer): void => {
          if (next >= positions.length) {
            if (--running === 0) resolve(sum);
            return;
          }
          fs.read(fd, buffer, 0, BLOCK_BYTES, positions[next++] as number, (error, bytesRead) => {
            try {
              if (error !== null) throw error;
              sum += summand(buffer, bytesRead);
            } catch (failure) {
              reject(failure);
              return;
            }
            begin(buffer);
          });
        };
        for (const buffer of buffers) begin(buffer);
      }),
  };
}

/** One `readMany` after the other, {@link DEPTH} ranges each. */
function inBatches(file: OverlappedFile, bytes: number): Contestant {
  const buffers = newBuffers();
  return {
    name: 'overlapped readMany',
    ours: true,
    async run(work) {
      const positions = positionsOf(work, bytes);
      let sum = 0;
      for (let first = 0; first < positions.length; first += DEPTH) {
        const batch = Array.from(positions.subarray(first, first + DEPTH));
        const results = await file.readMany(batch.map((position, i) => ({ position, into: buffers[i] })));
        for (const [i, { byteLength }] of results.entries()) sum += summand(buffers[i] as Buffer, byteLength);
      }
      return sum;
    },
  };
}

function ourReadAt(file: OverlappedFile, bytes: number): Contestant {
  return oneByOne('overlapped readAt', true, bytes, (buffer, position) => file.readAt(buffer, position));
}

function nodeFileHandle(handle: fs.promises.FileHandle, bytes: number): Contestant {
  return oneByOne('node:fs FileHandle.read', false, bytes, async (buffer, position) => {
    const { bytesRead } = await handle.read(buffer, 0, BLOCK_BYTES, position);
    return bytesRead;
  });
}

/** @param bytes how much of the file is read, from its start */
export function randomReaders({ file, handle }: Pair, bytes: number): Contestant[] {
  return [
    inBatches(file, bytes),
    ourReadAt(file, bytes),
    withCallbacks(handle.fd, bytes),
    nodeFileHandle(handle, bytes),
  ];
}
