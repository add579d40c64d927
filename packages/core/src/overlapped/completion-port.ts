/**
 * The completion port: slots for reads in flight, the queue of those that wait for one, and the delivery of
 * packets. One per backend, whatever the backend: an I/O completion port on Windows, these tables elsewhere.
 */
import type { Backend, CompletionSink } from '../backend.js';
import { ISSUED_COMPLETE, ISSUED_PENDING } from '../backend.js';
import { byteLengthOf } from '../validate.js';
import {
  ERROR_INVALID_USER_BUFFER,
  ERROR_NOACCESS,
  ERROR_OPERATION_ABORTED,
  isEndOfFile,
} from './constants.js';
import { type NativeOverlapped, ReadState, transition } from './native-overlapped.js';
import type { SafeFileHandle } from './safe-file-handle.js';

/** The most reads that may wait for a slot. One more is refused with 1784, to be tried again (R77). */
export const MAX_QUEUED_READS = 1 << 20;

export class CompletionPort implements CompletionSink {
  /** Packets for a read that is not in flight: counted, never followed (R36). */
  strayPackets = 0;
  /** Reads that a slot has now. */
  inFlight = 0;
  /** Reads that wait for one. */
  queued = 0;
  /** Reads that have ended with 995, in line or with the system. */
  cancelled = 0;
  /** Reads that have ended with another error, the end of the file aside. */
  failed = 0;
  /** In a Float64Array, since a field that outgrows a small integer makes V8 compile whatever uses the object again. */
  private readonly totals = new Float64Array(1);
  private ended = 0;

  private readonly reads: (NativeOverlapped | undefined)[];
  private readonly generations: Uint32Array;
  private readonly freeSlots: Uint32Array;
  private freeCount: number;
  private head: NativeOverlapped | undefined;
  private tail: NativeOverlapped | undefined;

  constructor(readonly backend: Backend) {
    const { capacity } = backend;
    this.reads = new Array<NativeOverlapped | undefined>(capacity).fill(undefined);
    this.generations = new Uint32Array(capacity);
    this.freeSlots = Uint32Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
    this.freeCount = capacity;
    backend.attach(this);
  }

  /** Bytes of all reads that have ended. */
  get bytesRead(): number {
    return this.totals[0] as number;
  }

  /** Reads that have ended with bytes, or at the end of the file. */
  get completed(): number {
    return this.ended - this.cancelled - this.failed;
  }

  /**
   * Issues now, as ReadFile does. @returns {@link ISSUED_COMPLETE}, {@link ISSUED_PENDING}, or the error; 1784 when
   * every slot is taken (R77). After an error the read is Packed again and the issuer's to free (R34).
   */
  issue(read: NativeOverlapped): number {
    if (this.freeCount === 0) return ERROR_INVALID_USER_BUFFER;
    transition(read, ReadState.Packed, ReadState.Pending);
    this.take(read);
    let outcome = ERROR_NOACCESS;
    try {
      outcome = this.backend.issue(read);
    } finally {
      if (outcome !== ISSUED_COMPLETE && outcome !== ISSUED_PENDING) {
        this.giveBack(read);
        this.ended++;
        this.countError(outcome);
        transition(read, ReadState.Pending, ReadState.Packed);
        read.unpin();
        this.settleHandle(read);
      }
    }
    return outcome;
  }

  /** Issues with the others of this job, or waits in line for a slot. @returns false if the line is full (R77). */
  queue(read: NativeOverlapped): boolean {
    if (this.freeCount > 0 && this.head === undefined) {
      transition(read, ReadState.Packed, ReadState.Pending);
      this.take(read);
      this.backend.queue(read);
      return true;
    }
    if (this.queued >= MAX_QUEUED_READS) return false;
    transition(read, ReadState.Packed, ReadState.Queued);
    (read.handle as SafeFileHandle).outstanding++;
    this.append(read);
    return true;
  }

  /** A request: the read ends by its own packet (R63, R65). Idempotent. */
  cancel(read: NativeOverlapped): void {
    if (read.cancelRequested) return;
    if (read.state === ReadState.Pending) {
      read.cancelRequested = true;
      this.backend.cancel(read);
    } else if (read.state === ReadState.Queued) {
      // The system never saw it. It stays Queued, out of the line, until its callback's own job (R22).
      read.cancelRequested = true;
      this.remove(read);
      queueMicrotask(() => {
        (read.handle as SafeFileHandle).outstanding--;
        this.finish(read, ReadState.Queued, ERROR_OPERATION_ABORTED, 0, 0);
      });
    }
  }

