/** The engines' JS half on an engine that only takes notes. */
import assert from 'node:assert/strict';
import type { ReadRequest } from '../src/backend.js';
import type { NativeEngineOptions } from '../src/engine/binding.js';
import { NativeBackend, type NativeBackendSpec, type NativeFiles } from '../src/engine/native-backend.js';
import { Completion, Opcode, Request, RequestFlag, Status } from '../src/engine/tables.js';
import {
  READ_COST_BYTES,
  STAGED_IN_A_TURN,
  TURN_BUDGET_BYTES,
  type TurnBudget,
} from '../src/engine/turn-budget.js';

const CAPACITY = 2;

/** What is in a request's first word, in words. */
const OPERATIONS: ReadonlyMap<number | undefined, string> = new Map([
  [Opcode.Read, 'read'],
  [Opcode.Read | RequestFlag.Async, 'read async'],
  [Opcode.Read | RequestFlag.Async | RequestFlag.Alone, 'read alone'],
  [Opcode.Read | RequestFlag.Together, 'read together'],
  [Opcode.Read | RequestFlag.Async | RequestFlag.Alone | RequestFlag.Together, 'read alone together'],
  [Opcode.Cancel, 'cancel'],
]);

/** Every entry that was submitted, as `operation slot.generation`. */
class NotingEngine {
  readonly submitted: string[] = [];

  constructor(readonly options: NativeEngineOptions) {}

  submit(first: number, count: number, ...views: unknown[]): number {
    const { requests, status } = this.options;
    assert.equal(views.length, count);
    for (let entry = first; entry < first + count; entry++) {
      const [word, slot, generation] = requests.subarray(entry * Request.Words);
      this.submitted.push(`${OPERATIONS.get(word)} ${slot}.${generation}`);
      if (word === Opcode.Cancel) continue;
      assert(views[entry - first] instanceof Uint8Array, 'a read without a view');
      status[Status.InFlight] = (status[Status.InFlight] ?? 0) + 1;
    }
    return 0;
  }

  /** Ends reads, as a wake-up of the event loop does. */
  complete(slots: readonly number[], generation: number): void {
    const { completions, status, dispatch } = this.options;
    for (const [i, slot] of slots.entries()) {
      completions.set([slot, generation, 0, 1], i * Completion.Words);
    }
    status[Status.InFlight] = (status[Status.InFlight] ?? 0) - slots.length;
    dispatch(slots.length);
  }

  allocate(): null {
    return null;
  }

  pageOffset(): number {
    return 0;
  }

  cancelAll(): void {
    // Nothing to cancel: tests complete what they began.
  }

  close(): void {
    // Nothing to free.
  }

  stats(): { strays: number } {
    return { strays: 0 };
  }
}

const refuse = (): never => {
  throw new Error('no files here');
};
const NO_FILES: NativeFiles = { openSync: refuse, open: refuse, bind: refuse, stat: refuse, close: refuse };

function rig(
  capacity = CAPACITY,
  large: Partial<Pick<NativeBackendSpec, 'asyncBytes' | 'aloneBytes'>> = {},
): { backend: NativeBackend; engine: NotingEngine; completed: string[]; pay: TurnBudget['pay'] } {
  let engine!: NotingEngine;
  let pay!: TurnBudget['pay'];
  const completed: string[] = [];
  const backend = new NativeBackend({
    name: 'noting',
    errorKind: 'errno',
    capabilities: { cancel: true, pipes: false, direct: false, synchronousOutcomes: false, batches: true },
    capacity,
    asyncBytes: Infinity,
    aloneBytes: 0,
    ...large,
    win32Of: (raw) => raw,
    createEngine: (options) => (engine = new NotingEngine(options)),
    files: (_engine, payFrom) => {
      pay = payFrom;
      return NO_FILES;
    },
  });
  backend.attach({
    complete: (slot, generation) => completed.push(`${slot}.${generation}`),
    settled: () => undefined,
  });
  return { backend, engine, completed, pay };
}

