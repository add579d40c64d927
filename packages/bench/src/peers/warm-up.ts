/** What every peer does before the clock starts, for the compiler's sake. */

/** At least so many reads. */
export const WARM_UP_READS = 1_000;
/** And at least this part of the timed work. */
export const WARM_UP_PART = 0.1;
