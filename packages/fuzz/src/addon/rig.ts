/**
 * Makes a program's calls, and looks at memory afterwards. A call may throw an Error or give an error completion; it may
 * not write beside the pinned views and its own tables, and the process lives on.
 */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type AddonUse, type Engine, FILE_BYTE } from './addons.js';
import {
  type AddonProgram,
  type Argument,
  CAPACITY,
  type PinKind,
  REQUEST_ENTRIES,
  type Step,
} from './programs.js';

const SENTINEL = 0xa5;
const GUARD = 64;
/** Where a request says its slot, and which argument of `issue` is its view. */
const SLOT_WORD = 1;
const VIEW_OF_ISSUE = 7;

/** Thrown by arguments and callbacks of ours: the addon hands it on as it is. */
class Planned extends Error {}

/** A stretch of memory in the middle of more. */
class Guarded {
  private whole: Uint8Array;

  constructor(
    readonly bytes: number,
    store: ArrayBuffer | SharedArrayBuffer,
  ) {
    this.whole = new Uint8Array(store).fill(SENTINEL);
  }

  static room(bytes: number): number {
    return bytes + 2 * GUARD;
  }

  /** Gives the memory a new owner: views on the old one have none. Not where it is shared. */
  transfer(): void {
    const { buffer } = this.whole;
    if (buffer instanceof ArrayBuffer)
      this.whole = new Uint8Array(structuredClone(buffer, { transfer: [buffer] }));
  }

  /** @param allowed what native code may write inside */
  check(what: string, allowed: (byte: number) => boolean): void {
    this.whole.forEach((byte, i) => {
      const inside = i >= GUARD && i < GUARD + this.bytes;
      assert(
        byte === SENTINEL || (inside && allowed(byte)),
        `${what}: byte ${i - GUARD} of ${this.bytes} is ${byte}`,
      );
    });
  }
}

class Table {
  readonly guarded: Guarded;
  readonly words: Uint32Array;

  constructor(count: number) {
    const bytes = 4 * count;
    const store = new SharedArrayBuffer(Guarded.room(bytes));
    this.guarded = new Guarded(bytes, store);
    this.words = new Uint32Array(store, GUARD, count).fill(0);
  }
}

/** Not one of this process's own: to read what libuv waits for would only stop the event loop. */
function noDescriptor(argument: Argument): Argument {
  return typeof argument === 'number' && argument >= 0 ? 10_000 + (argument % 1000) : argument;
}

export class Rig {
  private readonly requests: Table;
  private readonly completions: Table;
  private readonly status: Table;
  private readonly pins: unknown[] = Array<unknown>(CAPACITY).fill(null);
  /** Everything that was ever pinned: who takes a pin away during its read answers for that memory. */
  private readonly pinned: Guarded[] = [];
  private readonly kept: unknown[] = [];
  private readonly engine: Engine;

  constructor(
    private readonly use: AddonUse,
    private readonly program: AddonProgram,
  ) {
    const [request = 0, completion = 0, status = 0] = use.addon.layout;
    this.requests = new Table(REQUEST_ENTRIES * request);
    this.completions = new Table(CAPACITY * completion);
    this.status = new Table(status);
    this.engine = use.addon.createEngine(this.options());
    use.addFiles(this.engine);
  }

  async run(): Promise<void> {
    for (const step of this.program.steps) {
      const before = this.requests.words.slice();
      try {
        await this.act(step);
      } catch (error) {
        // Whatever is refused is refused by an Error; assertions are ours.
        if (!(error instanceof Error) || error instanceof assert.AssertionError) throw error;
      }
      if (step.do !== 'write') assert.deepEqual(this.requests.words, before, 'the request table was written');
    }
    this.call('close');
    await turn();
    await turn();
    this.check();
  }

  private check(): void {
    for (const memory of this.pinned) memory.check('pinned memory', (byte) => byte === FILE_BYTE);
    for (const { guarded } of [this.requests, this.completions, this.status])
      guarded.check('a table', () => true);
  }

  private options(): Record<string, unknown> {
    return {
      capacity: CAPACITY,
      queueEntries: 2,
      requests: this.requests.words,
      completions: this.completions.words,
      status: this.status.words,
      dispatch: (count: number) => {
        assert(count >= 1 && count <= CAPACITY, `${count} completions`);
        this.disturb(this.program.dispatch);
      },
    };
  }

  private call(method: string, ...args: unknown[]): unknown {
    return this.engine[method]?.(...args);
  }

  /** Each request's view is that of its slot; none for requests beyond the table. */
  private submit(first: number, count: number): unknown {
    const [words = 0] = this.use.addon.layout;
    const views = Array.from(
      { length: Math.min(count, REQUEST_ENTRIES) },
      (_, i) => this.pins[this.requests.words[(first + i) * words + SLOT_WORD] ?? -1],
    );
    return this.call('submit', first, count, ...views);
  }

  private disturb(how: string): void {
    if (how === 'closes') this.call('close');
    else if (how === 'submits') this.submit(0, 1);
    else if (how === 'cancels') this.call('cancelAll');
    else if (how === 'throws') throw new Planned(how);
  }

