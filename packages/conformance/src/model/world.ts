/**
 * The model: one file whose byte at each position is known, its size now, and the reads in flight, each with the sizes
 * that it may have met. A read that races with a change of size may see either side of it, and nothing else.
 */
import type { OverlappedFile } from '@overlapped/core';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { available, turn } from '../families/file/subject.js';
import type { FaultyBackend } from '../faults.js';
import { pattern } from '../fixtures.js';

/** No file of the model grows larger. */
export const LARGEST_FILE = 256 << 10;
const WHOLE = pattern(0, LARGEST_FILE);

export interface Span {
  readonly position: number;
  readonly length: number;
}

/** `some`: any part of what there is, but none only where there is none (R62). Otherwise an EofPolicy. */
export type Amount = 'some' | 'clamp' | 'error';

/** What one call must come to. */
export interface Expectation {
  readonly handle: Handle;
  readonly spans: readonly Span[];
  readonly amount: Amount;
  /** The smallest and the largest size that the file has had meanwhile. */
  smallest: number;
  largest: number;
  aborted: boolean;
}

/** A call in flight. */
interface Flight extends Expectation {
  readonly abort: () => void;
  readonly outcome: Promise<PromiseSettledResult<readonly Uint8Array[]>>;
}

export interface Handle {
  readonly file: OverlappedFile;
  /** Where the next read without a position begins. */
  cursor: number;
  closed: boolean;
}

export class World {
  size: number;
  readonly handles: Handle[] = [];
  private flights: Flight[] = [];
  private deviceErrors = 0;
  private readonly closes: Promise<void>[] = [];

  constructor(
    readonly path: string,
    initialSize: number,
    private readonly openFile: (path: string) => Promise<OverlappedFile>,
    /** The backend, if it is one that goes wrong. */
    private readonly faulty?: FaultyBackend,
  ) {
    this.size = initialSize;
    fs.writeFileSync(path, WHOLE.subarray(0, initialSize));
  }

  get inFlight(): number {
    return this.flights.length;
  }

  async open(): Promise<void> {
    this.handles.push({ file: await this.openFile(this.path), cursor: 0, closed: false });
  }

  /** An open handle, by any number; undefined if there is none. */
  handle(pick: number): Handle | undefined {
    const open = this.handles.filter(({ closed }) => !closed);
    return open[pick % open.length];
  }

  /** What a call begun now must come to. */
  expect(handle: Handle, spans: readonly Span[], amount: Amount): Expectation {
    return { handle, spans, amount, smallest: this.size, largest: this.size, aborted: false };
  }

  /** Starts a call; {@link settle} checks it. `run` gives the bytes of each span. */
  start(expected: Expectation, run: (signal: AbortSignal) => Promise<readonly Uint8Array[]>): void {
    const controller = new AbortController();
    const outcome = Promise.allSettled([run(controller.signal)]).then(([result]) => result);
    this.flights.push({ ...expected, abort: () => controller.abort(), outcome });
  }

  abort(pick: number): void {
    const flight = this.flights[pick % this.flights.length];
    if (flight === undefined) return;
    flight.aborted = true;
    flight.abort();
  }

  resize(size: number): void {
    if (size < this.size) fs.truncateSync(this.path, size);
    else fs.appendFileSync(this.path, WHOLE.subarray(this.size, size));
    this.size = size;
    for (const flight of this.flights) {
      flight.smallest = Math.min(flight.smallest, size);
      flight.largest = Math.max(flight.largest, size);
    }
  }

  close(handle: Handle): void {
    handle.closed = true;
    this.closes.push(handle.file.close());
  }

  /** Lets whatever waits go on. */
  async turn(): Promise<void> {
    this.faulty?.release();
    await turn();
  }

  /** Waits for `promise`, in a world where reads may wait to be released. */
  async waitFor<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const settle = (): void => void (done = true);
    promise.then(settle, settle);
    for (let turns = 0; !done; turns++) {
      assert(turns < 100_000, 'a promise that never settles (R21)');
      await this.turn();
    }
    return promise;
  }

  /** Waits for every read in flight and checks what it came to. */
  async settle(): Promise<void> {
    const { flights } = this;
    const results = await this.waitFor(Promise.all(flights.map(({ outcome }) => outcome)));
    this.flights = [];
    for (const [i, result] of results.entries()) {
      const flight = flights[i]!;
      if (result.status === 'fulfilled') checkBytes(flight, result.value);
      else this.checkFailure(flight, result.reason);
    }
  }

  /** Settles, closes everything, and looks at the file once more. */
  async end(): Promise<void> {
    await this.settle();
    for (const handle of this.handles) if (!handle.closed) this.close(handle);
    await this.waitFor(Promise.all(this.closes));
    if (this.faulty !== undefined) this.faulty.decide = () => undefined;
    const file = await this.openFile(this.path);
    const bytes = await file.readFile();
    await file.close();
    assert(WHOLE.subarray(0, this.size).equals(bytes as Buffer), 'the file as a whole');
  }

  /** @throws the error, unless the model knows why it had to come */
  checkFailure(flight: Expectation, error: unknown): void {
    const { name, code } = error as NodeJS.ErrnoException;
    if (name === 'AbortError' && flight.aborted) return;
    if ((code === 'EBADF' || code === 'ECANCELED') && flight.handle.closed) return;
    if (code === 'EIO' && this.faulty !== undefined) {
      this.deviceErrors++;
      assert(this.deviceErrors <= this.faulty.errors, 'a device error was reported twice');
      return;
    }
    const { amount, smallest, spans } = flight;
    const short = spans.some(({ position, length }) => available(smallest, position, length) < length);
    if (code === 'ERR_OVERLAPPED_UNEXPECTED_EOF' && amount === 'error' && short) return;
    throw error;
  }
}

/** The bytes must be the file's, and as many as the sizes that the call may have met allow. */
export function checkBytes(expected: Expectation, parts: readonly Uint8Array[]): void {
  assert.equal(parts.length, expected.spans.length);
  expected.spans.forEach((span, i) => checkSpan(expected, span, parts[i]!));
}

function checkSpan(
  { amount, smallest, largest }: Expectation,
  { position, length }: Span,
  bytes: Uint8Array,
): void {
  const least = available(smallest, position, length);
  const most = available(largest, position, length);
  const wanted = { some: Math.min(1, least), clamp: least, error: length }[amount];
  const count = bytes.byteLength;
  const where = `${count} bytes of ${length} at ${position}, sizes ${smallest} to ${largest}`;
  assert(count <= most, `too many: ${where}`);
  assert(count >= wanted, `too few: ${where}`);
  const sure = Math.min(count, least);
  assert(WHOLE.subarray(position, position + sure).equals(bytes.subarray(0, sure)), `wrong bytes: ${where}`);
  // Between cut and grown again, the rest of a page is zero for a moment.
  for (let i = sure; i < count; i++) {
    assert(bytes[i] === WHOLE[position + i] || bytes[i] === 0, `byte ${i}: ${where}`);
  }
}
