/** The arguments of `readMany`, checked. */
import { freshBytes } from '../buffers/fresh.js';
import { invalidArgType } from '../errors.js';
import { asBytes, byteLengthOf, integerInRange, isPlainBytes } from '../validate.js';
import { checkRange, type PlannedRanges, type RangeRequest } from './ranges.js';

/** What one range may ask for: 4 GiB - 1. */
const MAX_RANGE_BYTES = 2 ** 32 - 1;

/** Checks all of them before any is read, and each before memory is made for it. */
export function planRanges(ranges: readonly RangeRequest[]): PlannedRanges {
  const count = ranges.length;
  const positions = new Array<number | bigint>(count);
  const targets = new Array<Uint8Array>(count);
  const lengths = new Array<number>(count);
  const owned = new Array<boolean>(count);
  for (let i = 0; i < count; i++) {
    const range: unknown = ranges[i];
    if (typeof range !== 'object' || range === null) {
      throw invalidArgType(`ranges[${i}]`, 'of type object', range);
    }
    const { position, length, into } = range as RangeRequest;
    // The name is only made where there is something to say.
    const bytes = into === undefined || isPlainBytes(into) ? into : asBytes(into, `ranges[${i}].into`);
    const made = bytes === undefined;
    const room = made ? MAX_RANGE_BYTES : byteLengthOf(bytes);
    const asked = integerInRange(made ? length : (length ?? room), 'length', 0, room);
    positions[i] = checkRange(position, asked);
    targets[i] = made ? freshBytes(asked) : asked === room ? bytes : bytes.subarray(0, asked);
    lengths[i] = asked;
    owned[i] = made;
  }
  return { positions, targets, lengths, owned };
}
