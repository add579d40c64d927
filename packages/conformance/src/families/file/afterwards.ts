/** Last: all the families above have left nothing behind (R21). */
import assert from 'node:assert/strict';
import type { ConformanceContext } from '../../context.js';
import { turn } from './subject.js';

export function afterwards(context: ConformanceContext): void {
  it('[R21] after all that, the backend has no read in flight', async () => {
    // Reads that an earlier family abandoned on purpose may still be ending.
    for (let turns = 0; turns < 1000 && context.backend.stats().inFlight > 0; turns++) await turn();
    assert.equal(context.backend.stats().inFlight, 0);
  });
}
