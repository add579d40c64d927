/** What the Windows tests share: a backend on a completion port of its own, and one read with all that became of it. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { createIocpBackend, type Backend, type IocpOptions } from '@overlapped/core/backend';
import {
  bindHandle,
  createFile,
  FILE_FLAG_OVERLAPPED,
  FILE_SHARE_DELETE,
  FILE_SHARE_READ,
  FILE_SHARE_WRITE,
  GENERIC_READ,
  getLastError,
  OPEN_EXISTING,
  Overlapped,
  readFile,
  type NativeOverlapped,
  type SafeFileHandle,
} from '@overlapped/core/overlapped';
import { whereLoaded } from '@overlapped/conformance';
import { type IocpAddon, load } from '@overlapped/win-iocp';

export type { Backend } from '@overlapped/core/backend';

/** Registers `tests` where there are completion ports; elsewhere one skipped test that says why. */
export function describeOnWindows(title: string, tests: (addon: IocpAddon) => void): void {
  // On Linux scripts/test-wine.mjs runs them.
  whereLoaded(title, load(), process.platform === 'win32', (addon) => {
    describe(title, () => tests(addon));
  });
}

export function makeBackend(addon: IocpAddon, options: IocpOptions = {}): Backend {
  return createIocpBackend(addon, options);
}

/** Step 1 and 2 of the article. */
export function openBound(backend: Backend, path: string, access: number = GENERIC_READ): SafeFileHandle {
  const share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  const handle = createFile(path, access, share, null, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, null, {
    backend,
  });
  bindHandle(handle);
  return handle;
}

/** One read of the document layer: what readFile said, and what the callback was given, if it came. */
export interface Issued {
  readonly returned: boolean;
  /** 0 if readFile returned true. */
  readonly lastError: number;
  readonly callbacks: { errorCode: number; numBytes: number }[];
  readonly overlapped: NativeOverlapped;
  readonly buffer: Buffer;
  /** Resolves at the first callback. */
  readonly completed: Promise<void>;
}

export function issueRead(handle: SafeFileHandle, length: number, position: number | bigint = 0): Issued {
  const buffer = Buffer.alloc(length);
  const callbacks: Issued['callbacks'] = [];
  let complete!: () => void;
  const completed = new Promise<void>((resolve) => (complete = resolve));
  const overlapped = new Overlapped().pack((errorCode, numBytes, native) => {
    callbacks.push({ errorCode, numBytes });
    Overlapped.free(native);
    complete();
  }, buffer);
  overlapped.setOffset(position);
  const returned = readFile(handle, buffer, length, null, overlapped);
  assert.equal(callbacks.length, 0, 'no callback inside the issuing call (R22)');
  return { returned, lastError: returned ? 0 : getLastError(), callbacks, overlapped, buffer, completed };
}

/** A counter of the backend by its name. */
export function counter(backend: Backend, name: string): number {
  const value = backend.stats().detail[name];
  if (typeof value !== 'number') throw new Error(`the backend counts no ${name}`);
  return value;
}

/** Until every failed read's OVERLAPPED has left quarantine: whatever stray was to come has come by then. */
export async function fencesPassed(backend: Backend): Promise<void> {
  while (counter(backend, 'quarantined') > 0) await turn();
}
