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
import { ERROR_HANDLE_EOF } from '../overlapped/constants.js';
import {
  closeDescriptor,
  hasDirect,
  openDescriptor,
  openDescriptorSync,
  statDescriptor,
} from './node-files.js';

/** Enough to keep any pool size busy; more would only make cancellation coarser. */
const DEFAULT_CAPACITY = 128;
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
  /** One callback per slot, made once: no closure per read. */
  private readonly callbacks: ReadCallback[] = [];
  private readonly requests: (ReadRequest | undefined)[] = [];
  private readonly retries: Uint8Array;
  private inFlight = 0;

  constructor(options: NodeFsOptions = {}) {
    this.capacity = options.capacity ?? DEFAULT_CAPACITY;
    this.retries = new Uint8Array(this.capacity);
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
    this.retries[request.slot] = 0;
    this.start(request);
    this.requests[request.slot] = request;
    this.inFlight++;
    this.submissions++;
    return ISSUED_PENDING;
  }

  queue(request: ReadRequest): void {
    this.issue(request); // always pending
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
    const { inFlight, submissions } = this;
    const wakeups = submissions - inFlight;
    return { inFlight, submissions, submissionSizes: [submissions], wakeups, strays: 0, detail: {} };
  }

  async close(): Promise<void> {
    // Nothing of its own: the pool and the descriptors are Node's.
  }

  private start(request: ReadRequest): void {
    const { slot, file, target, targetOffset, length } = request;
    const callback = (this.callbacks[slot] ??= this.makeCallback(slot));
    fs.read(file.fd, target, targetOffset, length, positionOf(request), callback);
  }

  /** Starts an interrupted read once more, unless its memory has gone meanwhile. @returns whether it did */
  private again(request: ReadRequest): boolean {
    const { slot, target, targetOffset, length } = request;
    if (target.byteLength < targetOffset + length || this.retries[slot] === MAX_RETRIES) return false;
    (this.retries[slot] as number)++;
    this.start(request);
    return true;
  }

  private makeCallback(slot: number): ReadCallback {
    return (error, bytesRead) => {
      const request = this.requests[slot] as ReadRequest;
      if (error?.code === 'EINTR' && this.again(request)) return;
      this.inFlight--;
      this.requests[slot] = undefined;
      const { generation, length } = request;
      if (error !== null) {
        this.sink.complete(slot, generation, win32FromNodeError(error), 0, error.errno ?? 0);
      } else {
        const eof = bytesRead === 0 && length > 0;
        this.sink.complete(slot, generation, eof ? ERROR_HANDLE_EOF : 0, bytesRead, 0);
      }
      this.sink.settled();
    };
  }
}

/** null reads where the file is: the only way for what has no positions (R47). */
function positionOf(request: ReadRequest): number | bigint | null {
  const { kind } = request.file;
  if (kind === 'pipe' || kind === 'character') return null;
  return request.offsetHigh < 0x20_0000
    ? request.offsetHigh * 0x1_0000_0000 + request.offsetLow
    : (BigInt(request.offsetHigh) << 32n) | BigInt(request.offsetLow);
}
