/**
 * The JS half of every native backend: stages reads in the request table, submits those of one job together, and
 * hands completions up. It knows nothing of any operating system.
 */
import type { BigIntStats, Stats } from 'node:fs';
import {
  type Backend,
  type BackendCapabilities,
  type BackendFile,
  type BackendStats,
  type CompletionSink,
  ISSUED_COMPLETE,
  ISSUED_PENDING,
  type OpenRequest,
  type ReadRequest,
} from '../backend.js';
import { allocateWasmPages } from '../buffers/wasm-pages.js';
import type { NativeErrorKind } from '../errors.js';
import { ERROR_HANDLE_EOF, ERROR_INVALID_HANDLE, ERROR_NOACCESS } from '../overlapped/constants.js';
import type { ReadTarget } from '../validate.js';
import type { EngineStats, NativeEngine, NativeEngineOptions } from './binding.js';
import { sharedWords, StagedRequests } from './staged-requests.js';
import { Completion, COMPLETION_END_OF_FILE, Limit, Opcode, Request, RequestFlag, Status } from './tables.js';
import { READ_COST_BYTES, STAGED_IN_A_TURN, TurnBudget } from './turn-budget.js';

/** How a system opens files and names them to its engine. */
export interface NativeFiles {
  openSync(request: OpenRequest): BackendFile;
  open(request: OpenRequest): Promise<BackendFile>;
  /** Associates the file with the engine (R8). */
  bind(file: BackendFile): void;
  stat(file: BackendFile, bigint: boolean): Promise<Stats | BigIntStats>;
  close(file: BackendFile): Promise<void>;
}

/** What differs from one native backend to the next. */
export interface NativeBackendSpec {
  readonly name: string;
  readonly errorKind: NativeErrorKind;
  readonly capabilities: BackendCapabilities;
  readonly capacity: number;
  /** Buffered reads of at least this many bytes are copied by the system's own threads. */
  readonly asyncBytes: number;
  /** But one of at most this many, with no other in flight, by this thread, if they are cached; 0: none is. */
  readonly aloneBytes: number;
  /** Maps a raw error of the completion table to its Win32 number. */
  readonly win32Of: (raw: number) => number;
  readonly createEngine: (options: NativeEngineOptions) => NativeEngine;
  /** @param pay takes bytes of a turn's budget for something done on this thread; see {@link TurnBudget.pay} */
  readonly files: (engine: NativeEngine, pay: TurnBudget['pay']) => NativeFiles;
}

type IssuingEngine = NativeEngine & Required<Pick<NativeEngine, 'issue'>>;

const UINT32_MAX = 0xffff_ffff;
/**
 * The most entries of one slot that wait at once: a cancellation whose read has ended meanwhile, the slot's next read,
 * and that one's cancellation.
 */
const ENTRIES_PER_SLOT = 3;
/** Completions of a burst that are delivered first. With fewer a device is through before it hears of the next ones. */
const FIRST_SLICE = 2;
const settledPromise = Promise.resolve();

/** The exponent of the largest power of two that is not above `count`. */
function exponentOf(count: number): number {
  return 31 - Math.clz32(count);
}

export class NativeBackend implements Backend {
  readonly name: string;
  readonly errorKind: NativeErrorKind;
  readonly capabilities: BackendCapabilities;
  readonly capacity: number;

  private sink!: CompletionSink;
  private readonly engine: NativeEngine;
  private readonly files: NativeFiles;
  private readonly win32Of: (raw: number) => number;
  private readonly asyncBytes: number;
  private readonly aloneBytes: number;

  private readonly completions: Uint32Array;
  private readonly status: Uint32Array;
  /** The view that each slot's read fills, from issue to completion: what keeps its memory. */
  private readonly pins: (ReadTarget | null)[];
  /** Completions of a wake-up that are being delivered slice by slice, and how many are left. */
  private readonly burst: Uint32Array;
  private undelivered = 0;

  private readonly staged: StagedRequests;
  private readonly budget = new TurnBudget();
  /** A flush will run: from a microtask, or, when the turn's budget is spent, from setImmediate. */
  private flushScheduled = false;
  /** The flush that will run is that of the next turn. */
  private turnIsSpent = false;
  /** Submissions by the power of two that their size begins with. */
  private readonly submissionSizes: number[];
  private wakeups = 0;
  private closed: Promise<void> | undefined;
  /** What the engine had counted when it closed. */
  private finalStats: EngineStats | undefined;
  private onDrained: (() => void) | undefined;

