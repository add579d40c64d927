/**
 * How much may be read and opened before the event loop gets its turn (R22, and the promise that reads never stall it).
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

/** What opening a file on this thread costs: some four microseconds. */
export const OPEN_COST_BYTES = 16 << 10;

/** What a read costs besides its bytes: submission, completion and the caller's continuation. */
export const READ_COST_BYTES = 8 << 10;

interface Waiting {
  readonly bytes: number;
  readonly paid: () => void;
}

/** What is left of one turn's budget, and who waits for another turn's. */
export class TurnBudget {
  private bytesLeft = TURN_BUDGET_BYTES;
  /** No read has been paid for in this turn. */
  private isFresh = true;
  private readonly waiting: Waiting[] = [];

  /** What this turn still pays for. */
  get left(): number {
    return this.bytesLeft;
  }

  /** Whether somebody waits for another turn. */
  get isShort(): boolean {
    return this.waiting.length > 0;
  }

  /** How many reads, of which `affordable` cost what is left or less: a turn pays for one at least, however large. */
  readsOf(affordable: number): number {
    return Math.max(affordable, this.isFresh ? 1 : 0);
  }

  /** Takes what reads cost; more than there is, and nothing is left. */
  payReads(bytes: number): void {
    this.isFresh = false;
    this.bytesLeft = Math.max(0, this.bytesLeft - bytes);
  }

  /**
   * Takes `bytes` for something else than a read, at most half a budget; from this turn's, or in its place in line from a
   * later one's.
   * @returns undefined if they are paid: nothing to wait for
   */
  pay(bytes: number): Promise<void> | undefined {
    if (!this.isShort && this.bytesLeft >= bytes) {
      this.bytesLeft -= bytes;
      return undefined;
    }
    return new Promise((paid) => this.waiting.push({ bytes, paid }));
  }

  /** A turn begins. Half of it is for those who wait, so that reads come, too. */
  renew(): void {
    this.bytesLeft = TURN_BUDGET_BYTES;
    this.isFresh = true;
    let served = 0;
    for (const { bytes, paid } of this.waiting) {
      if (this.bytesLeft - bytes < TURN_BUDGET_BYTES / 2) break;
      this.bytesLeft -= bytes;
      paid();
      served++;
    }
    this.waiting.splice(0, served);
  }
}
