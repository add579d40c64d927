/**
 * How much may be read before the event loop gets its turn (R22, and the promise that reads never stall it).
 *
 * A read of cached data is over when the submission returns: the kernel copies on our thread. That is the fastest way
 * there is, but without a limit a chain of such reads would never let the event loop run. So each read costs the bytes
 * it may copy plus a fixed part for the rest; when a turn's budget is spent, the next submission waits for
 * `setImmediate`, which lets timers and other I/O go first.
 */

/** Budget of one turn: about half a millisecond of copying and of completions. */
export const TURN_BUDGET_BYTES = 2 << 20;

/** A job that asks for more reads than this has had its turn by that: none of them is copied in it. */
export const STAGED_IN_A_TURN = 256;

/** What a read costs besides its bytes: submission, completion and the caller's continuation. */
export const READ_COST_BYTES = 8 << 10;