  constructor(spec: NativeBackendSpec) {
    this.name = spec.name;
    this.errorKind = spec.errorKind;
    this.capabilities = spec.capabilities;
    this.capacity = spec.capacity;
    this.asyncBytes = spec.asyncBytes;
    this.aloneBytes = spec.aloneBytes;
    this.win32Of = spec.win32Of;
    const entries = ENTRIES_PER_SLOT * spec.capacity;
    this.staged = new StagedRequests(entries);
    this.submissionSizes = new Array<number>(exponentOf(entries) + 1).fill(0);
    this.completions = sharedWords(spec.capacity * Completion.Words);
    this.burst = new Uint32Array(spec.capacity * Completion.Words);
    this.status = sharedWords(Status.Words);
    this.pins = new Array<ReadTarget | null>(spec.capacity).fill(null);
    this.engine = spec.createEngine({
      capacity: spec.capacity,
      requests: this.staged.table,
      completions: this.completions,
      status: this.status,
      dispatch: (count) => {
        this.wakeups++;
        this.deliverBurst(count);
      },
    });
    this.files = spec.files(this.engine, this.pay);
  }

  attach(sink: CompletionSink): void {
    this.sink = sink;
  }

  openSync(request: OpenRequest): BackendFile {
    return this.files.openSync(request);
  }

  open(request: OpenRequest): Promise<BackendFile> {
    return this.files.open(request);
  }

  bind(file: BackendFile): void {
    this.files.bind(file);
  }

  stat(file: BackendFile, bigint: boolean): Promise<Stats | BigIntStats> {
    return this.files.stat(file, bigint);
  }

  closeFile(file: BackendFile): Promise<void> {
    return this.files.close(file);
  }

  issue(request: ReadRequest): number {
    if (this.closed !== undefined) return ERROR_INVALID_HANDLE;
    if (this.engine.issue !== undefined) return this.issueNow(request, this.engine as IssuingEngine);
    this.queue(request);
    return ISSUED_PENDING;
  }

  queue(request: ReadRequest): void {
    if (this.closed !== undefined) {
      this.refuse(request);
      return;
    }
    const { slot, length, file } = request;
    let { target, targetOffset } = request;
    if (targetOffset > UINT32_MAX) {
      target = target.subarray(targetOffset);
      targetOffset = 0;
    }
    const offloaded = length >= this.asyncBytes && !file.direct;
    // Direct and offloaded reads are not copied on this thread.
    const cost = offloaded || file.direct ? READ_COST_BYTES : length + READ_COST_BYTES;
    const opcode =
      Opcode.Read | (offloaded ? RequestFlag.Async : 0) | (request.together ? RequestFlag.Together : 0);
    const at = this.stage(opcode, slot, request.generation, cost);
    const { table } = this.staged;
    table[at + Request.File] = file.id;
    table[at + Request.TargetOffset] = targetOffset;
    table[at + Request.Length] = length;
    table[at + Request.PositionLow] = request.offsetLow;
    table[at + Request.PositionHigh] = request.offsetHigh;
    this.pins[slot] = target;
  }

  /** The article's ReadFile on this thread, with its outcome (R49-R54). */
  private issueNow(request: ReadRequest, engine: IssuingEngine): number {
    const { slot, generation, file, length, offsetLow, offsetHigh } = request;
    // A view of the part that is filled: its own offset may be beyond 32 bits.
    const view = request.target.subarray(request.targetOffset, request.targetOffset + length);
    this.pins[slot] = view;
    this.countSubmission(1);
    let outcome = ERROR_NOACCESS;
    try {
      outcome = engine.issue(slot, generation, file.id, 0, length, offsetLow, offsetHigh, view);
    } finally {
      if (outcome !== ISSUED_COMPLETE && outcome !== ISSUED_PENDING) this.pins[slot] = null;
    }
    return outcome;
  }

  cancel(request: ReadRequest): void {
    if (this.closed !== undefined) return; // closing cancels everything
    this.stage(Opcode.Cancel, request.slot, request.generation, READ_COST_BYTES);
  }

  allocate(bytes: number): ArrayBuffer {
    return this.engine.allocate(bytes) ?? allocateWasmPages(bytes);
  }

  pageOffset(view: Uint8Array): number {
    return this.engine.pageOffset(view);
  }

  useLargePages(view: Uint8Array): void {
    this.engine.useLargePages?.(view);
  }

  stats(): BackendStats {
    const { wakeups } = this;
    const submissionSizes = [...this.submissionSizes];
    const submissions = submissionSizes.reduce((sum, count) => sum + count);
    const detail = this.finalStats ?? this.engine.stats();
    return {
      inFlight: this.pending(),
      submissions,
      submissionSizes,
      wakeups,
      strays: detail.strays,
      detail,
    };
  }

  close(): Promise<void> {
    this.closed ??= this.drainAndClose();
    return this.closed;
  }

  /** A closed backend takes no reads; the completion comes all the same (R21). */
  private refuse({ slot, generation }: ReadRequest): void {
    setImmediate(() => {
      this.sink.complete(slot, generation, ERROR_INVALID_HANDLE, 0, 0);
      this.sink.settled();
    });
  }

