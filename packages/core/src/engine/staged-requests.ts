/** Requests that wait to be submitted: the table that native code reads, in order, and what each takes of a turn's budget. */
import { Request, RequestFlag } from './tables.js';
import { READ_COST_BYTES } from './turn-budget.js';

/** Memory of a table: shared, so that nothing can detach it while native code has its address. */
export function sharedWords(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(count * Uint32Array.BYTES_PER_ELEMENT));
}

export class StagedRequests {
  readonly table: Uint32Array;
  /** Of each entry, in bytes. */
  private readonly costs: Float64Array;
  private sum = 0;
  /** Entries from `first` to `end` wait. */
  private first = 0;
  private end = 0;

  /** @param entries the most that wait at once */
  constructor(entries: number) {
    this.table = sharedWords(entries * Request.Words);
    this.costs = new Float64Array(entries);
  }

  /** How many wait. */
  get count(): number {
    return this.end - this.first;
  }

  /** What all of them cost. */
  get cost(): number {
    return this.sum;
  }

  /** @returns the entry's first word; the words behind those given here are the caller's to write */
  add(opcode: number, slot: number, generation: number, cost: number): number {
    const { table, costs } = this;
    if (this.end === costs.length) this.moveToStart();
    costs[this.end] = cost;
    this.sum += cost;
    const at = this.end++ * Request.Words;
    table[at + Request.Opcode] = opcode;
    table[at + Request.Slot] = slot;
    table[at + Request.Generation] = generation;
    return at;
  }

  /** The only one, where it is a read of at most `bytes` for another thread, may be copied by this one; then it costs that. */
  markAlone(bytes: number): void {
    const { table, costs, first } = this;
    const at = first * Request.Words;
    const length = table[at + Request.Length] as number;
    const operation = table[at + Request.Opcode] as number;
    if ((operation & RequestFlag.Async) === 0 || length > bytes) return;
    table[at + Request.Opcode] = operation | RequestFlag.Alone;
    this.sum = costs[first] = length + READ_COST_BYTES;
  }

  /** @returns how many of the first ones cost `budget` or less together */
  affordable(budget: number): number {
    let count = 0;
    for (let left = budget; count < this.count; count++) {
      left -= this.costs[this.first + count] as number;
      if (left < 0) break;
    }
    return count;
  }

  /** Takes the first `count` out. @returns the first one's entry; they stay in the table until the next `add` */
  take(count: number): number {
    const { first } = this;
    this.first += count;
    if (this.first === this.end) {
      this.sum = this.first = this.end = 0;
    } else {
      for (let entry = first; entry < this.first; entry++) this.sum -= this.costs[entry] as number;
    }
    return first;
  }

  private moveToStart(): void {
    this.table.copyWithin(0, this.first * Request.Words);
    this.costs.copyWithin(0, this.first);
    this.end -= this.first;
    this.first = 0;
  }
}
