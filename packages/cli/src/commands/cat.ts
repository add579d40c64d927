/** `overlapped cat`: a file's bytes, or ranges of them, on standard output. */
import { open, type OverlappedFile } from '@overlapped/core';
import type { Stats } from 'node:fs';
import { CommandError } from '../failure.js';
import { write } from '../output.js';
import { type ByteRange, type Span, spanOf } from '../ranges.js';
import { bytesOf } from '../source.js';

export interface CatOptions {
  readonly ranges: readonly ByteRange[] | undefined;
  readonly json: true | undefined;
}

/** @returns the exit code */
export async function cat(path: string, { ranges, json }: CatOptions): Promise<number> {
  await using file = await open(path, { access: 'sequential' });
  const stat = await file.stat();
  const spans = ranges === undefined ? [undefined] : spansOf(file, stat, ranges);
  for (const span of spans) {
    let position = span?.start ?? 0;
    for await (const chunk of bytesOf(file, stat, span)) {
      await write(json ? jsonLine(position, chunk) : chunk); // the chunk is lent until the next step
      position += chunk.byteLength;
    }
  }
  return 0;
}

/** All of them before the first byte is written. */
function spansOf(file: OverlappedFile, stat: Stats, ranges: readonly ByteRange[]): Span[] {
  if (!stat.isFile())
    throw new CommandError(`${file.path} is no regular file, so it has no ranges. Leave --range away.`);
  return ranges.map((range) => spanOf(range, stat.size, file.path));
}

function jsonLine(position: number, chunk: Uint8Array): string {
  const data = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('base64');
  return `${JSON.stringify({ position, length: chunk.byteLength, data })}\n`;
}
