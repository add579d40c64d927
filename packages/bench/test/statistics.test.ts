import assert from 'node:assert/strict';
import { peersFor } from '../src/peers/index.js';
import { type Quantity, ratio, type Repetition, summarize } from '../src/statistics.js';
import { WORKLOADS } from '../src/workloads.js';
import { sample } from './results-fixture.js';

function rate(peer: string): Quantity {
  return { peer, metric: 'opsPerSecond' };
}

describe('bench statistics', () => {
  const repetitions: Repetition[] = [
    { ours: sample(300), theirs: sample(100) },
    { ours: sample(30), theirs: sample(15) }, // a disturbed repetition: slow for both
    { ours: sample(400), theirs: sample(100) },
  ];

  it('takes the median of the repetitions, with their range', () => {
    assert.deepEqual(summarize(repetitions, rate('ours')), { median: 300, min: 30, max: 400 });
  });

  it('takes ratios within a repetition, not of medians', () => {
    assert.deepEqual(ratio(repetitions, rate('ours'), rate('theirs')), { median: 3, min: 2, max: 4 });
  });

  it('leaves out repetitions in which either measurement failed', () => {
    const partial = [{ ours: sample(50) }, ...repetitions.slice(0, 1), { theirs: sample(1) }];
    assert.deepEqual(ratio(partial, rate('ours'), rate('theirs')), { median: 3, min: 3, max: 3 });
    assert.equal(ratio(partial, rate('ours'), rate('nobody')), undefined);
  });

  it('has no rate of what read nothing', () => {
    const control = [{ control: { ...sample(0), metrics: { delayP99Ms: 1.5 } } }];
    assert.equal(summarize(control, { peer: 'control', metric: 'opsPerSecond' }), undefined);
    assert.equal(summarize(control, { peer: 'control', metric: 'cpuPerOp' }), undefined);
    assert.equal(summarize(control, { peer: 'control', metric: 'delayP99Ms' })?.median, 1.5);
  });

  it('does not reorder its input', () => {
    const before = JSON.stringify(repetitions);
    summarize(repetitions, { peer: 'ours', metric: 'cpuPerOp' });
    assert.equal(JSON.stringify(repetitions), before);
  });
});

describe('bench tables', () => {
  const peers = peersFor(['io_uring', 'node-fs']);
  const find = (id: string) => peers.find((peer) => peer.id === id);

  it('have unique names', () => {
    for (const names of [WORKLOADS.map(({ name }) => name), peers.map(({ id }) => id)]) {
      assert.equal(new Set(names).size, names.length);
    }
  });

  it('have sizes and amounts that make sense', () => {
    for (const { name, blockSize, depth, cache, amount } of WORKLOADS) {
      assert.ok(Number.isInteger(depth) && depth > 0, name);
      assert.ok(blockSize % 4096 === 0 || cache !== 'direct', `${name} is aligned`);
      assert.ok(amount.quick > 0 && amount.quick <= amount.full, name);
    }
  });

  for (const { name, kind, baselines } of WORKLOADS) {
    it(`${name} is compared with peers that do it`, () => {
      for (const id of baselines) assert.ok(find(id)?.measures[kind], id);
    });
  }
});
