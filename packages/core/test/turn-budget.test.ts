/** What a turn of the event loop pays for, and in what order. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { TURN_BUDGET_BYTES, TurnBudget } from '../src/engine/turn-budget.js';

const HALF = TURN_BUDGET_BYTES / 2;

/** Pays, and notes when that came to pass. */
function payer(budget: TurnBudget): { pay: (name: string, bytes: number) => Promise<void>; paid: string[] } {
  const paid: string[] = [];
  const pay = async (name: string, bytes: number): Promise<void> => {
    await budget.pay(bytes);
    paid.push(name);
  };
  return { pay, paid };
}

describe('turn budget', () => {
  it('[R22] what it does not pay for waits for the next turn, first come, first served', async () => {
    const budget = new TurnBudget();
    const { pay, paid } = payer(budget);
    budget.payReads(HALF + 1);
    for (const [name, bytes] of [
      ['too dear', HALF],
      ['would do', 1],
    ] as const)
      void pay(name, bytes);
    await turn();
    assert.deepEqual(paid, []);
    assert(budget.isShort);
    budget.renew();
    budget.renew();
    await turn();
    assert.deepEqual(paid, ['too dear', 'would do']);
    assert(!budget.isShort);
  });

  it('[R22] leaves half of a turn to reads, whoever waits', async () => {
    const budget = new TurnBudget();
    const { pay, paid } = payer(budget);
    budget.payReads(TURN_BUDGET_BYTES);
    for (const name of ['a', 'b', 'c', 'd', 'e']) void pay(name, HALF / 2);
    budget.renew();
    await turn();
    assert.deepEqual(paid, ['a', 'b']);
    assert.equal(budget.left, HALF);
    budget.renew();
    budget.renew();
    await turn();
    assert.deepEqual(paid, ['a', 'b', 'c', 'd', 'e']);
    assert(!budget.isShort);
  });

  it('pays for one read of any size in each turn', () => {
    const budget = new TurnBudget();
    void budget.pay(1);
    assert.equal(budget.readsOf(0), 1);
    budget.payReads(2 * TURN_BUDGET_BYTES);
    assert.equal(budget.left, 0);
    assert.equal(budget.readsOf(0), 0);
    budget.renew();
    assert.equal(budget.readsOf(0), 1);
    assert.equal(budget.readsOf(7), 7);
  });
});