  /** Cancels every read of one handle. */
  cancelAll(handle: SafeFileHandle): void {
    for (const read of this.reads) {
      if (read !== undefined && read.handle === handle) this.cancel(read);
    }
    for (let read = this.head; read !== undefined;) {
      const { next } = read;
      if (read.handle === handle) this.cancel(read);
      read = next;
    }
  }

  complete(slot: number, generation: number, errorCode: number, numBytes: number, native: number): void {
    const read = this.reads[slot];
    if (read === undefined || read.generation !== generation) {
      this.strayPackets++;
      return;
    }
    this.giveBack(read);
    this.finish(read, ReadState.Pending, errorCode, numBytes, native);
  }

  settled(): void {
    while (this.head !== undefined && this.freeCount > 0) {
      const read = this.head;
      this.remove(read);
      (read.handle as SafeFileHandle).outstanding--;
      // Transferred away while it stood in line: there is nowhere to read to, and the system never hears of it (R39).
      if (isLost(read)) {
        this.finish(read, ReadState.Queued, ERROR_NOACCESS, 0, 0);
        continue;
      }
      transition(read, ReadState.Queued, ReadState.Pending);
      this.take(read);
      this.backend.queue(read);
    }
  }

  private take(read: NativeOverlapped): void {
    const slot = this.freeSlots[--this.freeCount] as number;
    read.slot = slot;
    read.generation = this.generations[slot] as number;
    this.reads[slot] = read;
    this.inFlight++;
    (read.handle as SafeFileHandle).outstanding++;
  }

  private giveBack(read: NativeOverlapped): void {
    const { slot } = read;
    this.reads[slot] = undefined;
    this.generations[slot] = (this.generations[slot] as number) + 1;
    this.freeSlots[this.freeCount++] = slot;
    this.inFlight--;
    (read.handle as SafeFileHandle).outstanding--;
  }

  private finish(
    read: NativeOverlapped,
    from: ReadState,
    errorCode: number,
    numBytes: number,
    native: number,
  ): void {
    if (isLost(read)) {
      errorCode = ERROR_NOACCESS;
      numBytes = 0;
    }
    transition(read, from, ReadState.Completed);
    read.unpin();
    read.native = native;
    // Every read pays for what stands here: in a function of its own it costs three times as much.
    this.ended++;
    (this.totals[0] as number) += numBytes;
    if (errorCode !== 0) this.countError(errorCode);
    this.settleHandle(read);
    this.deliver(read, errorCode, numBytes);
  }

  private countError(errorCode: number): void {
    if (errorCode === ERROR_OPERATION_ABORTED) this.cancelled++;
    else if (!isEndOfFile(errorCode)) this.failed++;
  }

  /** A throwing callback stops no other completion, and is not lost (R23). */
  private deliver(read: NativeOverlapped, errorCode: number, numBytes: number): void {
    const callback = read.callback as NonNullable<typeof read.callback>;
    try {
      if (read.context === undefined) callback(errorCode, numBytes, read);
      else read.context.runInAsyncScope(callback, undefined, errorCode, numBytes, read);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  private settleHandle(read: NativeOverlapped): void {
    const handle = read.handle as SafeFileHandle;
    read.handle = undefined;
    if (handle.outstanding === 0 && handle.onDrained !== undefined) handle.onDrained();
  }

  private append(read: NativeOverlapped): void {
    read.previous = this.tail;
    if (this.tail === undefined) this.head = read;
    else this.tail.next = read;
    this.tail = read;
    this.queued++;
  }

  private remove(read: NativeOverlapped): void {
    if (read.previous === undefined) this.head = read.next;
    else read.previous.next = read.next;
    if (read.next === undefined) this.tail = read.previous;
    else read.next.previous = read.previous;
    read.next = read.previous = undefined;
    this.queued--;
  }
}

/** The owner may have transferred the memory away in the meantime (R39): no bytes are in `target`. */
function isLost({ target, targetOffset, length }: NativeOverlapped): boolean {
  return byteLengthOf(target) < targetOffset + length;
}

const ports = new WeakMap<Backend, CompletionPort>();

/** The port of a backend that has been used. */
export function usedPortOf(backend: Backend): CompletionPort | undefined {
  return ports.get(backend);
}

/** The port of a backend; made at its first use. */
export function portOf(backend: Backend): CompletionPort {
  let port = ports.get(backend);
  if (port === undefined) ports.set(backend, (port = new CompletionPort(backend)));
  return port;
}
