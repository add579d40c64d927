/** The arguments of `readMany`, checked. */
import { freshBytes } from '../buffers/fresh.js';
import { invalidArgType } from '../errors.js';
import { asBytes, integerInRange, isPlainBytes } from '../validate.js';
import { checkRange, type PlannedRanges, type RangeRequest } from './ranges.js';

/** What one range may ask for: 4 GiB - 1. */
const MAX_RANGE_BYTES = 2 ** 32 - 1;

/** Checks all of them before any is read, and each before memory is made for it. */
export function planRanges(ranges: readonly RangeRequest[]): PlannedRanges {
  const planned: PlannedRanges = { positions: [], targets: [], lengths: [], owned: [] };
  for (let i = 0; i < ranges.length; i++) {
    const range: unknown = ranges[i];
    if (typeof range !== 'object' || range === null) {
      throw invalidArgType(`ranges[${i}]`, 'of type object', range);
    }
    const { position, length, into } = range as RangeRequest;
    // The name is only made where there is something to say.
    const bytes = into === undefined || isPlainBytes(into) ? into : asBytes(into, `ranges[${i}].into`);
    const asked =
      bytes === undefined
        ? integerInRange(length, 'length', 0, MAX_RANGE_BYTES)
        : integerInRange(length ?? bytes.byteLength, 'length', 0, bytes.byteLength);
    planned.positions.push(checkRange(position, asked));
    const target = bytes === undefined ? freshBytes(asked) : part(bytes, asked);
    planned.targets.push(target);
    planned.lengths.push(asked);
    planned.owned.push(into === undefined);
  }
  return planned;
}

/** Most ranges take all of their memory, and need no view of a part of it. */
function part(bytes: Uint8Array, length: number): Uint8Array {
  return length === bytes.byteLength ? bytes : bytes.subarray(0, length);
}
