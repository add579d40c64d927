/** The file that `overlapped bench` makes where none is named. */
import { randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atEnd } from '../ending.js';

const PIECE_BYTES = 1 << 20;

export interface SampleFile {
  readonly path: string;
  remove(): void;
}

/** Writes random bytes, which no file system can compress. The file goes away however the process ends. */
export async function makeSampleFile(bytes: number): Promise<SampleFile> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-bench-'));
  const remove = atEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'data');
  const handle = await fs.promises.open(file, 'wx');
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let written = 0; written < bytes; written += PIECE_BYTES) {
      await handle.writeFile(randomFillSync(piece).subarray(0, bytes - written));
    }
    await handle.sync(); // direct reads of unwritten pages would time the writing
  } finally {
    await handle.close();
  }
  return { path: file, remove };
}
