/** Ways through a file, in order: this library's and Node's own. */
import fs from 'node:fs';
import type { OverlappedFile } from '@overlapped/core';
import { CommandError } from '../failure.js';
import type { Contestant, Work } from './contest.js';

/** A byte of each such stretch is looked at, so that chunks of any size give the same sum. */
const STRETCH_BYTES = 4096;

type Chunks = (bytes: number) => AsyncIterable<Uint8Array>;

async function sumOf(chunks: AsyncIterable<Uint8Array>, bytes: number): Promise<number> {
  let position = 0;
  let sum = 0;
  for await (const chunk of chunks) {
    const first = (STRETCH_BYTES - (position % STRETCH_BYTES)) % STRETCH_BYTES;
    for (let i = first; i < chunk.byteLength; i += STRETCH_BYTES) sum += chunk[i] as number;
    position += chunk.byteLength;
  }
  if (position !== bytes)
    throw new CommandError('The file became shorter. Measure one that nobody writes to.');
  return sum;
}

/** @param fileBytes are read again and again, until the amount of the work is reached */
function contestant(name: string, ours: boolean, fileBytes: number, chunks: Chunks): Contestant {
  return {
    name,
    ours,
    async run({ amount }: Work) {
      let sum = 0;
      for (let left = amount; left > 0; left -= fileBytes) {
        const bytes = Math.min(left, fileBytes);
        sum += await sumOf(chunks(bytes), bytes);
      }
      return sum;
    },
  };
}

/** @param fileBytes how much of the file is read, from its start */
export function streamReaders(file: OverlappedFile, fileBytes: number): Contestant[] {
  return [
    contestant('overlapped chunks', true, fileBytes, (end) => file.chunks({ end })),
    contestant('overlapped createReadStream', true, fileBytes, (bytes) =>
      file.createReadStream({ start: 0, end: bytes - 1, autoClose: false }),
    ),
    contestant('node:fs createReadStream', false, fileBytes, (bytes) =>
      fs.createReadStream(file.path, { end: bytes - 1 }),
    ),
  ];
}
