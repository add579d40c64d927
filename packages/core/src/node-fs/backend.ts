/**
 * The portable backend: callback `fs.read` on Node's thread pool. The default wherever nothing faster is to be had,
 * and the oracle that the others are compared with.
 */
import fs from 'node:fs';
import {
  type Backend,
  type BackendCapabilities,
  type BackendFile,
  type BackendStats,
  type CompletionSink,
  ISSUED_PENDING,
  type OpenRequest,
  type ReadRequest,
} from '../backend.js';
import { allocateWasmPages } from '../buffers/wasm-pages.js';
import { win32FromNodeError } from '../errors.js';
import { ERROR_HANDLE_EOF, ERROR_NOACCESS } from '../overlapped/constants.js';
import { byteLengthOf } from '../validate.js';
import {
  closeDescriptor,
  hasDirect,
  openDescriptor,
  openDescriptorSync,
  statDescriptor,
} from './node-files.js';

/** Enough to keep any pool size busy; more would only make cancellation coarser. */
const DEFAULT_CAPACITY = 128;
const settledPromise = Promise.resolve();
/** libuv does not repeat a read that was interrupted. We do, as the ring does: but not forever. */
const MAX_RETRIES = 16;

/** Options of {@link NodeFsBackend}. */
export interface NodeFsOptions {
  /** The most reads given to `node:fs` at once, 1 to 65536. */
  readonly capacity?: number;
}

type ReadCallback = (error: NodeJS.ErrnoException | null, bytesRead: number) => void;

/** The backend that works wherever Node does: callback `fs.read` on the thread pool. */
export class NodeFsBackend implements Backend {
  readonly name = 'node-fs';
  readonly errorKind = 'uv';
  /** Constant. */
  // A read that fs.read has begun can't be given up; one that waits for a slot can, and does.
  readonly capabilities: BackendCapabilities = {
    cancel: false,
    pipes: true,
    direct: hasDirect,
    synchronousOutcomes: false,
    batches: false,
  };
  readonly capacity: number;

  private sink!: CompletionSink;
  private submissions = 0;
  private wakeups = 0;
  private inFlight = 0;
  /** One callback per slot, made once: no closure per read. */
  private readonly callbacks: ReadCallback[] = [];
  private readonly requests: (ReadRequest | undefined)[] = [];
  private readonly retries: Uint8Array;
  /** Reads of this job that go to node:fs at its end. */
  private staged: ReadRequest[] = [];
  /** Slots of reads that have ended and are delivered when the event loop has heard of all that did. */
  private ended: number[] = [];
  /** How each slot's read ended: Win32 number, bytes, Node's number. */
  private readonly win32: Uint32Array;
  private readonly bytes: Uint32Array;
  private readonly errnos: Int32Array;

  constructor(options: NodeFsOptions = {}) {
    const capacity = options.capacity ?? DEFAULT_CAPACITY;
    this.capacity = capacity;
    this.retries = new Uint8Array(capacity);
    this.win32 = new Uint32Array(capacity);
    this.bytes = new Uint32Array(capacity);
    this.errnos = new Int32Array(capacity);
  }

  attach(sink: CompletionSink): void {
    this.sink = sink;
  }

  openSync(request: OpenRequest): BackendFile {
    return openDescriptorSync(request, this.name);
  }

  open(request: OpenRequest): Promise<BackendFile> {
    return openDescriptor(request, this.name);
  }

  bind(): void {
    // node:fs has nothing to bind; the layer above keeps the rules (R14).
  }

  issue(request: ReadRequest): number {
    this.take(request);
    this.start(request);
    return ISSUED_PENDING;
  }

  /**
   * Reads are given to the pool together, and their ends delivered together: between two calls its threads would run out of
   * work, and each would be put to sleep and woken for every read.
   */
  queue(request: ReadRequest): void {
    this.take(request);
    if (this.staged.push(request) === 1) void settledPromise.then(this.flush);
  }

  cancel(): void {
    // node:fs has no way to; the read ends by itself (R63).
  }

  stat(file: BackendFile, bigint: boolean): Promise<fs.Stats | fs.BigIntStats> {
    return statDescriptor(file, bigint, this.name);
  }

  closeFile(file: BackendFile): Promise<void> {
    return closeDescriptor(file, this.name);
  }

  allocate(bytes: number): ArrayBuffer {
    return allocateWasmPages(bytes);
  }

  /** Counters since it was made. */
  stats(): BackendStats {
    const { inFlight, submissions, wakeups } = this;
    return { inFlight, submissions, submissionSizes: [submissions], wakeups, strays: 0, detail: {} };
  }

  async close(): Promise<void> {
    // Nothing of its own: the pool and the descriptors are Node's.
  }

  private take(request: ReadRequest): void {
    const { slot } = request;
    this.retries[slot] = 0;
    this.requests[slot] = request;
    this.inFlight++;
    this.submissions++;
  }

  private readonly flush = (): void => {
    const { staged } = this;
    this.staged = [];
    for (const request of staged) {
      // Its owner may have transferred the memory away since (R39); node:fs would throw.
      if (isHeld(request)) this.start(request);
      else this.end(request.slot, ERROR_NOACCESS, 0, 0);
    }
  };

  private start(request: ReadRequest): void {
    const { slot, file, target, targetOffset, length } = request;
    const callback = (this.callbacks[slot] ??= this.makeCallback(slot));
    fs.read(file.fd, target, targetOffset, length, positionOf(request), callback);
  }

  /** Starts an interrupted read once more, unless its memory has gone meanwhile. @returns whether it did */
  private again(request: ReadRequest): boolean {
    const { slot } = request;
    if (!isHeld(request) || this.retries[slot] === MAX_RETRIES) return false;
    (this.retries[slot] as number)++;
    this.start(request);
    return true;
  }

  private makeCallback(slot: number): ReadCallback {
    return (error, bytesRead) => {
      const request = this.requests[slot] as ReadRequest;
      if (error === null) {
        const eof = bytesRead === 0 && request.length > 0;
        this.end(slot, eof ? ERROR_HANDLE_EOF : 0, bytesRead, 0);
      } else if (error.code !== 'EINTR' || !this.again(request)) {
        this.end(slot, win32FromNodeError(error), 0, error.errno ?? 0);
      }
    };
  }

  private end(slot: number, win32: number, bytes: number, errno: number): void {
    this.win32[slot] = win32;
    this.bytes[slot] = bytes;
    this.errnos[slot] = errno;
    if (this.ended.push(slot) === 1) setImmediate(this.deliver);
  }

  private readonly deliver = (): void => {
    const { ended, win32, bytes, errnos } = this;
    this.ended = [];
    this.wakeups++;
    this.inFlight -= ended.length;
    for (const slot of ended) {
      const { generation } = this.requests[slot] as ReadRequest;
      this.requests[slot] = undefined;
      const error = win32[slot] as number;
      this.sink.complete(slot, generation, error, bytes[slot] as number, errnos[slot] as number);
    }
    this.sink.settled();
  };
}

/** Whether the memory that a read fills is still there. */
function isHeld({ target, targetOffset, length }: ReadRequest): boolean {
  return byteLengthOf(target) >= targetOffset + length;
}

/** null reads where the file is: the only way for what has no positions (R47). */
function positionOf(request: ReadRequest): number | bigint | null {
  const { kind } = request.file;
  if (kind === 'pipe' || kind === 'character') return null;
  return request.offsetHigh < 0x20_0000
    ? request.offsetHigh * 0x1_0000_0000 + request.offsetLow
    : (BigInt(request.offsetHigh) << 32n) | BigInt(request.offsetLow);
}
