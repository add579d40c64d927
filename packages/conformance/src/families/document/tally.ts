/** The lawful outcomes of one read (contract 3.1), and a count of those that a backend has shown. */
import assert from 'node:assert/strict';
import type { ConformanceContext } from '../../context.js';

/** What was seen of one read. */
export interface Outcome {
  /** What readFile returned; undefined where queueReadFile took the read. */
  readonly returned: boolean | undefined;
  /** The last error where the call refused the read or said "pending"; else 0. */
  readonly lastError: number;
  /** True if the callback came before the issuing call returned, which it never may. */
  readonly inside: boolean;
  /** True if the callback came. */
  readonly called: boolean;
  /** The callback's error; without a callback, the last error. */
  readonly errorCode: number;
  readonly numBytes: number;
  /** The backend's own number. */
  readonly native: number;
}

const PENDING = 997;
const CANCELLED = 995;
const MORE_DATA = 234;
const END_OF_FILE: ReadonlySet<number> = new Set([38, 109, 233]);

export function isEndOfFile(outcome: Outcome): boolean {
  return END_OF_FILE.has(outcome.errorCode);
}

/** The row of contract 3.1 that the outcome is. Queued reads have no row: they report by callback only. */
export function rowOf({ returned, lastError, inside, called, errorCode }: Outcome): string {
  if (inside) return 'unknown';
  if (returned === undefined) return called ? 'queued' : 'queue refused';
  if (returned) return called && errorCode === 0 ? 'O1' : 'unknown';
  if (lastError === PENDING) {
    if (!called) return 'unknown';
    if (errorCode === 0) return 'O2';
    if (errorCode === CANCELLED) return 'O7';
    return END_OF_FILE.has(errorCode) ? 'O3' : 'O6';
  }
  if (lastError === MORE_DATA) return called ? 'O8' : 'unknown';
  if (called) return 'unknown';
  return END_OF_FILE.has(lastError) ? 'O4' : 'O5';
}

const tallies = new WeakMap<ConformanceContext, Map<string, number>>();

export function count(context: ConformanceContext, outcome: Outcome): void {
  const tally = tallies.get(context) ?? new Map<string, number>();
  tallies.set(context, tally);
  const row = rowOf(outcome);
  tally.set(row, (tally.get(row) ?? 0) + 1);
}

/** Runs after the other document families: prints what they saw. */
export function outcomes(context: ConformanceContext): void {
  it('[R21] [R22] every read took one of the lawful ways, and the report says which', () => {
    const tally = [...(tallies.get(context) ?? [])].sort(([a], [b]) => a.localeCompare(b));
    console.log(`      seen: ${tally.map(([row, n]) => `${row} ${n}`).join(', ') || 'nothing'}`);
    assert.ok(!tally.some(([row]) => row === 'unknown'), 'an outcome that the contract does not have');
  });
}
