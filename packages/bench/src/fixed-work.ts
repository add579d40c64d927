/**
 * Fixed work for counting instructions, not seconds: `node fixed-work.js NAME COUNT FILE` reads COUNT times, and
 * prints nothing. scripts/check-instructions.mjs runs it under valgrind.
 */
import { subscribe } from 'node:diagnostics_channel';
import { allocAligned, open, type OverlappedFile } from '@overlapped/core';

const BLOCK_BYTES = 4096;
const DEPTH = 64;

type Work = (file: OverlappedFile, count: number, blocks: number) => Promise<void>;

function buffers(): Uint8Array[] {
  return Array.from({ length: DEPTH }, () => allocAligned(BLOCK_BYTES));
}

/** `DEPTH` reads in flight throughout. */
function lanes(read: (file: OverlappedFile, buffer: Uint8Array, position: number) => Promise<unknown>): Work {
  return async (file, count, blocks) => {
    let next = 0;
    const lane = async (buffer: Uint8Array): Promise<void> => {
      while (next < count) await read(file, buffer, (next++ % blocks) * BLOCK_BYTES);
    };
    await Promise.all(buffers().map(lane));
  };
}

/** The same work with somebody who listens to every read's start and end. */
function traced(work: Work): Work {
  return async (file, count, blocks) => {
    let events = 0;
    const hear = (): void => {
      events++;
    };
    for (const event of ['start', 'asyncEnd']) subscribe(`tracing:overlapped:read:${event}`, hear);
    await work(file, count, blocks);
    if (events !== 2 * count) throw new Error(`${events} events of ${count} reads`);
  };
}

const UNABORTED = { signal: new AbortController().signal };
const readAt = lanes((file, buffer, position) => file.readAt(buffer, position));

/** Each on the backend that its name ends with. */
const WORK: Readonly<Record<string, Work>> = {
  'readAt@io_uring': readAt,
  'readAt-traced@io_uring': traced(readAt),
  'readAt-signal@io_uring': lanes((file, buffer, position) => file.readAt(buffer, position, UNABORTED)),
  'read@io_uring': lanes((file, buffer, position) => file.read(buffer, 0, BLOCK_BYTES, position)),
  'readMany@io_uring': async (file, count, blocks) => {
    const targets = buffers();
    for (let done = 0; done < count; done += DEPTH) {
      const ranges = targets.map((into, i) => ({ position: ((done + i) % blocks) * BLOCK_BYTES, into }));
      await file.readMany(ranges);
    }
  },
};

async function main([name, count, path]: readonly string[]): Promise<void> {
  const work = WORK[name ?? ''];
  if (work === undefined || count === undefined || path === undefined) {
    throw new Error(`usage: node fixed-work.js ${Object.keys(WORK).join('|')} COUNT FILE`);
  }
  const file = await open(path, { backend: (name as string).split('@')[1] as string });
  const { size } = await file.stat();
  await work(file, Number(count), Math.floor(size / BLOCK_BYTES));
  await file.close();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
