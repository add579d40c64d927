/**
 * A backend around a backend, in which a test decides how each read ends: short, failed, refused, waiting, late.
 *
 * It also holds the layers above to their half of the contract, and the backend inside to its own: a slot that is used
 * twice, a buffer outside its view, a file closed with a read in flight, a second completion, each throw.
 */
import type {
  Backend,
  BackendCapabilities,
  BackendFile,
  BackendStats,
  CompletionSink,
  NativeErrorKind,
  OpenRequest,
  ReadRequest,
} from '@overlapped/core/backend';
import { ISSUED_COMPLETE, ISSUED_PENDING } from '@overlapped/core/backend';
import { ERROR_HANDLE_EOF, ERROR_NOACCESS, ERROR_OPERATION_ABORTED } from '@overlapped/core/overlapped';
import assert from 'node:assert/strict';
import type { BigIntStats, Stats } from 'node:fs';

/** What befalls a read. */
export type Fault =
  /** The system is asked for fewer bytes, as if it gave no more (R62). */
  | {
      readonly kind: 'short';
      /** How many it is asked for. */
      readonly bytes: number;
    }
  /** The read fails, and its buffer is not touched. From `issue` the number is the return value (R54). */
  | {
      readonly kind: 'error';
      /** The error number. */
      readonly win32: number;
      /** The raw number, for each kind of backend. */
      readonly native?: Partial<Record<NativeErrorKind, number>>;
    }
  /** The read begins at `release()`, like one that waits for a slow disk. Cancelling ends it with 995. */
  | { readonly kind: 'wait' }
  /** The read is done at once, and its completion comes at `release()`: it was too late to cancel it (R67). */
  | { readonly kind: 'late' };

/** What the device says when it can't read: EIO in each system's numbers. */
export const DEVICE_ERROR: Fault = { kind: 'error', win32: 1117, native: { errno: 5, uv: -5, win32: 1117 } };
/** Too many reads outstanding, which trying again may cure (R77). */
export const EXHAUSTED: Fault = { kind: 'error', win32: 1784, native: { errno: 11, uv: -105, win32: 1784 } };

/** Which reads go wrong, and how. */
export interface FaultOptions {
  /** The most reads in flight, if less than the backend's own. */
  readonly capacity?: number;
  /** Says what befalls a read; `number` counts them from 0. Undefined: nothing. */
  readonly decide?: (read: ReadRequest, number: number) => Fault | undefined;
}

/** Where a read is: before the backend inside, in it, or past it with its completion still to be reported. */
type Place = 'before' | 'inside' | 'past';

interface Flight {
  readonly fault: Fault | undefined;
  /** As the layers above handed it down. */
  readonly request: ReadRequest;
  /** As the backend inside gets it. */
  given: ReadRequest;
  place: Place;
}

type Completion = readonly [
  slot: number,
  generation: number,
  errorCode: number,
  numBytes: number,
  native: number,
];

/** A backend around `inner` whose reads end as `decide` says. */
export class FaultyBackend implements Backend {
  readonly name: string;
  readonly errorKind: NativeErrorKind;
  /** Those of the backend inside. */
  readonly capabilities: BackendCapabilities;
  readonly capacity: number;
  /** What the backend inside says of memory, if it does. */
  readonly pageOffset: Backend['pageOffset'];
  /** What the backend inside does for memory, if it does. */
  readonly useLargePages: Backend['useLargePages'];

  /** Reads that reached the backend, in order. */
  readonly seen: {
    /** First byte of the file. */ readonly position: bigint;
    /** Bytes asked for. */ readonly length: number;
  }[] = [];
  /** Cancellations that reached it. */
  cancels = 0;
  /** Reads that were made to fail. */
  errors = 0;
  /** The most reads that were in flight at once. */
  peak = 0;
  /** Change it between reads to change what befalls them. */
  decide: NonNullable<FaultOptions['decide']>;

  private sink!: CompletionSink;
  private readonly flights = new Map<number, Flight>();
  private readonly held: Completion[] = [];
  private openFiles = 0;

  constructor(
    private readonly inner: Backend,
    options: FaultOptions = {},
  ) {
    this.name = inner.name;
    this.errorKind = inner.errorKind;
    this.capabilities = inner.capabilities;
    this.capacity = Math.min(inner.capacity, options.capacity ?? inner.capacity);
    this.pageOffset = inner.pageOffset?.bind(inner);
    this.useLargePages = inner.useLargePages?.bind(inner);
    this.decide = options.decide ?? (() => undefined);
  }

  /** Reads that the layers above wait for. */
  get inFlight(): number {
    return this.flights.size;
  }

  /** Reads that wait for {@link release}. */
  get waiting(): number {
    return [...this.flights.values()].filter(isWaiting).length + this.held.length;
  }

  /** Lets every waiting read begin and every late completion come, on a later job. */
  release(): void {
    for (const flight of this.flights.values()) {
      if (isWaiting(flight)) this.begin(flight);
    }
    this.completeLater(this.held.splice(0));
  }

  attach(sink: CompletionSink): void {
    this.sink = sink;
    this.inner.attach({
      complete: (...completion) => this.innerCompleted(completion),
      settled: () => this.sink.settled(),
    });
  }

  openSync(request: OpenRequest): BackendFile {
    return this.opened(this.inner.openSync(request));
  }

  async open(request: OpenRequest): Promise<BackendFile> {
    return this.opened(await this.inner.open(request));
  }

