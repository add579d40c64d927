/** What a family of behaviours gets: the backend under test, what it can do, and files to read. */
import { type Backend, type BackendCapabilities, countersOf } from '@overlapped/core/backend';
import { describeBackends, open, type OpenOptions, type OverlappedFile } from '@overlapped/core';
import {
  createFile,
  FILE_FLAG_OVERLAPPED,
  FILE_SHARE_DELETE,
  FILE_SHARE_READ,
  FILE_SHARE_WRITE,
  GENERIC_READ,
  OPEN_EXISTING,
  type SafeFileHandle,
} from '@overlapped/core/overlapped';
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Fixtures } from './fixtures.js';
import { skipUnless } from './skip.js';

/** What the suite asks of a backend that it makes. */
export interface BackendOptions {
  /** The most reads in flight. A factory that can't set it ignores it; tests then look at `backend.capacity`. */
  readonly capacity?: number;
}

/** Turns of the event loop that abandoned reads have to end in. */
const PATIENCE_TURNS = 10_000;

/** Makes the backend under test. The suite closes it when it is done. */
export type BackendFactory = (options?: BackendOptions) => Backend;

/** What each family of behaviours gets. One per described backend. */
export class ConformanceContext {
  /** Files of known content, gone when the suite is done. */
  readonly fixtures = new Fixtures();
  private made: Backend | undefined;
  private readonly others: Backend[] = [];
  /** How many of the others were made by tests that are over. */
  private settled = 0;

  constructor(
    /** The backend's name in titles. */
    readonly name: string,
    private readonly factory: BackendFactory,
  ) {}

  /** The backend under test; made at the first use, and the same one throughout a suite. */
  get backend(): Backend {
    return (this.made ??= this.factory());
  }

  /** Another backend of the same kind, for a test that needs one of its own. Closed with the suite. */
  createBackend(options: BackendOptions = {}): Backend {
    const backend = this.factory(options);
    this.others.push(backend);
    return backend;
  }

  /** What the backend under test can do. */
  get capabilities(): BackendCapabilities {
    return this.backend.capabilities;
  }

  /** Whether the backend can be had by its name, as a worker has to. */
  get hasName(): boolean {
    const { candidates } = describeBackends();
    return candidates.some(({ name, status }) => name === this.name && status !== 'refused');
  }

  /** The file API on this backend. The caller closes it. */
  open(
    path: string | Buffer | URL,
    options: Omit<OpenOptions, 'backend'> = {},
    backend: Backend = this.backend,
  ): Promise<OverlappedFile> {
    return open(path, { ...options, backend });
  }

  /** The document layer's CreateFile with the article's arguments, on this backend. The caller closes it. */
  createFile(
    path: string,
    flags: number = FILE_FLAG_OVERLAPPED,
    access: number = GENERIC_READ,
    backend: Backend = this.backend,
  ): SafeFileHandle {
    const share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    return createFile(path, access, share, null, OPEN_EXISTING, flags, null, { backend });
  }

  /** Skips the running test, with its reason in the report, unless `condition` holds. */
  needs(test: Mocha.Context, condition: boolean, reason: string): void {
    skipUnless(test, condition, `${this.name}: ${reason}`);
  }

  /** After each test: reads that it abandoned on purpose end, and none is left in flight or in line (R21). */
  async settle(): Promise<void> {
    const used = this.others.slice(this.settled);
    this.settled = this.others.length;
    if (this.made !== undefined) used.push(this.made);
    for (const backend of used) {
      const left = (): [number, number] => [backend.stats().inFlight, countersOf(backend).queued];
      const isIdle = (): boolean => left().every((count) => count === 0);
      for (let turns = 0; turns < PATIENCE_TURNS && !isIdle(); turns++) await turn();
      assert.deepEqual(left(), [0, 0], 'reads left in flight, and in line');
    }
  }

  /** Closes what was made, and removes the files. */
  async dispose(): Promise<void> {
    await this.made?.close();
    for (const backend of this.others) await backend.close();
    this.fixtures.dispose();
  }
}

/** One family of behaviours: registers its mocha tests. Titles name the requirements they show, as `[R44] ...`. */
export type Family = (context: ConformanceContext) => void;
