/** Whole ranges, whole files, and the streams. */
import type { OverlappedFile } from '@overlapped/core';
import fc from 'fast-check';
import { lengths, picks, positions, seldom } from './arbitraries.js';
import { type Command, onHandle } from './command.js';
import { checkBytes } from './expectation.js';
import { LARGEST_FILE } from './file-model.js';
import { Memory } from './memory.js';

const ranges = fc.array(fc.record({ position: positions, length: lengths, into: fc.boolean() }), {
  maxLength: 8,
});

/** Between the library's answer and our look at it we may have transferred the memory: then nobody knows its bytes. */
function checkStillHere(memory: readonly Memory[], parts: readonly Uint8Array[]): void {
  const gone = memory.some(({ view, moved }) => moved && parts.some((part) => part.buffer === view.buffer));
  if (!gone) return;
  const error = new Error('transferred before its bytes could be looked at');
  throw Object.assign(error, { code: 'ERR_INVALID_STATE' });
}

const many: fc.Arbitrary<Command> = fc
  .tuple(picks, ranges, fc.constantFrom('clamp' as const, 'error' as const), seldom)
  .map(([pick, asked, eof, abortFirst]) => {
    const list = asked.map(({ position, length, into }) => `${length} at ${position}${into ? ' into' : ''}`);
    const title = `readMany [${list.join(', ')}] ${eof}${abortFirst ? ', signal fired' : ''}`;
    return onHandle(pick, title, (world, handle) => {
      const memory: Memory[] = [];
      const requests = asked.map(({ position, length, into }) => {
        if (!into) return { position, length };
        const target = Memory.of('Buffer', length);
        memory.push(target);
        return { position, into: target.view as Buffer };
      });
      const expected = world.expect(handle, asked, eof, abortFirst);
      const run = async (signal: AbortSignal): Promise<Uint8Array[]> => {
        const parts = await handle.file.readMany(requests, { eof, signal });
        checkStillHere(memory, parts);
        return parts.map((part) => Uint8Array.from(part)); // ours by now, and we may transfer it
      };
      world.start(expected, run, memory);
    });
  });

const exactly: fc.Arbitrary<Command> = fc
  .tuple(picks, positions, lengths, fc.constantFrom('clamp' as const, 'error' as const))
  .map(([pick, position, length, eof]) =>
    onHandle(pick, `readExactly ${length} at ${position} ${eof}`, (world, handle) => {
      world.start(world.expect(handle, [{ position, length }], eof), async (signal) => [
        await handle.file.readExactly(position, length, { eof, signal }),
      ]);
    }),
  );

const wholeFile: fc.Arbitrary<Command> = picks.map((pick) =>
  onHandle(pick, 'readFile', async (world, handle) => {
    const expected = world.expect(handle, [{ position: handle.cursor, length: 2 * LARGEST_FILE }], 'clamp');
    const [result] = await world.waitFor(Promise.allSettled([handle.file.readFile()]));
    if (result.status === 'rejected') {
      world.checkFailure(expected, result.reason);
    } else {
      checkBytes(expected, [result.value]);
      handle.cursor += result.value.byteLength;
    }
  }),
);

interface Streaming {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly chunkSize: number;
  readonly depth: number;
  readonly signal: AbortSignal;
}

interface StreamKind {
  /** What a stream of a closed file fails with: Node's own streams' codes. */
  readonly closed: string;
  readonly of: (file: OverlappedFile, options: Streaming) => AsyncIterable<Uint8Array>;
}

/** Each is left by `break`, early or at its end. */
const STREAMS: Readonly<Record<string, StreamKind>> = {
  chunks: { closed: 'EBADF', of: (file, options) => file.chunks(options) },
  createReadStream: {
    closed: 'ERR_OUT_OF_RANGE',
    of: (file, { start, end, chunkSize, depth, signal }) =>
      file.createReadStream({
        start,
        end: end - 1,
        highWaterMark: chunkSize,
        depth,
        signal,
        autoClose: false,
      }),
  },
  readableWebStream: {
    closed: 'ERR_INVALID_STATE',
    of: (file, { start, end, chunkSize, signal }) =>
      file.readableWebStream({ start, end: end - 1, chunkSize, signal }),
  },
};

const streams: fc.Arbitrary<Command> = fc
  .tuple(
    picks,
    fc.constantFrom(...Object.keys(STREAMS)),
    positions,
    lengths,
    fc.integer({ min: 1000, max: 70_000 }),
    fc.integer({ min: 1, max: 6 }),
    fc.option(fc.integer({ min: 1, max: 5 }), { nil: Infinity }),
  )
  .map(([pick, name, start, length, chunkSize, depth, most]) => {
    const early = most === Infinity ? '' : `, left after ${most}`;
    const title = `${name} ${length} from ${start} by ${chunkSize}, ${depth} ahead${early}`;
    return onHandle(pick, title, (world, handle) => {
      const end = start + Math.max(1, length);
      // Chunks of a direct file are cut to its blocks, so that only a stream which is not left early is predictable.
      const limit = handle.file.direct ? Infinity : most;
      const span = { position: start, length: Math.min(end - start, limit * chunkSize) };
      const kind = STREAMS[name] as StreamKind;
      const expected = {
        ...world.expect(handle, [span], 'clamp'),
        mustFail: handle.closed ? [kind.closed] : [],
      };
      world.start(expected, async (signal) => {
        const parts: Uint8Array[] = [];
        for await (const chunk of kind.of(handle.file, { start, end, chunkSize, depth, signal })) {
          parts.push(Uint8Array.from(chunk)); // chunks are lent
          if (parts.length >= limit) break;
        }
        // A Node stream may hand over several chunks as one.
        return [Buffer.concat(parts).subarray(0, span.length)];
      });
    });
  });

export const rangeCommands = { many, exactly, wholeFile, streams };
