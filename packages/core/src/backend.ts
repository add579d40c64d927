/**
 * The Backend interface: all that an operating system has to provide.
 *
 * A backend is mechanism only. It opens files, starts reads, cancels them, and says exactly once how each ended.
 * Everything else (validation, admission, short reads, abort signals, error objects, buffers) is written once,
 * above this interface. Write one by implementing {@link Backend}; prove it with `@overlapped/conformance`.
 */
import type { BigIntStats, Stats } from 'node:fs';
import type { NativeErrorKind } from './errors.js';

/** How a file is to be opened. Reading only: nothing is created, truncated or locked (R1, R2). */
export interface OpenRequest {
  /** Absolute, or relative to the working directory. */
  readonly path: string;
  /** Bypass the page cache: O_DIRECT, FILE_FLAG_NO_BUFFERING. Reads must then be aligned. */
  readonly direct: boolean;
  /** What the caller will do, as a hint to the system's read-ahead. A backend may have no use for it. */
  readonly access: AccessHint;
  /** False only for a handle opened without GENERIC_READ through the document layer. */
  readonly readable: boolean;
  /** False only for a handle opened without FILE_FLAG_OVERLAPPED through the document layer; it can't be bound. */
  readonly overlapped: boolean;
  /**
   * True from L1, which reads files that have positions. A backend that reads no others so well as node:fs does may
   * then hand such a file over: see {@link BackendFile.servedBy}.
   */
  readonly positionedOnly: boolean;
}

/** What reads will be like. `random`: no read-ahead; `sequential`: more of it; `normal`: as the system thinks. */
export type AccessHint = 'random' | 'sequential' | 'normal';

/** What is behind an open file. L1 reads `regular` and `block` overlapped; the rest has no positions (R7, R47). */
export type FileKind = 'regular' | 'block' | 'character' | 'pipe' | 'other';

/** An open file. Backends may add fields of their own. */
export interface BackendFile {
  /** Names the file in the backend's tables; never reused while a read of it is in flight. */
  readonly id: number;
  /** A file descriptor where the system has them, else a number that is unique among open files. */
  readonly fd: number;
  /** What it is, which says whether reads have positions (R47). */
  readonly kind: FileKind;
  /** The path as it was opened. */
  readonly path: string;
  /** True if it was opened with `direct`: reads must be aligned. */
  readonly direct: boolean;
  /** The backend that reads this file in the opener's place: node-fs, for what has no positions. */
  readonly servedBy?: Backend;
}

/**
 * One read, as the layers above hand it down. The object stays valid and unchanged from `issue` or `queue` until
 * its completion was reported, and so do the bytes of `target`: the caller's pin (R26, R65).
 */
export interface ReadRequest {
  /** Index below the backend's capacity. In use until the completion. */
  readonly slot: number;
  /** Tells this use of the slot from earlier ones. Given back with the completion (R36). */
  readonly generation: number;
  /** The file to read: open and bound. */
  readonly file: BackendFile;
  /** Where the bytes go. At completion it may have been detached by its owner. */
  readonly target: Uint8Array;
  /** First byte of `target` to fill. */
  readonly targetOffset: number;
  /** Bytes asked for: 0 to 2^31 - 1, and within `target`. */
  readonly length: number;
  /** The position's low 32 bits, unsigned (R44). Ignored where the file has no positions (R47). */
  readonly offsetLow: number;
  /** The position's high 32 bits: the whole is at most 2^63 - 1 - length. */
  readonly offsetHigh: number;
  /** A hint for `queue`: who asked goes on only when every read of this job that says so has ended. */
  readonly together: boolean;
}

/**
 * Where a backend reports. `complete` must not be called from inside `issue`, `queue`, `cancel` or `open`: always
 * from a later job of the same JS thread (R22).
 */
export interface CompletionSink {
  /**
   * One read has ended and the system no longer touches its buffer. Call it exactly once for each read that was
   * started (R21).
   * @param errorCode 0, or the Win32 number of the failure (`win32FromErrno` maps). End of file is 38 (R19).
   * @param numBytes bytes read, 0 on failure
   * @param native the raw error number, in the backend's `errorKind`; 0 on success
   */
  complete(slot: number, generation: number, errorCode: number, numBytes: number, native: number): void;
  /** Call it after the last `complete` of a batch: the layers above refill the free slots at once. */
  settled(): void;
}

