import assert from 'node:assert/strict';
import { type Goal, GOALS, judge } from '../src/goals.js';
import type { Sample } from '../src/job.js';
import { peersFor } from '../src/peers/index.js';
import { ratio, type Repetition, summarize } from '../src/statistics.js';
import { WORKLOADS } from '../src/workloads.js';

function sample(opsPerSecond: number, cpuPerOp = 1e-6): Sample {
  return {
    ops: opsPerSecond,
    bytes: opsPerSecond * 4096,
    seconds: 1,
    cpuSeconds: opsPerSecond * cpuPerOp,
    verified: 1,
  };
}

describe('bench statistics', () => {
  const repetitions: Repetition[] = [
    { ours: sample(300), theirs: sample(100) },
    { ours: sample(30), theirs: sample(15) }, // a disturbed repetition: slow for both
    { ours: sample(400), theirs: sample(100) },
  ];

  it('takes the median of the repetitions, with their range', () => {
    assert.deepEqual(summarize(repetitions, 'ours', 'opsPerSecond'), { median: 300, min: 30, max: 400 });
  });

  it('takes ratios within a repetition, not of medians', () => {
    assert.deepEqual(ratio(repetitions, 'ours', 'theirs', 'opsPerSecond'), { median: 3, min: 2, max: 4 });
  });

  it('leaves out repetitions in which either measurement failed', () => {
    const partial = [{ ours: sample(50) }, ...repetitions.slice(0, 1), { theirs: sample(1) }];
    assert.deepEqual(ratio(partial, 'ours', 'theirs', 'opsPerSecond'), { median: 3, min: 3, max: 3 });
    assert.equal(ratio(partial, 'ours', 'nobody', 'opsPerSecond'), undefined);
  });

  it('has no rate of what read nothing', () => {
    const control = [{ control: { ...sample(0), metrics: { delayP99Ms: 1.5 } } }];
    assert.equal(summarize(control, 'control', 'opsPerSecond'), undefined);
    assert.equal(summarize(control, 'control', 'cpuPerOp'), undefined);
    assert.equal(summarize(control, 'control', 'delayP99Ms')?.median, 1.5);
  });

  it('does not reorder its input', () => {
    const before = JSON.stringify(repetitions);
    summarize(repetitions, 'ours', 'cpuPerOp');
    assert.equal(JSON.stringify(repetitions), before);
  });
});

describe('bench goals', () => {
  const goal: Goal = {
    workload: 'w',
    way: 'readAt',
    metric: 'opsPerSecond',
    baseline: 'base',
    compare: 'at least',
    target: 2,
    unit: 'x base',
  };
  const judgeOne = (ours: number, change: Partial<Goal> = {}): string | undefined => {
    const results = new Map([['w', [{ 'readAt@b': sample(ours, 2e-6), base: sample(100, 1e-6) }]]]);
    return judge(results, 'b', [{ ...goal, ...change }])[0]?.status;
  };

  it('is reached at the target and missed below it', () => {
    assert.equal(judgeOne(200), 'reached');
    assert.equal(judgeOne(199), 'missed');
  });

  it('knows goals where less is better', () => {
    assert.equal(judgeOne(1, { metric: 'cpuPerOp', compare: 'at most', target: 2 }), 'reached');
    assert.equal(judgeOne(1, { metric: 'cpuPerOp', compare: 'at most', target: 1.9 }), 'missed');
    assert.equal(judgeOne(1, { metric: 'cpuPerOp', compare: 'below', target: 2 }), 'missed');
  });

  it('is not measured, rather than reached, where a peer is missing', () => {
    assert.equal(judgeOne(200, { baseline: 'fio' }), 'not measured');
    assert.equal(judgeOne(200, { workload: 'other' }), 'not measured');
    assert.equal(judgeOne(200, { metric: 'delayP99Ms', compare: 'below' }), 'not measured');
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

  for (const { workload, way, baseline, unit } of GOALS) {
    it(`the goal "${workload}: ${way}, ${unit}" names what exists`, () => {
      const entry = WORKLOADS.find(({ name }) => name === workload);
      assert.ok(entry);
      for (const id of [`${way}@io_uring`, ...(baseline === undefined ? [] : [baseline])]) {
        assert.ok(find(id)?.measures[entry.kind], id);
      }
    });
  }
});