  bind(file: BackendFile): void {
    this.inner.bind(file);
  }

  /** As {@link Backend.issue}, with the fault that `decide` has for the read. */
  issue(request: ReadRequest): number {
    const flight = this.enter(request);
    const { fault } = flight;
    if (fault !== undefined && fault.kind !== 'error') {
      this.start(flight);
      return ISSUED_PENDING;
    }
    flight.place = 'inside';
    const outcome = fault?.win32 ?? this.inner.issue(request);
    if (outcome !== ISSUED_COMPLETE && outcome !== ISSUED_PENDING) this.flights.delete(request.slot);
    return outcome;
  }

  queue(request: ReadRequest): void {
    this.start(this.enter(request));
  }

  cancel(request: ReadRequest): void {
    this.cancels++;
    const flight = this.flights.get(request.slot);
    assert(
      flight !== undefined && flight.request.generation === request.generation,
      'cancel of a read not in flight',
    );
    if (flight.place === 'inside') this.inner.cancel(flight.given);
    else if (isWaiting(flight)) this.fail(flight, ERROR_OPERATION_ABORTED, 0);
  }

  stat(file: BackendFile, bigint: boolean): Promise<Stats | BigIntStats> {
    return this.inner.stat(file, bigint);
  }

  closeFile(file: BackendFile): Promise<void> {
    for (const { request } of this.flights.values()) {
      assert(request.file !== file, 'a file is closed with a read of it in flight (R70)');
    }
    this.openFiles--;
    return this.inner.closeFile(file);
  }

  allocate(bytes: number): ArrayBuffer {
    return this.inner.allocate(bytes);
  }

  /** Those of the backend inside; in flight is what this one holds too. */
  stats(): BackendStats {
    return { ...this.inner.stats(), inFlight: this.flights.size };
  }

  /** @throws if a file is open or a read in flight */
  async close(): Promise<void> {
    assert.equal(this.openFiles, 0, 'files left open');
    assert.equal(this.flights.size, 0, 'reads left in flight');
    await this.inner.close();
  }

  private opened(file: BackendFile): BackendFile {
    if (file.servedBy === undefined) this.openFiles++;
    return file;
  }

  private enter(request: ReadRequest): Flight {
    const { slot, target, targetOffset, length, offsetLow, offsetHigh } = request;
    assert(slot >= 0 && slot < this.capacity, `slot ${slot} of ${this.capacity}`);
    assert(!this.flights.has(slot), `slot ${slot} is in use`);
    assert(targetOffset + length <= target.byteLength, 'the read goes outside its buffer');
    const position = (BigInt(offsetHigh) << 32n) | BigInt(offsetLow);
    assert(position + BigInt(length) <= 2n ** 63n - 1n, 'the position is out of range (R45)');
    const fault = this.decide(request, this.seen.length);
    this.seen.push({ position, length });
    if (fault?.kind === 'error') this.errors++;
    const given = fault?.kind === 'short' ? shortened(request, fault.bytes) : request;
    const flight: Flight = { fault, request, given, place: 'before' };
    this.flights.set(slot, flight);
    this.peak = Math.max(this.peak, this.flights.size);
    return flight;
  }

  private start(flight: Flight): void {
    const { fault } = flight;
    if (fault?.kind === 'error') this.fail(flight, fault.win32, fault.native?.[this.errorKind] ?? 0);
    else if (fault?.kind !== 'wait') this.begin(flight);
  }

  private begin(flight: Flight): void {
    const { target, targetOffset, length } = flight.given;
    if (target.byteLength < targetOffset + length) {
      this.fail(flight, ERROR_NOACCESS, 0); // transferred away while it waited (R39)
      return;
    }
    flight.place = 'inside';
    this.inner.queue(flight.given);
  }

  /** Ends a read that the backend inside never got. */
  private fail(flight: Flight, win32: number, native: number): void {
    const { slot, generation } = flight.request;
    flight.place = 'past';
    this.completeLater([[slot, generation, win32, 0, native]]);
  }

  private completeLater(completions: readonly Completion[]): void {
    if (completions.length === 0) return;
    setImmediate(() => {
      for (const completion of completions) this.complete(completion);
      this.sink.settled();
    });
  }

  private innerCompleted(completion: Completion): void {
    const flight = this.flights.get(completion[0]);
    assert(
      flight?.place === 'inside',
      `a completion of slot ${completion[0]}, which has no read in flight (R21)`,
    );
    assert.equal(
      completion[1],
      flight.request.generation,
      'a completion of an earlier use of the slot (R36)',
    );
    assert(completion[3] <= flight.given.length, 'more bytes than were asked for');
    if (completion[2] === ERROR_HANDLE_EOF) assert(flight.given.length > 0, 'end of file for no bytes (R61)');
    flight.place = 'past';
    if (flight.fault?.kind === 'late') this.held.push(completion);
    else this.complete(completion);
  }

  private complete(completion: Completion): void {
    assert(this.flights.delete(completion[0]), `slot ${completion[0]} completed twice (R21)`);
    this.sink.complete(...completion);
  }
}

function isWaiting({ fault, place }: Flight): boolean {
  return fault?.kind === 'wait' && place === 'before';
}

function shortened(request: ReadRequest, bytes: number): ReadRequest {
  const { slot, generation, file, target, targetOffset, offsetLow, offsetHigh, together } = request;
  const length = Math.min(request.length, bytes);
  return { slot, generation, file, target, targetOffset, length, offsetLow, offsetHigh, together };
}
