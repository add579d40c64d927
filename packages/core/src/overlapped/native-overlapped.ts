/**
 * The state machine of one read, and the object that carries it: the document's `NativeOverlapped*`.
 *
 *             pack                   issue                    packet
 *   Free ───────────────► Packed ───────────────► Pending ───────────────► Completed
 *    ▲                     │  ▲ └── no slot ──► Queued ──┘ (slot free)          │
 *    │        free         │  └── synchronous failure (issuer frees, R34)       │
 *    └─────────────────────┴────────────────────── free ────────────────────────┘
 *
 * A Queued read that is cancelled goes straight to Completed. Nothing else moves. Free is refused while Queued or
 * Pending (R33): the buffer is pinned until the read's own completion.
 */
import type { AsyncResource } from 'node:async_hooks';
import type { BackendFile, ReadRequest } from '../backend.js';
import { invalidState } from '../errors.js';
import type { BoundHandle, PreAllocatedOverlapped } from './bound-handle.js';
import type { SafeFileHandle } from './safe-file-handle.js';

export const enum ReadState {
  Free,
  Packed,
  Queued,
  Pending,
  Completed,
}

/** Why a transition was refused, by the state found. */
const REFUSALS: readonly string[] = [
  'the overlapped was freed',
  'the overlapped is packed and was not issued',
  'the overlapped waits for a free slot',
  'the overlapped is pending: its read is in flight',
  'the overlapped has completed and waits to be freed',
];

/**
 * The document's IOCompletionCallback: `(errorCode, numBytes, overlapped)` (R15).
 * @param errorCode 0, or a Win32 error number on every backend; end of file is 38 (R16, R17, R19)
 * @param numBytes bytes read; 0 on failure
 * @param overlapped the object that pack returned. Free it, also after an error (R34).
 */
export type IOCompletionCallback = (
  errorCode: number,
  numBytes: number,
  overlapped: NativeOverlapped,
) => void;

const NO_BYTES = new Uint8Array(0);

/** Made by `Overlapped.pack` or by a bound handle; never by hand. */
export class NativeOverlapped implements ReadRequest {
  /** Low 32 bits of the position, unsigned (R44). */
  offsetLow = 0;
  /** High 32 bits of the position, unsigned (R44). */
  offsetHigh = 0;
  /** Raw error number of the last completion, in the backend's numbers; 0 on success (R17). */
  native = 0;

  /** @internal */ state: ReadState = ReadState.Free;
  /** @internal */ callback: IOCompletionCallback | undefined = undefined;
  /** @internal What unpack, or the bound handle's state, gives back. */ owner: unknown = undefined;
  /** @internal What pack pinned, until free (R26). */ pinned: unknown = undefined;
  /** @internal Async context of pack (R24). */ context: AsyncResource | undefined = undefined;
  /** @internal The bound handle that allocated it, if one did. */ bound: BoundHandle | undefined = undefined;
  /** @internal The pre-allocated overlapped that it belongs to, if it does. */ preAllocated:
    PreAllocatedOverlapped | undefined = undefined;
  /** @internal Undoes what the owner holds; called by free. */ release:
    ((self: NativeOverlapped) => void) | undefined = undefined;

  // The read in flight: set from issue to completion.
  /** @internal */ handle: SafeFileHandle | undefined = undefined;
  /** @internal */ file!: BackendFile;
  /** @internal */ slot = -1;
  /** @internal */ generation = 0;
  /** @internal */ target: Uint8Array = NO_BYTES;
  /** @internal */ targetOffset = 0;
  /** @internal */ length = 0;
  /** @internal */ together = false;
  /** @internal */ cancelRequested = false;
  /** @internal Neighbours in the line for a slot. */ next: NativeOverlapped | undefined = undefined;
  /** @internal */ previous: NativeOverlapped | undefined = undefined;

  /**
   * Sets the position of the next read, in bytes. No check: the read that uses it is checked (R45).
   */
  setOffset(position: number | bigint): void {
    if (typeof position === 'number') {
      this.offsetLow = position >>> 0; // ToUint32 is position modulo 2^32
      this.offsetHigh = (position / 0x1_0000_0000) >>> 0;
    } else {
      this.offsetLow = Number(position & 0xffff_ffffn);
      this.offsetHigh = Number(position >> 32n);
    }
  }

  /** The position, put together again: exact as a number where it fits, else a bigint. */
  get position(): number | bigint {
    return this.offsetHigh < 0x20_0000
      ? this.offsetHigh * 0x1_0000_0000 + this.offsetLow
      : (BigInt(this.offsetHigh) << 32n) | BigInt(this.offsetLow);
  }

  /** @internal Drops the read's buffer and file: the pin ends with its completion (R37). */
  unpin(): void {
    this.target = NO_BYTES;
    this.slot = -1;
    this.cancelRequested = false;
  }
}

/** The one place where a read's state changes. @throws ERR_INVALID_STATE if the read is in another state. */
export function transition(read: NativeOverlapped, from: ReadState, to: ReadState): void {
  if (read.state !== from) throw invalidState(REFUSALS[read.state] ?? 'unknown');
  read.state = to;
}

/** Fresh or recycled, a packed overlapped starts from zero (R31). */
export function resetForPack(read: NativeOverlapped, offsetLow: number, offsetHigh: number): void {
  transition(read, ReadState.Free, ReadState.Packed);
  read.offsetLow = offsetLow;
  read.offsetHigh = offsetHigh;
  read.native = 0;
}

/** Drops what a pack or an allocation gave the overlapped: the pin ends here (R26). */
export function dropPacked(read: NativeOverlapped): void {
  read.context?.emitDestroy();
  read.context = undefined;
  read.callback = undefined;
  read.pinned = undefined;
  read.owner = undefined;
}

/** Gives everything the overlapped holds back. @throws ERR_INVALID_STATE if freed before, queued or in flight (R33). */
export function freeNative(read: NativeOverlapped): void {
  transition(
    read,
    read.state === ReadState.Completed ? ReadState.Completed : ReadState.Packed,
    ReadState.Free,
  );
  read.unpin();
  if (read.release !== undefined) read.release(read);
}
