/** The arguments of `readMany`, checked. */
import { freshBytes } from '../buffers/fresh.js';
import { invalidArgType } from '../errors.js';
import { asBytes, byteLengthOf, integerInRange, plainByteLength } from '../validate.js';
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
    const plain = into === undefined || plainByteLength(into) > 0;
    const bytes = plain ? into : asBytes(into, `ranges[${i}].into`);
    const room = bytes === undefined ? MAX_RANGE_BYTES : byteLengthOf(bytes);
    const asked = integerInRange(bytes === undefined ? length : (length ?? room), 'length', 0, room);
    positions[i] = checkRange(position, asked);
    targets[i] = bytes === undefined ? freshBytes(asked) : part(bytes, asked, room);
    lengths[i] = asked;
    owned[i] = bytes === undefined;
  }
  return { positions, targets, lengths, owned };
}

/** Most ranges take all of their memory, and need no view of a part of it. */
function part(bytes: Uint8Array, length: number, room: number): Uint8Array {
  return length === room ? bytes : bytes.subarray(0, length);
}
