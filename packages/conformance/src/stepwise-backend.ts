/** A backend whose reads end one by one, when and in the order in which the test says so. */
import {
  type Backend,
  type BackendFile,
  type BackendStats,
  type CompletionSink,
  ISSUED_PENDING,
  NodeFsBackend,
  type OpenRequest,
  type ReadRequest,
} from '@overlapped/core/backend';
import { ERROR_HANDLE_EOF, ERROR_NOACCESS, ERROR_OPERATION_ABORTED } from '@overlapped/core/overlapped';
import fs, { type BigIntStats, type Stats } from 'node:fs';

interface Waiting {
  readonly request: ReadRequest;
  cancelled: boolean;
}

export class StepwiseBackend implements Backend {
  readonly name = 'stepwise';
  readonly errorKind = 'uv';
  readonly capabilities = {
    cancel: true,
    pipes: false,
    direct: false,
    synchronousOutcomes: false,
    batches: false,
  };

  private readonly files = new NodeFsBackend();
  private readonly waiting: Waiting[] = [];
  private sink!: CompletionSink;
  private submissions = 0;

  constructor(readonly capacity: number) {}

  /**
   * Ends one of the waiting reads, if there is one; not from inside a call of this backend.
   * @param pick which one, by any number
   * @param obeys whether a read that was cancelled ends by that, or with its data after all (R67)
   */
  complete(pick: number, obeys: boolean): void {
    const [ended] = this.waiting.splice(pick % Math.max(1, this.waiting.length), 1);
    if (ended === undefined) return;
    const { slot, generation, length } = ended.request;
    const [error, bytes] =
      ended.cancelled && obeys ? ([ERROR_OPERATION_ABORTED, 0] as const) : readNow(ended.request);
    const eof = error === 0 && bytes === 0 && length > 0;
    this.sink.complete(slot, generation, eof ? ERROR_HANDLE_EOF : error, bytes, 0);
    this.sink.settled();
  }

  /** Ends every waiting read, the last one first. */
  completeAll(): void {
    for (let left = this.waiting.length; left > 0; left--) this.complete(this.waiting.length - 1, true);
  }

  /** A packet for a read that is not in flight (R36). */
  completeStray(): void {
    this.sink.complete(0, -1, 0, 1, 0);
    this.sink.settled();
  }

  attach(sink: CompletionSink): void {
    this.sink = sink;
  }

  openSync(request: OpenRequest): BackendFile {
    return this.files.openSync(request);
  }

  async open(request: OpenRequest): Promise<BackendFile> {
    return this.openSync(request); // nothing here waits for another thread, so that every run is the same
  }

  bind(): void {
    // Nothing to bind.
  }

  issue(request: ReadRequest): number {
    this.submissions++;
    this.waiting.push({ request, cancelled: false });
    return ISSUED_PENDING;
  }

  queue(request: ReadRequest): void {
    this.issue(request);
  }

  cancel(request: ReadRequest): void {
    const read = this.waiting.find((other) => other.request.slot === request.slot);
    if (read !== undefined) read.cancelled = true;
  }

  async stat(file: BackendFile, bigint: boolean): Promise<Stats | BigIntStats> {
    return fs.fstatSync(file.fd, { bigint });
  }

  async closeFile(file: BackendFile): Promise<void> {
    fs.closeSync(file.fd);
  }

  allocate(bytes: number): ArrayBuffer {
    return this.files.allocate(bytes);
  }

  stats(): BackendStats {
    const { submissions } = this;
    const inFlight = this.waiting.length;
    return { inFlight, submissions, submissionSizes: [submissions], wakeups: 0, strays: 0, detail: {} };
  }

  close(): Promise<void> {
    return this.files.close();
  }
}

function readNow({
  file,
  target,
  targetOffset,
  length,
  offsetLow,
  offsetHigh,
}: ReadRequest): [number, number] {
  // A buffer that was transferred away meanwhile has no bytes to fill (R39).
  if (target.byteLength < targetOffset + length) return [ERROR_NOACCESS, 0];
  const position = (BigInt(offsetHigh) << 32n) | BigInt(offsetLow);
  return [0, fs.readSync(file.fd, target, targetOffset, length, position)];
}
