/** Ways through many small files: open, read whole, close. Opening is most of the work. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { open } from '@overlapped/core';
import { type Job, type Sample, startClock } from '../job.js';
import { patternBytes } from '../pattern.js';

/** Reads one file whole. */
export type ReadWhole = (file: string) => Promise<Uint8Array>;

const FILES = 500;

/** `amount` files, `depth` at a time, from a folder of its own in the system's temporary folder. */
export async function measureFiles(job: Job, read: ReadWhole): Promise<Sample> {
  const { blockSize, depth } = job.workload;
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-files-'));
  try {
    const contents = Array.from({ length: FILES }, (_, i) => patternBytes(i * blockSize, blockSize));
    const files = contents.map((content, i) => {
      const file = path.join(directory, String(i));
      fs.writeFileSync(file, content);
      return file;
    });
    let verified = 0;
    const readAll = async (count: number): Promise<void> => {
      let next = 0;
      const lane = async (): Promise<void> => {
        while (next < count) {
          const i = next++ % FILES;
          const bytes = await read(files[i] as string);
          if (contents[i]?.compare(bytes) !== 0) throw new Error(`file ${i} gave wrong content`);
          verified++;
        }
      };
      await Promise.all(Array.from({ length: depth }, lane));
    };
    await readAll(FILES);
    const stop = startClock();
    await readAll(job.amount);
    return { ops: job.amount, bytes: job.amount * blockSize, ...stop(), verified };
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

export const readFileSyncWhole: ReadWhole = async (file) => fs.readFileSync(file);

export const readFileWhole: ReadWhole = (file) => fs.promises.readFile(file);

async function collect(stream: Pick<Readable, 'toArray'>): Promise<Uint8Array> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}

export const streamWhole: ReadWhole = (file) => collect(fs.createReadStream(file));

export function ourStreamWhole(backend: string): ReadWhole {
  return async (path) => {
    const file = await open(path, { backend });
    return collect(file.createReadStream()); // which closes the file
  };
}

export function ourReadWhole(backend: string): ReadWhole {
  return async (path) => {
    const file = await open(path, { backend });
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  };
}
