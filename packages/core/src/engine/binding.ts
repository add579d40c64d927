/** What core needs of a native addon. The same for every addon, so that one engine drives them all. */
import type { ReadTarget } from '../validate.js';

export interface NativeEngineOptions {
  /** The most reads in flight. */
  readonly capacity: number;
  /** Request table; its length says how many entries it has. */
  readonly requests: Uint32Array;
  /** Completion table: `capacity` entries. */
  readonly completions: Uint32Array;
  readonly status: Uint32Array;
  /** Called on the JS thread when the event loop was woken and `count` completions are in the table. */
  readonly dispatch: (count: number) => void;
}

export interface EngineStats {
  readonly [name: string]: number | string;
  readonly strays: number;
}

/** One engine: a ring, or a port with its drain thread. Lives on the thread that made it. */
export interface NativeEngine {
  /**
   * Takes `count` requests from entry `first` on, submits them in one system call, and reaps what is complete.
   * @param count at most {@link Limit.Submission}
   * @param views what each of them fills, in the same order; a request that is no read has any. The caller keeps a view
   *   until the completion of its read.
   * @returns completions now in the table
   */
  submit(first: number, count: number, ...views: (ReadTarget | null)[]): number;
  /**
   * Starts one read into `view` at once; the caller keeps that until the read's completion. Only where a read may be over,
   * or fail, in the call that starts it.
   * @returns 0 or 997: a completion follows (R49, R50); anything else is the error, and none does (R51-R54)
   */
  issue?(
    slot: number,
    generation: number,
    file: number,
    targetOffset: number,
    length: number,
    positionLow: number,
    positionHigh: number,
    view: ReadTarget,
  ): number;
  /** Page-aligned memory that stays mapped while a read fills it; null where Node allows no external ArrayBuffers. */
  allocate(bytes: number): ArrayBuffer | null;
  /** Where the memory of `view` begins in its page, in bytes; on a closed engine, too. */
  pageOffset(view: Uint8Array): number;
  /** Asks for large pages under the memory of `view`; on a closed engine, too. Only where the system can be asked. */
  useLargePages?(view: Uint8Array): void;
  /** Asks the system to give up every read in flight. */
  cancelAll(): void;
  /** Frees everything. Reads must have drained. Idempotent. */
  close(): void;
  /** Counters by name; `strays` are completions by the system that are of no read in flight. */
  stats(): EngineStats;
}
