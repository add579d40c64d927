/** Numbers that commands are made of: where files end, where pages do, and around both. */
import fc from 'fast-check';
import { LARGEST_FILE, LONGEST_READ } from './file-model.js';
import { MEMORY_KINDS } from './memory.js';

const PAGE = 4096;

export const picks = fc.nat({ max: 7 });

export const positions = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: LARGEST_FILE + 5000 }) },
  { weight: 1, arbitrary: fc.nat({ max: 70 }).map((page) => page * PAGE) },
);

export const lengths = fc.oneof(
  { weight: 16, arbitrary: fc.nat({ max: 40_000 }) },
  { weight: 4, arbitrary: fc.constantFrom(0, 1, PAGE, 65_536) },
  { weight: 1, arbitrary: fc.constant(LONGEST_READ) },
);

export const memoryKinds = fc.constantFrom(...MEMORY_KINDS);

/** True once in eight. */
export const seldom = fc.nat({ max: 7 }).map((n) => n === 7);

/** What direct reads may ask for: whole pages. */
export function wholePages(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}
