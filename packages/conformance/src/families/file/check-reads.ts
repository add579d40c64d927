/** Many reads of a pattern file, a hundred at a time, each checked. */
import type { OverlappedFile } from '@overlapped/core';
import assert from 'node:assert/strict';
import { pattern } from '../../fixtures.js';

const LANES = 100;
const LENGTH = 200;

/** @param reads a multiple of 100, or Infinity */
export async function readAndCheck(file: OverlappedFile, size: number, reads: number): Promise<void> {
  const whole = pattern(0, size);
  const lane = async (number: number): Promise<void> => {
    const buffer = Buffer.alloc(LENGTH);
    for (let i = number; i < reads; i += LANES) {
      const position = (i * 7919) % (size - LENGTH);
      assert.equal(await file.readAt(buffer, position), LENGTH);
      assert(whole.subarray(position, position + LENGTH).equals(buffer), `bytes at ${position}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
}
