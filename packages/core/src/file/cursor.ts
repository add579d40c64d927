/** Where the next read that names no position begins. Only the file API keeps one: the system does not (R46). */
import { advance } from './ranges.js';

export class Cursor {
  /** Byte position, 0 to 2^63 - 1. */
  at: number | bigint = 0;

  /** Takes the next `length` bytes. Before they are read, so that two reads at once get different ones (R80). */
  take(length: number): number | bigint {
    const start = this.at;
    this.at = advance(start, length);
    return start;
  }

  /** Gives back what was reserved and not read: the position never passes what was (R80). */
  giveBack(bytes: number): void {
    this.at = advance(this.at, -bytes);
  }
}
