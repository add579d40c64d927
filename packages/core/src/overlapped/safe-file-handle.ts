/** The document's file handle: what createFile returns, and what its reads are counted on. */
import type { Backend, BackendFile } from '../backend.js';
import type { BoundHandle } from './bound-handle.js';
import type { CompletionPort } from './completion-port.js';

/** An open file handle. Close it with `closeHandle`; until then its file stays open. */
export class SafeFileHandle {
  /** @internal */ bound: BoundHandle | undefined = undefined;
  /** @internal Reads queued or in flight. */ outstanding = 0;
  /** @internal Set by the first close. */ closing: Promise<void> | undefined = undefined;
  /** @internal Called when the last outstanding read has completed. */ onDrained: (() => void) | undefined =
    undefined;

  /** @internal */
  constructor(
    /** The backend that opened the file. */
    readonly backend: Backend,
    /** @internal */ readonly port: CompletionPort,
    /** The backend's view of the file: its kind, its descriptor, its path. */
    readonly file: BackendFile,
    /** True if it was opened with FILE_FLAG_OVERLAPPED. Another one can't be bound (R10). */
    readonly overlapped: boolean,
    /** True if it was opened with GENERIC_READ. Reads of another one are refused with error 5 (R60). */
    readonly readable: boolean,
  ) {}

  /** True from the first `closeHandle` on. */
  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  /** False once closed; a handle that could not be opened never comes to be (R3). */
  get isInvalid(): boolean {
    return this.isClosed;
  }
}
