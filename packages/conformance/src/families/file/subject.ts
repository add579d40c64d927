/**
 * What the file API's families read from. Some need only what Node's FileHandle has as well, and run on FileHandle
 * itself: an oracle that this project did not write.
 */
import { open, type OverlappedFile, type RangeRequest } from '@overlapped/core';
import assert from 'node:assert/strict';
import type { BigIntStats, ReadStream, Stats } from 'node:fs';
import type { Interface } from 'node:readline';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout } from 'node:timers/promises';
import type { ConformanceContext } from '../../context.js';
import { type FaultOptions, FaultyBackend } from '../../faults.js';
import { type Fixtures, pattern } from '../../fixtures.js';

type View = NodeJS.ArrayBufferView;
type Position = number | bigint | null;

interface CommonReadOptions {
  offset?: number;
  length?: number;
  position?: Position;
}

interface CommonStreamOptions {
  start?: number;
  end?: number;
  highWaterMark?: number;
  encoding?: BufferEncoding;
  autoClose?: boolean;
  emitClose?: boolean;
  signal?: AbortSignal;
}

/** The surface that FileHandle and OverlappedFile share, and two methods that only the latter has. */
export interface CommonFile {
  readonly fd: number;
  read<T extends View>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: Position,
  ): Promise<{ bytesRead: number; buffer: T }>;
  read<T extends View>(buffer: T, options?: CommonReadOptions): Promise<{ bytesRead: number; buffer: T }>;
  read<T extends View = Buffer>(
    options?: CommonReadOptions & { buffer?: T },
  ): Promise<{ bytesRead: number; buffer: T }>;
  readv<T extends readonly View[]>(
    buffers: T,
    position?: Position,
  ): Promise<{ bytesRead: number; buffers: T }>;
  readFile(options?: { encoding?: BufferEncoding | null } | BufferEncoding | null): Promise<Buffer | string>;
  readLines(options?: CommonStreamOptions): Interface;
  stat(): Promise<Stats>;
  stat(options: { bigint: true }): Promise<BigIntStats>;
  createReadStream(options?: CommonStreamOptions): ReadStream;
  readableWebStream(): ReadableStream<Uint8Array>;
  close(): Promise<void>;
  on(event: 'close', listener: () => void): unknown;
  [Symbol.asyncDispose](): Promise<void>;

  readAt?(buffer: View, position: number | bigint): Promise<number>;
  readMany?(ranges: readonly RangeRequest[], options?: { eof?: 'error' | 'clamp' }): Promise<Uint8Array[]>;
}

/** A backend's {@link ConformanceContext}, or the oracle. */
export interface FileSubject {
  readonly name: string;
  readonly fixtures: Fixtures;
  /** True for Node's FileHandle. Where it lawfully differs, a test says so and checks what it does instead. */
  readonly isFileHandle?: boolean;
  open(path: string | Buffer | URL): Promise<CommonFile>;
  needs(test: Mocha.Context, condition: boolean, reason: string): void;
}

/** A family that runs on the oracle too. */
export type CommonFamily = (subject: FileSubject) => void;

/** Each way to read `target.byteLength` bytes at a position, at most once. */
export interface Way {
  readonly name: string;
  readonly exists: (file: CommonFile) => boolean;
  readonly read: (file: CommonFile, target: View, position: number | bigint) => Promise<number>;
}

const always = (): boolean => true;

const WAYS: readonly Way[] = [
  {
    name: 'read(buffer, offset, length, position)',
    exists: always,
    read: async (file, target, position) =>
      (await file.read(target, 0, target.byteLength, position)).bytesRead,
  },
  {
    name: 'read(buffer, options)',
    exists: always,
    read: async (file, target, position) => (await file.read(target, { position })).bytesRead,
  },
  {
    name: 'readv',
    exists: always,
    read: async (file, target, position) => (await file.readv([target], position)).bytesRead,
  },
  {
    name: 'readAt',
    exists: (file) => file.readAt !== undefined,
    read: (file, target, position) => file.readAt!(target, position),
  },
  {
    name: 'readMany',
    exists: (file) => file.readMany !== undefined,
    read: async (file, target, position) => {
      const into = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
      return (await file.readMany!([{ position, into }], { eof: 'clamp' }))[0]!.byteLength;
    },
  },
];

export function waysOf(file: CommonFile): Way[] {
  return WAYS.filter(({ exists }) => exists(file));
}

/** One positioned read, FileHandle's way. */
export async function readAt(file: CommonFile, target: View, position: number | bigint): Promise<number> {
  return (await file.read(target, 0, target.byteLength, position)).bytesRead;
}

/** FileHandle of Node 20 takes a bigint for no position at all; later ones take it for what it is. */
export function withoutBigints<T>(subject: FileSubject, positions: readonly T[]): T[] {
  return positions.filter((position) => !(subject.isFileHandle && typeof position === 'bigint'));
}

/** What a read never leaves behind by chance. */
export const SENTINEL = 0xa5;

export function sentinels(bytes: number): Buffer {
  return Buffer.alloc(bytes, SENTINEL);
}

/** The first `count` bytes are the pattern file's at `position`, and all others are {@link SENTINEL} (R43). */
export function assertPattern(bytes: Uint8Array, position: number, count: number, what = ''): void {
  const expected = Buffer.concat([pattern(position, count), sentinels(bytes.byteLength - count)]);
  if (!expected.equals(bytes)) assert.deepEqual(Buffer.from(bytes), expected, what);
}

/** Bytes that a pattern file of `size` bytes has at `position`, at most `length`. */
export function available(size: number, position: number, length: number): number {
  return Math.max(0, Math.min(length, size - position));
}

/** Runs `body` with a backend of its own in which the test decides how reads end; then everything must be over. */
export async function withFaults(
  context: ConformanceContext,
  options: FaultOptions,
  body: (
    backend: FaultyBackend,
    open: (path: string, openOptions?: { direct?: boolean }) => Promise<OverlappedFile>,
  ) => Promise<void>,
): Promise<void> {
  const backend = new FaultyBackend(context.createBackend(), options);
  const files: OverlappedFile[] = [];
  try {
    await body(backend, async (path, openOptions = {}) => {
      const file = await open(path, { ...openOptions, backend });
      files.push(file);
      return file;
    });
  } finally {
    backend.decide = () => undefined;
    backend.release();
    await Promise.all(files.map((file) => file.close()));
  }
  await backend.close();
}

/** A turn of the event loop: every completion that was ready has been delivered. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Turns that {@link until} makes as fast as they go. */
const QUICK_TURNS = 1_000;
/** Turns after them, of a millisecond or more each: a busy machine's thread pool is slower than many idle turns. */
const SLOW_TURNS = 20_000;

/** Turns the event loop until `condition` holds. A condition that never does is a failing test, not a hanging one. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns > QUICK_TURNS + SLOW_TURNS) assert.fail(`never happened: ${what}`);
    await (turns < QUICK_TURNS ? turn() : setTimeout(1));
  }
}

/** 'pending' if the promise has not settled by the end of a few turns. */
export async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'fulfilled' | 'rejected'> {
  let state: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  promise.then(
    () => (state = 'fulfilled'),
    () => (state = 'rejected'),
  );
  for (let turns = 0; turns < 5; turns++) await turn();
  return state;
}
