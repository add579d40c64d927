/** What the document families share: handles that are closed whatever happens, and reads whose whole story is kept. */
import {
  type BoundHandle,
  bindHandle,
  closeHandle,
  getLastError,
  type NativeOverlapped,
  Overlapped,
  queueReadFile,
  readFile,
  type SafeFileHandle,
} from '@overlapped/core/overlapped';
import type { Backend } from '@overlapped/core/backend';
import type { ConformanceContext } from '../../context.js';
import type { PendingSource } from '../../pending-source.js';
import { count, type Outcome } from './tally.js';

/** The two ways to start a read; most behaviours are shown on both. */
export const CALLS = ['readFile', 'queueReadFile'] as const;
export type Call = (typeof CALLS)[number];

/** Opens, binds, and closes at the end. */
export async function withFile(
  context: ConformanceContext,
  path: string,
  body: (handle: SafeFileHandle, bound: BoundHandle) => void | Promise<void>,
  backend: Backend = context.backend,
): Promise<void> {
  const handle = context.createFile(path, undefined, undefined, backend);
  try {
    await body(handle, bindHandle(handle));
  } finally {
    await closeHandle(handle);
  }
}

/** The same for a source that has no data yet. It ends before the close, so that a failing test can't hang. */
export async function withPendingSource(
  context: ConformanceContext,
  test: Mocha.Context,
  body: (handle: SafeFileHandle, source: PendingSource, bound: BoundHandle) => void | Promise<void>,
): Promise<void> {
  context.needs(test, context.capabilities.pipes, 'the backend reads no pipes');
  const source = await context.fixtures.pendingSource();
  try {
    const handle = context.createFile(source.path);
    try {
      await body(handle, source, bindHandle(handle));
    } finally {
      await source.end();
      await closeHandle(handle);
    }
  } finally {
    await source.end();
  }
}

export interface ReadOptions {
  readonly position?: number | bigint;
  /** Bytes to read; the buffer's length if absent. */
  readonly length?: number;
  readonly call?: Call;
}

export interface StartedRead {
  readonly overlapped: NativeOverlapped;
  /** Resolves at the callback, or at once where the call refused. The overlapped is freed by then. */
  readonly ended: Promise<Outcome>;
}

/** One read as the article does it: pack, issue, look at the return, free where the contract says (R34). */
export function startRead(
  context: ConformanceContext,
  handle: SafeFileHandle,
  buffer: NodeJS.ArrayBufferView,
  { position = 0, length = buffer.byteLength, call = 'readFile' }: ReadOptions = {},
): StartedRead {
  let returned: boolean | undefined;
  let lastError = 0;
  let inside = true;
  let end!: (outcome: Outcome) => void;
  const ended = new Promise<Outcome>((resolve) => (end = resolve));
  const finish = (called: boolean, errorCode: number, numBytes: number, native: number): void => {
    const outcome = { returned, lastError, inside, called, errorCode, numBytes, native };
    count(context, outcome);
    end(outcome);
  };
  const overlapped = new Overlapped().pack((errorCode, numBytes, completed) => {
    const { native } = completed;
    Overlapped.free(completed);
    finish(true, errorCode, numBytes, native);
  }, buffer);
  overlapped.setOffset(position);
  if (call === 'readFile') {
    returned = readFile(handle, buffer, length, null, overlapped);
    if (!returned) lastError = getLastError();
  } else {
    lastError = queueReadFile(handle, buffer, 0, length, overlapped);
  }
  inside = false;
  if (lastError !== 0 && lastError !== 997) {
    Overlapped.free(overlapped);
    finish(false, lastError, 0, 0);
  }
  return { overlapped, ended };
}

export function read(
  context: ConformanceContext,
  handle: SafeFileHandle,
  buffer: NodeJS.ArrayBufferView,
  options?: ReadOptions,
): Promise<Outcome> {
  return startRead(context, handle, buffer, options).ended;
}

/** A later job of the event loop: everything that was ready has been delivered. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Puts numbers where earlier calls have left what they had. @returns their sum, so that no compiler leaves them out */
function overwriteStack(depth: number): number {
  return depth === 0 ? 0 : overwriteStack(depth - 1) + depth;
}

/**
 * Collects garbage in a job of its own: a WeakRef keeps its target until the job that read it has ended. JavaScriptCore
 * takes whatever lies on the stack for a reference, long after the call that left it there.
 */
export async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('run mocha with --expose-gc');
  await nextTurn();
  overwriteStack(1_000);
  globalThis.gc();
}

/** True if nothing holds the target any more. Tries several times, since one collection may miss some garbage. */
export async function isCollected(target: WeakRef<object>): Promise<boolean> {
  for (let round = 0; round < 10; round++) {
    await collectGarbage();
    if (target.deref() === undefined) return true;
  }
  return false;
}

/** Runs `body` and gives the exceptions that nobody caught meanwhile, which mocha would take for the test's own. */
export async function uncaughtDuring(body: () => Promise<void>): Promise<unknown[]> {
  const listeners = process.listeners('uncaughtException');
  const caught: unknown[] = [];
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => caught.push(error));
  try {
    await body();
    await nextTurn();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
  return caught;
}
