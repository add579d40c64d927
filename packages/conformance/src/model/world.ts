/**
 * The world that a random program acts on: two files, who has them open, and the calls in flight, each with all that it
 * may lawfully come to. A read that races with a change may see either side of it, and nothing else.
 */
import { open, type OpenOptions, type OverlappedFile } from '@overlapped/core';
import type { Backend } from '@overlapped/core/backend';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { turn } from '../families/file/subject.js';
import type { FaultyBackend } from '../faults.js';
import type { StepwiseBackend } from '../stepwise-backend.js';
import {
  type Amount,
  checkBytes,
  checkFailure,
  type Expectation,
  type Reader,
  type Span,
} from './expectation.js';
import { FileModel } from './file-model.js';
import { Leftovers } from './leftovers.js';
import type { Memory } from './memory.js';
import { WorkerReader } from './worker-reader.js';

/** `open` of `@overlapped/core`, or something in its place. */
export type OpenFile = (path: string, options: OpenOptions) => Promise<OverlappedFile>;

/** What a program reads through. */
export interface Subject {
  /** The outermost backend. */
  readonly backend: Backend;
  /** The innermost backend, if `backend` is around one. */
  readonly inner?: Backend;
  /** The one in `backend` that goes wrong. */
  readonly faulty?: FaultyBackend;
  /** The one in `backend` whose reads end when the program says so. */
  readonly stepwise?: StepwiseBackend;
  /** Name of the backend that workers use; without it there are none. */
  readonly workers?: string;
  /** Whether files are opened with `direct` too. */
  readonly direct?: boolean;
  /** In place of the library's own `open`. */
  readonly openFile?: OpenFile;
}

export interface Handle extends Reader {
  readonly file: OverlappedFile;
  /** Where the next read without a position begins. */
  cursor: number;
}

/** A call in flight. */
interface Flight extends Expectation {
  readonly controller: AbortController;
  readonly memory: readonly Memory[];
  readonly outcome: Promise<PromiseSettledResult<readonly Uint8Array[]>>;
}

export interface CallOptions {
  /** The signal has fired before the call. */
  readonly abortFirst?: boolean;
  /** The caller's memory that is read into. */
  readonly memory?: readonly Memory[];
}

const MAX_HANDLES = 8;
const MAX_WORKERS = 2;
/** Turns without a new read before a promise is given up. Real devices are waited for in milliseconds. */
const PATIENCE = 1000;
const PATIENCE_MS = 30_000;
/** More than all calls of a program need, if each read of theirs is short. */
const MOST_READS = 1_000_000;
/** What failed may never end. */
const ABANDON_TURNS = 200;

export class World {
  readonly handles: Handle[] = [];
  readonly files: readonly FileModel[];
  /** What was done, for people. */
  readonly steps: string[] = [];
  private readonly workers: WorkerReader[] = [];
  private readonly leftovers: Leftovers;
  private readonly closes: Promise<void>[] = [];
  private readonly spent: AbortController[] = [];
  private flights: Flight[] = [];
  private deviceErrors = 0;

  constructor(
    readonly subject: Subject,
    paths: readonly [string, string],
    initialSize: number,
  ) {
    this.files = paths.map((path, number) => new FileModel(path, initialSize, number));
    const realPaths = paths.map((path) => fs.realpathSync(path));
    this.leftovers = new Leftovers(subject.inner ?? subject.backend, realPaths);
  }

  file(pick: number): FileModel {
    return this.files[pick % this.files.length] as FileModel;
  }

  /** Opens, or, where the file has lost its name, is refused. */
  async open(pick: number, options: OpenOptions): Promise<void> {
    const model = this.file(pick);
    // Windows keeps the name until the last handle closes, and ours is open.
    const lingers = !model.linked && process.platform === 'win32';
    if (lingers || this.handles.length >= MAX_HANDLES) return;
    const direct = options.direct === true && this.subject.direct === true;
    const opening = this.openFile(model.path, { ...options, direct });
    if (!model.linked) {
      await assert.rejects(opening, { code: 'ENOENT' }, 'a file that was unlinked is opened');
      return;
    }
    const file = await this.waitFor(opening);
    this.leftovers.watch(file);
    this.handles.push({ file, model, cursor: 0, closed: false });
  }

  /** One of the handles, by any number; undefined if there is none. Now and then one that is closed. */
  handle(pick: number): Handle | undefined {
    const open = this.handles.filter(({ closed }) => !closed);
    const among = pick < 7 && open.length > 0 ? open : this.handles;
    return among[pick % among.length];
  }

  async startWorker(pick: number): Promise<void> {
    const model = this.file(pick);
    const { workers: backend } = this.subject;
    if (backend === undefined || !model.linked || this.workers.length >= MAX_WORKERS) return;
    this.workers.push(await this.waitFor(WorkerReader.start(model, backend)));
  }

  worker(pick: number): WorkerReader | undefined {
    const running = this.workers.filter(({ closed }) => !closed);
    return running[pick % running.length];
  }

  async terminateWorker(pick: number): Promise<void> {
    const worker = this.worker(pick);
    if (worker === undefined) return;
    for (const flight of this.flights) flight.terminated ||= flight.reader === worker;
    await this.waitFor(worker.terminate());
  }

  /** What a call begun now must come to. */
  expect(reader: Reader, spans: readonly Span[], amount: Amount, abortFirst = false): Expectation {
    const reasons = [...(abortFirst ? ['ABORT_ERR'] : []), ...(reader.closed ? ['EBADF'] : [])];
    return {
      reader,
      spans,
      amount,
      version: reader.model.version,
      mustFail: spans.length > 0 ? reasons : [],
      aborted: abortFirst,
      moved: false,
      terminated: false,
    };
  }