  private async act(step: Step): Promise<void> {
    switch (step.do) {
      case 'write':
        this.requests.words.set(step.words, step.entry * step.words.length);
        return;
      case 'submit': {
        const count = this.submit(step.first, step.count) as number;
        assert(count >= 0 && count <= CAPACITY, `${count} completions`);
        return;
      }
      case 'call': {
        const self = step.wrongThis ? undefined : this.engine;
        const args = step.args.map((arg) =>
          this.argument(step.method === 'addFile' ? noDescriptor(arg) : arg),
        );
        if (step.method === 'issue') args[VIEW_OF_ISSUE] = this.pins[Number(step.args[0]) % CAPACITY];
        await this.engine[step.method]?.apply(self, args); // a promise that is refused is an error like any other
        return;
      }
      case 'pin':
        this.pin(step.slot, step.kind, step.bytes);
        return;
      case 'detach':
        this.pinned[step.pick % this.pinned.length]?.transfer();
        return;
      case 'create':
        this.use.addon.createEngine(this.oddOptions(step.option))['close']?.();
        return;
      case 'turn':
        await turn();
        return;
      case 'collect':
        global.gc?.();
        return;
    }
  }

  private argument(argument: Argument): unknown {
    const valueOf = (): number => {
      this.disturb(argument as string);
      return 1;
    };
    const odd: Readonly<Record<string, unknown>> = {
      NaN: NaN,
      Infinity: Infinity,
      '-Infinity': -Infinity,
      undefined,
      null: null,
      text: 'text',
      object: {},
      array: [],
      bigint: 1n,
      symbol: Symbol('odd'),
      function: () => 1,
      closes: { valueOf, toString: valueOf },
      submits: { valueOf, toString: valueOf },
      throws: { valueOf, toString: valueOf },
    };
    return typeof argument === 'number' ? argument : odd[argument];
  }

  private view(bytes: number, shared = false): { memory: Guarded; store: ArrayBuffer } {
    const room = Guarded.room(bytes);
    const store = (shared ? new SharedArrayBuffer(room) : new ArrayBuffer(room)) as ArrayBuffer;
    const memory = new Guarded(bytes, store);
    this.pinned.push(memory);
    return { memory, store };
  }

  private pin(slot: number, kind: PinKind, bytes: number): void {
    this.pins[slot] = this.pinOf(kind, bytes);
    this.kept.push(this.pins[slot]);
  }

  private pinOf(kind: PinKind, bytes: number): unknown {
    const wide = bytes - (bytes % 8);
    switch (kind) {
      case 'shared':
        return new Uint8Array(this.view(bytes, true).store, GUARD, bytes);
      case 'DataView':
        return new DataView(this.view(bytes).store, GUARD, bytes);
      case 'Float64Array':
        return new Float64Array(this.view(wide).store, GUARD, wide / 8);
      case 'library':
        return new Uint8Array((this.call('allocate', 4096) ?? new ArrayBuffer(0)) as ArrayBuffer);
      case 'detached': {
        const buffer = new ArrayBuffer(bytes);
        const view = new Uint8Array(buffer);
        this.kept.push(structuredClone(buffer, { transfer: [buffer] }));
        return view;
      }
      case 'shrunk': {
        const Resizable = ArrayBuffer as unknown as new (
          bytes: number,
          options: { maxByteLength: number },
        ) => ArrayBuffer & { resize(bytes: number): void };
        const buffer = new Resizable(bytes, { maxByteLength: 16_384 });
        const view = new Uint8Array(buffer, 0, bytes);
        buffer.resize(bytes >> 1);
        return view;
      }
      case 'empty':
        return new Uint8Array(0);
      case 'null':
        return null;
      case 'number':
        return bytes;
      case 'text':
        return 'text';
      case 'ArrayBuffer':
        return new ArrayBuffer(bytes);
      case 'proxy':
        return new Proxy(new Uint8Array(this.view(bytes).store, GUARD, bytes), {});
      default:
        return new Uint8Array(this.view(bytes).store, GUARD, bytes);
    }
  }

  private oddOptions(option: string): unknown {
    const options = this.options();
    const table = (count: number): Uint32Array => new Table(count).words;
    const odd: Readonly<Record<string, unknown>> = {
      'no options': undefined,
      'capacity 0': { ...options, capacity: 0 },
      'capacity 1e9': { ...options, capacity: 1e9 },
      'capacity closes': { ...options, capacity: this.argument('closes') },
      'queueEntries 0': { ...options, queueEntries: 0 },
      'queueEntries 2^32 - 1': { ...options, queueEntries: 2 ** 32 - 1 },
      'tables of floats': { ...options, requests: new Float64Array(1000) },
      'tables too small': { ...options, completions: table(3) },
      'tables that can be detached': { ...options, status: new Uint32Array(1) },
      'no dispatch': { ...options, dispatch: 1 },
    };
    return odd[option];
  }
}

/** What a callback throws becomes an uncaught exception (R23): planned here, and anything else is a failure. */
export function tolerate(error: unknown): boolean {
  return error instanceof Planned || (error as NodeJS.ErrnoException).code?.startsWith('ERR_') === true;
}