function request(slot: number, generation: number, length: number): ReadRequest {
  const file = { id: 0, fd: 0, kind: 'regular', path: 'none', direct: false } as const;
  return {
    slot,
    generation,
    file,
    target: new Uint8Array(1),
    targetOffset: 0,
    length,
    offsetLow: 0,
    offsetHigh: 0,
    together: false,
  };
}

const microtasks = (): Promise<void> => Promise.resolve().then(() => undefined);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('native backend', () => {
  it('submits the reads of one job together, in order', async () => {
    const { backend, engine } = rig();
    backend.queue(request(0, 0, 100));
    backend.queue(request(1, 0, 100));
    assert.deepEqual(engine.submitted, []);
    await microtasks();
    assert.deepEqual(engine.submitted, ['read 0.0', 'read 1.0']);
    assert.equal(backend.stats().submissions, 1);
  });

  it('[R22] leaves the rest to the next turn when a turn’s budget is spent', async () => {
    const { backend, engine } = rig();
    backend.queue(request(0, 0, TURN_BUDGET_BYTES));
    backend.queue(request(1, 0, 1));
    await microtasks();
    assert.deepEqual(engine.submitted, ['read 0.0']);
    await turn();
    assert.deepEqual(engine.submitted, ['read 0.0', 'read 1.0']);
  });

  it('[R22] leaves everything to the next turn when a job has asked for many reads', async () => {
    const many = STAGED_IN_A_TURN + 1;
    const { backend, engine } = rig(many);
    for (let slot = 0; slot < many; slot++) backend.queue(request(slot, 0, 1));
    await microtasks();
    assert.deepEqual(engine.submitted, []);
    await turn();
    assert.ok(engine.submitted.length > many / 2); // as many as a turn pays for
    await turn();
    assert.equal(engine.submitted.length, many);
  });

  it('[R22] a turn whose budget is spent while a burst is delivered has one successor, with one budget', async () => {
    const { backend, engine } = rig(8);
    for (const slot of [0, 1]) backend.queue(request(slot, 0, 1));
    await microtasks();
    // What follows from the first completion takes all of the turn, and from the second one more.
    engine.complete([0, 1], 0);
    for (let slot = 2; slot < 8; slot++) backend.queue(request(slot, 0, TURN_BUDGET_BYTES));
    await microtasks();
    const before = engine.submitted.length;
    const perTurn: number[] = [];
    while (engine.submitted.length < 8 && perTurn.length < 20) {
      const was = engine.submitted.length;
      await turn();
      perTurn.push(engine.submitted.length - was);
    }
    assert.equal(engine.submitted.length, 8, `${before} before, then ${perTurn.join()}`);
    assert(Math.max(...perTurn) <= 1, `reads of a whole budget each, a turn: ${perTurn.join()}`);
  });

  it('lets this thread copy a large read that is alone, where it is not too large', async () => {
    const { backend, engine } = rig(CAPACITY, { asyncBytes: 100, aloneBytes: 200 });
    const next = async (...reads: ReadRequest[]): Promise<string[]> => {
      for (const read of reads) backend.queue(read);
      await microtasks();
      return engine.submitted.splice(0);
    };
    assert.deepEqual(await next(request(0, 0, 99)), ['read 0.0']);
    engine.complete([0], 0);
    assert.deepEqual(await next(request(0, 1, 200)), ['read alone 0.1']);
    assert.deepEqual(await next(request(1, 0, 200)), ['read async 1.0'], 'with another one in flight');
    engine.complete([0], 1);
    engine.complete([1], 0);
    assert.deepEqual(await next(request(0, 2, 201)), ['read async 0.2'], 'too large');
    engine.complete([0], 2);
    assert.deepEqual(
      await next(request(0, 3, 100), request(1, 1, 100)),
      ['read async 0.3', 'read async 1.1'],
      'two of one job',
    );
  });

  it('says of reads that their caller wants them together', async () => {
    const { backend, engine } = rig(CAPACITY, { asyncBytes: 100, aloneBytes: 200 });
    backend.queue({ ...request(0, 0, 1), together: true });
    backend.queue(request(1, 0, 1));
    await microtasks();
    engine.complete([0, 1], 0);
    backend.queue({ ...request(0, 1, 100), together: true });
    await microtasks();
    assert.deepEqual(engine.submitted, ['read together 0.0', 'read 1.0', 'read alone together 0.1']);
  });

  it('[R22] large reads that are alone, one after another, leave the event loop its turn', async () => {
    const large = { asyncBytes: 1, aloneBytes: TURN_BUDGET_BYTES };
    const { backend, engine } = rig(CAPACITY, large);
    const most = TURN_BUDGET_BYTES - READ_COST_BYTES; // with what a read costs besides: all of the budget
    backend.queue(request(0, 0, most));
    await microtasks();
    engine.complete([0], 0);
    backend.queue(request(0, 1, most));
    await microtasks();
    assert.deepEqual(engine.submitted, ['read alone 0.0']);
    await turn();
    assert.deepEqual(engine.submitted, ['read alone 0.0', 'read alone 0.1']);
  });

  it('[R22] what else is done on this thread is paid from the same budget, and its turn comes whatever else is staged', async () => {
    const { backend, engine, pay } = rig();
    assert.equal(pay(TURN_BUDGET_BYTES / 2 + 1), undefined);
    backend.queue(request(0, 0, 1)); // its flush is on its way, and there is enough for it
    const paid: number[] = [];
    for (const each of [1, 2, 3]) void pay(TURN_BUDGET_BYTES / 2)?.then(() => paid.push(each));
    await turn();
    assert.deepEqual(engine.submitted, ['read 0.0']);
    for (let turns = 0; paid.length < 3 && turns < 10; turns++) await turn();
    assert.deepEqual(paid, [1, 2, 3]);
  });

  it('[R77] loses no entry when stale cancellations, new reads and their cancellations all wait', async () => {
    const { backend, engine, completed } = rig();
    const slots = [0, 1];
    const first = slots.map((slot) => request(slot, 0, TURN_BUDGET_BYTES / 4));
    for (const read of first) backend.queue(read);
    await microtasks(); // both are with the system; half the budget is left
    const big = slots.map((slot) => request(slot, 1, TURN_BUDGET_BYTES));
    // One read that is too dear for the rest of the turn holds back whatever comes after it.
    engine.complete([0], 0);
    backend.queue(big[0] as ReadRequest);
    await microtasks();
    for (const read of [first[1], big[0]]) backend.cancel(read as ReadRequest);
    engine.complete([1], 0);
    backend.queue(big[1] as ReadRequest);
    backend.cancel(big[1] as ReadRequest);
    for (let i = 0; i < 6; i++) await turn();
    assert.deepEqual(engine.submitted, [
      'read 0.0',
      'read 1.0',
      'read 0.1',
      'cancel 1.0',
      'cancel 0.1',
      'read 1.1',
      'cancel 1.1',
    ]);
    assert.deepEqual(completed, ['0.0', '1.0']);
  });

  it('submits what follows from the first completions of a burst before it delivers the rest', async () => {
    const { backend, engine, completed } = rig(20);
    const slots = Array.from({ length: 20 }, (_, slot) => slot);
    for (const slot of slots) backend.queue(request(slot, 0, 1));
    await microtasks();
    engine.complete(slots, 0);
    const first = completed.length;
    assert.ok(first > 0 && first < 20, `${first} were delivered at once`);
    assert.equal(backend.stats().inFlight, 20 - first);
    backend.queue(request(0, 1, 1));
    const deliveredBefore: number[] = [];
    const submit = engine.submit.bind(engine);
    engine.submit = (from, count, ...views) => {
      deliveredBefore.push(completed.length);
      return submit(from, count, ...views);
    };
    await turn();
    assert.deepEqual(
      completed,
      slots.map((slot) => `${slot}.0`),
    );
    assert.deepEqual(deliveredBefore, [first], 'the successor waited for the rest of the burst');
    assert.equal(backend.stats().inFlight, 1);
  });
});