/** `issue`: the read has finished; its completion comes all the same (R20). ReadFile's TRUE. */
export const ISSUED_COMPLETE = 0;
/** `issue`: the read goes on; its completion comes. ERROR_IO_PENDING (R50). */
export const ISSUED_PENDING = 997;

/** What a backend can do. The conformance suite runs a case only where what it needs is declared. */
export interface BackendCapabilities {
  /** `cancel` ends a read that waits in the system (a read of an empty pipe, say). */
  readonly cancel: boolean;
  /** Files with no positions (pipes, character devices) can be read through the document layer. */
  readonly pipes: boolean;
  /** `direct` opens bypass the page cache. */
  readonly direct: boolean;
  /** A read may be over, successfully, when `issue` returns (O1), or fail there (O4, O5). */
  readonly synchronousOutcomes: boolean;
  /** Reads queued by one job share a system call. */
  readonly batches: boolean;
}

/** What a backend itself counts, from when it was made. Statistics only: nothing decides by them. */
export interface BackendStats {
  /** Reads the system has now, or gets in this turn of the event loop or the next one. */
  readonly inFlight: number;
  /** Calls that handed requests, reads and cancellations, to the system. */
  readonly submissions: number;
  /** The submissions by their size: at index i those of 2^i to 2^(i + 1) - 1 requests. */
  readonly submissionSizes: readonly number[];
  /** Times the event loop was woken for completions. */
  readonly wakeups: number;
  /** Completions by the system that are of no read in flight: counted, and dropped (R36). */
  readonly strays: number;
  /** Backend's own counters by name. */
  readonly detail: Readonly<Record<string, number | string>>;
}

/** One operating system's way to read files. Serves one JS thread; never shared between threads. */
export interface Backend {
  /** As users write it in `open(path, { backend })`: `io_uring`, `iocp`, `node-fs`. */
  readonly name: string;
  /** Whose numbers `native` is in. */
  readonly errorKind: NativeErrorKind;
  /** What it can do; constant. */
  readonly capabilities: BackendCapabilities;
  /** The most reads in flight at once; slots run from 0 to this, exclusive (R77). */
  readonly capacity: number;

  /** Called once, before the first read. */
  attach(sink: CompletionSink): void;

  /**
   * Opens a file at once, on this thread. The document layer's CreateFile.
   * @throws OverlappedError with the system's number; nothing stays open (R3). A directory is EISDIR (R5).
   */
  openSync(request: OpenRequest): BackendFile;
  /** The same without blocking the thread; rejects with the same errors. */
  open(request: OpenRequest): Promise<BackendFile>;

  /**
   * Associates the file with the backend's completion queue (R8). Called once per file, before its first read.
   * @throws OverlappedError
   */
  bind(file: BackendFile): void;

  /**
   * Starts one read now, as ReadFile does.
   * @returns {@link ISSUED_COMPLETE} or {@link ISSUED_PENDING}: a completion follows. Anything else is the Win32
   *   number of a failure, end of file (38) included, and no completion follows (R49-R54).
   */
  issue(request: ReadRequest): number;
  /**
   * Starts one read by the end of the current job, so that all reads of a job share one system call. Every outcome
   * comes through the sink, synchronous failures too.
   */
  queue(request: ReadRequest): void;
  /** Asks the system to give up one read. The read ends by its own completion, whatever that says (R63-R67). */
  cancel(request: ReadRequest): void;

  /** The file's status, as `fs.fstat` gives it, with `bigint` as there. */
  stat(file: BackendFile, bigint: boolean): Promise<Stats | BigIntStats>;
  /** Closes a file of which no read is in flight (R70, R72). */
  closeFile(file: BackendFile): Promise<void>;

  /**
   * Memory that stays mapped while a read fills it, whatever happens to its ArrayBuffer, and whose address is a
   * multiple of 4096: what direct reads need (R38, R39). `bytes` is a multiple of 4096.
   */
  allocate(bytes: number): ArrayBuffer;
  /** Where the memory of `view` begins in its page, 0 to 4095. Without it, large reads may be copied to slow places. */
  readonly pageOffset?: ((view: Uint8Array) => number) | undefined;
  /** Asks the system for large pages under `view`, which nobody has written to and a read fills; it may decline. */
  readonly useLargePages?: ((view: Uint8Array) => void) | undefined;

  /** What it has done so far; cheap enough to ask at any time, after `close` too. */
  stats(): BackendStats;
  /** Cancels, drains, then frees everything (R74). The layers above have closed the files. */
  close(): Promise<void>;
}
