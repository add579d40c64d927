/** Bytes in order from anything that can be opened: read ahead from files, as they come from pipes and terminals. */
import type { Stats } from 'node:fs';
import type { OverlappedFile } from '@overlapped/core';
import type { Span } from './ranges.js';

const PIPE_BYTES = 64 << 10;

async function* asTheyCome(file: OverlappedFile): AsyncGenerator<Uint8Array, void, void> {
  const buffer = Buffer.allocUnsafe(PIPE_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(buffer);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** @returns chunks, each lent until the next one is asked for. @param span of a file; default: all of it */
export function bytesOf(
  file: OverlappedFile,
  stat: Stats,
  span?: Span,
): AsyncGenerator<Uint8Array, void, void> {
  return stat.isFile() || stat.isBlockDevice() ? file.chunks(span) : asTheyCome(file);
}
