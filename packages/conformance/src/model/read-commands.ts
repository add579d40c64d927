/** Reads with a position and without one, in each form that the file API has. */
import type { ReadOptions } from '@overlapped/core';
import fc from 'fast-check';
import { lengths, memoryKinds, picks, positions, seldom, wholePages } from './arbitraries.js';
import { type Command, onHandle } from './command.js';
import { checkBytes } from './expectation.js';
import { Memory, type MemoryKind } from './memory.js';
import type { Handle, World } from './world.js';

interface Call {
  readonly handle: Handle;
  readonly memory: Memory;
  readonly position: number;
  readonly signal: AbortSignal;
}

/** One read at a position. @returns bytes read */
const FORMS: Readonly<Record<string, (call: Call) => Promise<number>>> = {
  readAt: ({ handle, memory, position, signal }) => handle.file.readAt(memory.view, position, { signal }),
  'readAt, no signal': ({ handle, memory, position }) => handle.file.readAt(memory.view, BigInt(position)),
  'read(buffer, options)': async ({ handle, memory, position, signal }) =>
    (await handle.file.read(memory.view, { position, signal })).bytesRead,
  'read(options)': async ({ handle, memory, position, signal }) =>
    (await handle.file.read({ buffer: memory.view, position: BigInt(position), signal })).bytesRead,
  'read(buffer, offset, length, position)': async ({ handle, memory, position }) =>
    (await handle.file.read(memory.view, 0, memory.length, position)).bytesRead,
  readv: async ({ handle, memory, position }) => (await handle.file.readv([memory.view], position)).bytesRead,
};

/** Those whose call has nowhere to put a signal. */
const WITHOUT_SIGNAL: ReadonlySet<string> = new Set([
  'readAt, no signal',
  'read(buffer, offset, length, position)',
  'readv',
]);

function memoryFor(world: World, handle: Handle, kind: MemoryKind, length: number): Memory {
  if (!handle.file.direct || length === 0) return Memory.of(kind, length);
  return Memory.aligned(world.subject.backend, wholePages(length));
}

const positioned: fc.Arbitrary<Command> = fc
  .tuple(picks, fc.constantFrom(...Object.keys(FORMS)), positions, lengths, memoryKinds, seldom)
  .map(([pick, form, at, length, kind, fired]) => {
    const abortFirst = fired && !WITHOUT_SIGNAL.has(form);
    const title = `${form} ${length} at ${at} into ${kind}${abortFirst ? ', signal fired' : ''}`;
    return onHandle(pick, title, (world, handle) => {
      const position = handle.file.direct ? wholePages(at) : at;
      const memory = memoryFor(world, handle, kind, length);
      const expected = world.expect(handle, [{ position, length: memory.length }], 'some', abortFirst);
      const run = async (signal: AbortSignal): Promise<Uint8Array[]> => {
        const read = FORMS[form] as (call: Call) => Promise<number>;
        const bytesRead = await read({ handle, memory, position, signal });
        // A direct read clears what was asked for beyond the end of the file.
        if (!handle.file.direct) memory.checkUntouched(bytesRead);
        return [memory.bytes(bytesRead)];
      };
      world.start(expected, run, [memory]);
    });
  });

/** A read without a position: into part of a buffer, into all of it, into one that the call makes. */
const CURSOR_FORMS: Readonly<
  Record<string, (handle: Handle, memory: Memory, position?: null) => Promise<Uint8Array>>
> = {
  read: async ({ file }, memory) => memory.bytes((await file.read(memory.view)).bytesRead),
  'read, position null': async ({ file }, memory) =>
    memory.bytes((await file.read(memory.view, 0, memory.length, null)).bytesRead),
  'read, no buffer': async ({ file }, memory) => {
    const options: ReadOptions = { length: Math.min(memory.length, 16_384) };
    const { bytesRead, buffer } = await file.read(options);
    return buffer.subarray(0, bytesRead);
  },
  readv: async ({ file }, memory) => memory.bytes((await file.readv([memory.view])).bytesRead),
};

/**
 * One or two at once, the second of which begins where the first one is to end (R80). Waited for at once, so that the
 * model knows where the next one begins.
 */
const following: fc.Arbitrary<Command> = fc
  .tuple(
    picks,
    fc.constantFrom(...Object.keys(CURSOR_FORMS)),
    fc.array(fc.nat({ max: 16_000 }), { minLength: 1, maxLength: 2 }),
  )
  .map(([pick, form, counts]) =>
    onHandle(pick, `${form} ${counts.join(' and ')} without a position`, async (world, handle) => {
      if (handle.file.direct) return; // the cursor would leave the blocks' edges
      const read = CURSOR_FORMS[form] as (typeof CURSOR_FORMS)[string];
      let position = handle.cursor;
      const calls = counts.map((length) => {
        const expected = world.expect(handle, [{ position, length }], 'some');
        position += length;
        return { expected, bytes: read(handle, Memory.of('Buffer', length)) };
      });
      const results = await world.waitFor(Promise.allSettled(calls.map(({ bytes }) => bytes)));
      for (const [i, result] of results.entries()) {
        const { expected } = calls[i] as (typeof calls)[number];
        if (result.status === 'rejected') {
          world.checkFailure(expected, result.reason);
        } else {
          checkBytes(expected, [result.value]);
          handle.cursor += result.value.byteLength;
        }
      }
    }),
  );

/** Several buffers filled one after the other. */
const vectors: fc.Arbitrary<Command> = fc
  .tuple(picks, positions, fc.array(fc.nat({ max: 20_000 }), { maxLength: 5 }), memoryKinds)
  .map(([pick, position, counts, kind]) =>
    onHandle(pick, `readv [${counts.join(', ')}] at ${position} into ${kind}`, (world, handle) => {
      if (handle.file.direct) return; // reads only what is aligned, which `readv` of one buffer shows
      const memory = counts.map((length) => Memory.of(kind, length));
      const length = memory.reduce((sum, part) => sum + part.length, 0);
      const spans = counts.length === 0 ? [] : [{ position, length }];
      const run = async (): Promise<Uint8Array[]> => {
        const views = memory.map(({ view }) => view);
        const { bytesRead } = await handle.file.readv(views, position);
        const all = Buffer.concat(memory.map((part) => part.bytes()));
        return spans.map(() => all.subarray(0, bytesRead));
      };
      world.start(world.expect(handle, spans, 'some'), run, memory);
    }),
  );

export const readCommands = { positioned, following, vectors };
