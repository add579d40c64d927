/**
 * The two tables that JS and native code share, as JS sees them. Their other half is
 * packages/native-common/include/overlapped/tables.h; `pnpm build` fails when the two differ.
 *
 * JS owns both buffers; native code holds a reference and reads or writes them only inside calls from the JS thread.
 * Every word is an unsigned 32-bit integer. Addresses never appear: native code takes them from the views that it is
 * called with.
 */

/** Words of one entry of the request table, JS to native. */
export const enum Request {
  Opcode,
  Slot,
  Generation,
  File,
  TargetOffset,
  Length,
  PositionLow,
  PositionHigh,
  Words,
}

/** What a request asks for; in the low 8 bits of its first word. */
export const enum Opcode {
  Read = 1,
  Cancel = 2,
}

/** Flags of a request; in its first word, above the opcode. */
export const enum RequestFlag {
  /** Let the system's own threads copy this read, not this one. */
  Async = 256,
  /** With it: no other read is in flight, nor comes with this one. If its bytes are likely cached, this thread copies them. */
  Alone = 512,
  /** Who asked goes on only when every read of this submission that says so has ended. */
  Together = 1024,
}

/** Words of one entry of the completion table, native to JS. */
export const enum Completion {
  Slot,
  Generation,
  Error,
  Bytes,
  Words,
}

/** What one call takes at the most. */
export const enum Limit {
  Submission = 256,
}

/** `Completion.Error` of a read that ended at or beyond the end of the file. Other values: 0, or a raw error. */
export const COMPLETION_END_OF_FILE = 0xffff_ffff;

/** Words of the status area. */
export const enum Status {
  /** Reads that the system has, as of the end of native code's last call. */
  InFlight,
  /** Written by JS: not 0 while requests are staged that the next turn submits. */
  MoreToCome,
  Words,
}