  /** Starts a call; {@link settle} checks it. `run` gives the bytes of each span. */
  start(
    expected: Expectation,
    run: (signal: AbortSignal) => Promise<readonly Uint8Array[]>,
    memory: readonly Memory[] = [],
  ): void {
    const controller = new AbortController();
    if (expected.aborted) controller.abort();
    const outcome = Promise.allSettled([run(controller.signal)]).then(([result]) => result);
    this.flights.push({ ...expected, controller, memory, outcome });
  }

  /** Fires the signal of a call in flight, or of one that is over, which must do nothing (R69). */
  abort(pick: number): void {
    const flight = this.flights[pick % (this.flights.length + 1)];
    if (flight === undefined) {
      this.spent[pick % this.spent.length]?.abort();
      return;
    }
    flight.aborted = true;
    flight.controller.abort();
  }

  /** Transfers the memory of a call in flight to a new owner, who outlives it (R39). */
  transfer(pick: number): void {
    const flights = this.flights.filter(({ memory }) => memory.length > 0);
    const flight = flights[pick % flights.length];
    const memory = flight?.memory[pick % flight.memory.length];
    memory?.transfer();
    if (flight !== undefined) flight.moved ||= memory?.moved === true;
  }

  /** Also of a handle that is closed, or closing, already. */
  close(handle: Handle): void {
    handle.closed = true;
    this.closes.push(handle.file.close());
    assert.equal(handle.file.fd, -1, 'a closed file has no descriptor');
  }

  /** Lets the event loop go on, and reads that wait to be let through. */
  async turn(): Promise<void> {
    this.subject.faulty?.release();
    await turn();
  }

  /** Waits for `promise`, in a world where reads may wait to be released. */
  async waitFor<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const settle = (): void => void (done = true);
    promise.then(settle, settle);
    const { stepwise, backend } = this.subject;
    const patience = stepwise === undefined ? PATIENCE + PATIENCE_MS : PATIENCE;
    const first = backend.stats().submissions;
    let submissions = -1;
    for (let idle = 0; !done; idle++) {
      if (backend.stats().submissions !== submissions) idle = 0;
      submissions = backend.stats().submissions;
      assert(submissions - first < MOST_READS, 'reads without end');
      assert(idle < patience, 'a promise that never settles (R21)');
      stepwise?.completeAll();
      await this.turn();
      if (idle > PATIENCE) await sleep(1);
    }
    return promise;
  }

  /** Waits for every call in flight and checks what it came to. */
  async settle(): Promise<void> {
    const { flights } = this;
    const results = await this.waitFor(Promise.all(flights.map(({ outcome }) => outcome)));
    this.flights = [];
    for (const [i, result] of results.entries()) {
      const flight = flights[i] as Flight;
      if (result.status === 'fulfilled') checkBytes(flight, result.value);
      else this.checkFailure(flight, result.reason);
      for (const memory of flight.memory) memory.checkUntouched(memory.length);
    }
    this.spent.unshift(...flights.map(({ controller }) => controller));
    this.spent.length = Math.min(this.spent.length, MAX_HANDLES);
  }

  checkFailure(expected: Expectation, error: unknown): void {
    const { faulty } = this.subject;
    if (faulty !== undefined && (error as NodeJS.ErrnoException).code === 'EIO') {
      this.deviceErrors++;
      assert(this.deviceErrors <= faulty.errors, 'a device error was reported twice');
    } else {
      checkFailure(expected, error);
    }
  }

  /** Settles, closes everything, and looks for what is left. */
  async end(): Promise<void> {
    await this.settle();
    for (const worker of this.workers) await worker.terminate();
    for (const handle of this.handles) if (!handle.closed) this.close(handle);
    await this.waitFor(Promise.all(this.closes));
    await this.checkWhole();
    await this.checkClosed();
    this.dispose(); // the changes' own descriptors are none of the library's
    await this.leftovers.check(() => this.turn());
  }

  /** After a failure: closes what can be closed, so that the next program starts afresh. Checks nothing any more. */
  async abandon(): Promise<void> {
    const ends = [
      ...this.workers.map((worker) => worker.terminate()),
      ...this.handles.map(({ file }) => file.close()),
      ...this.flights.map(({ outcome }) => outcome),
    ];
    let ended = false;
    void Promise.allSettled(ends).then(() => (ended = true));
    for (let turns = 0; turns < ABANDON_TURNS && !ended; turns++) {
      this.subject.stepwise?.completeAll();
      await this.turn();
    }
    this.dispose();
  }

  private dispose(): void {
    for (const file of this.files) file.dispose();
  }

  private openFile(path: string, options: OpenOptions): Promise<OverlappedFile> {
    const { backend, openFile = open } = this.subject;
    return openFile(path, { ...options, backend });
  }

  /** After all that, a read of each file that still has a name gives every byte. */
  private async checkWhole(): Promise<void> {
    if (this.subject.faulty !== undefined) this.subject.faulty.decide = () => undefined;
    for (const { path, content } of this.files.filter(({ linked }) => linked)) {
      const file = await this.waitFor(this.openFile(path, {}));
      const bytes = await this.waitFor(file.readFile());
      await this.waitFor(file.close());
      assert(content.equals(bytes), 'the file as a whole');
    }
  }

  private async checkClosed(): Promise<void> {
    for (const { file } of this.handles) {
      await assert.rejects(file.readAt(Buffer.alloc(0), 0), { code: 'EBADF' }, 'a read of a closed file');
    }
  }
}