  private async drainAndClose(): Promise<void> {
    await settledPromise; // what is complete is delivered from a later job than this call's (R22)
    // What is staged goes to the system first, so that one request cancels every read.
    while (this.staged.count > 0) this.submit(Math.min(this.staged.count, Limit.Submission));
    if (this.pending() > 0) {
      const drained = new Promise<void>((resolve) => (this.onDrained = resolve));
      this.engine.cancelAll();
      await drained;
    }
    this.finalStats = this.engine.stats();
    this.engine.close();
  }

  private pending(): number {
    return (this.status[Status.InFlight] as number) + this.staged.count + this.undelivered;
  }

  /** Adds an entry and makes sure that a flush will come. @returns the entry's first word */
  private stage(opcode: number, slot: number, generation: number, cost: number): number {
    // Few entries of a slot can wait, so there is room.
    const at = this.staged.add(opcode, slot, generation, cost);
    if (!this.flushScheduled) {
      this.flushScheduled = true;
      void settledPromise.then(this.flush); // cheaper than queueMicrotask, which makes an AsyncResource
    }
    return at;
  }

  private readonly flush = (): void => {
    if (this.turnIsSpent) return; // the next turn's comes by itself
    this.flushScheduled = false;
    if (this.staged.count > STAGED_IN_A_TURN) this.flushNextTurn();
    else this.submitAffordable();
  };

  private submitAffordable(): void {
    const { staged, budget } = this;
    if (staged.count === 0) return; // closing has submitted it
    if (staged.count === 1 && this.pending() === 1) staged.markAlone(this.aloneBytes);
    if (staged.cost <= budget.left) {
      budget.payReads(staged.cost);
      this.submit(staged.count);
      return;
    }
    const count = budget.readsOf(staged.affordable(budget.left));
    budget.payReads(budget.left); // what is left of it pays for nobody
    if (count > 0) this.submit(count);
    this.flushNextTurn();
  }

  private readonly pay = (bytes: number): Promise<void> | undefined => {
    const paid = this.budget.pay(bytes);
    if (paid !== undefined) this.flushNextTurn();
    return paid;
  };

  private readonly beginTurn = (): void => {
    this.turnIsSpent = false;
    this.status[Status.MoreToCome] = 0;
    this.flushScheduled = false;
    this.budget.renew();
    this.submitAffordable();
    if (this.budget.isShort) this.flushNextTurn();
  };

  private flushNextTurn(): void {
    if (this.turnIsSpent) return;
    this.flushScheduled = this.turnIsSpent = true;
    this.status[Status.MoreToCome] = 1;
    setImmediate(this.beginTurn);
  }

  /** @param count at most {@link Limit.Submission}: what a turn's budget pays for */
  private submit(count: number): void {
    const { staged, pins } = this;
    const first = staged.take(count);
    const views = new Array<ReadTarget | null>(count);
    for (let i = 0, at = first * Request.Words + Request.Slot; i < count; i++, at += Request.Words) {
      views[i] = pins[staged.table[at] as number] as ReadTarget | null;
    }
    this.countSubmission(count);
    const completed = this.engine.submit(first, count, ...views);
    if (completed > 0) this.deliver(this.completions, 0, completed);
  }

  private countSubmission(count: number): void {
    const exponent = exponentOf(count);
    this.submissionSizes[exponent] = (this.submissionSizes[exponent] as number) + 1;
  }

  /**
   * Completions that woke us come from a device, often all that it was given: it is idle until it gets their successors. So the
   * first ones are delivered, and what follows from them is submitted; then as many as before, twice as many, and so on:
   * the device has always about as much to do as we.
   */
  private deliverBurst(count: number): void {
    if (count <= FIRST_SLICE) {
      this.deliver(this.completions, 0, count);
    } else {
      this.burst.set(this.completions.subarray(0, count * Completion.Words)); // submitting writes to the table
      this.deliverSlice(0, count);
    }
  }

  private deliverSlice(from: number, count: number): void {
    const to = Math.min(Math.max(FIRST_SLICE, 2 * from), count);
    this.undelivered = count - to;
    this.deliver(this.burst, from, to);
    if (to === count) return;
    void settledPromise.then(() => {
      this.flush();
      this.deliverSlice(to, count);
    });
  }

  private deliver(table: Uint32Array, from: number, to: number): void {
    const { pins, sink } = this;
    for (let at = from * Completion.Words; at < to * Completion.Words; at += Completion.Words) {
      const slot = table[at + Completion.Slot] as number;
      const generation = table[at + Completion.Generation] as number;
      const error = table[at + Completion.Error] as number;
      const bytes = table[at + Completion.Bytes] as number;
      pins[slot] = null;
      if (error === 0) sink.complete(slot, generation, 0, bytes, 0);
      else if (error === COMPLETION_END_OF_FILE) sink.complete(slot, generation, ERROR_HANDLE_EOF, 0, 0);
      else sink.complete(slot, generation, this.win32Of(error), bytes, error);
    }
    sink.settled();
    if (this.onDrained !== undefined && this.pending() === 0) this.onDrained();
  }
}
