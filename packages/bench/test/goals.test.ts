import assert from 'node:assert/strict';
import {
  type Goal,
  GOALS,
  goalStatus,
  goalSubject,
  goalTarget,
  judge,
  margin,
  MOST_REPETITIONS,
  peersOfGoals,
  unsettledPeers,
  type Verdict,
} from '../src/goals.js';
import { peersFor } from '../src/peers/index.js';
import type { Results } from '../src/results.js';
import type { Repetition } from '../src/statistics.js';
import { WORKLOADS } from '../src/workloads.js';
import { measured, results, sample } from './results-fixture.js';

const RATE: Goal = {
  workload: 'w',
  measured: { peer: 'readAt@b', metric: 'opsPerSecond' },
  baseline: { peer: 'base', metric: 'opsPerSecond' },
  compare: 'at least',
  target: 2,
};

function judgeOne(ours: number, change: Partial<Goal> = {}, more: Partial<Results> = {}): Verdict {
  const metrics = { idleP99Us: 100, busyP99Us: 300, delayP99Ms: 2 };
  const repetition = { 'readAt@b': sample(ours, 2e-6, metrics), base: sample(100, 1e-6) };
  const [verdict] = judge(results([measured('w', [repetition])], more), [{ ...RATE, ...change }]);
  assert.ok(verdict);
  return verdict;
}

describe('bench goals', () => {
  it('are reached at the target and missed below it', () => {
    assert.equal(judgeOne(200).status, 'reached');
    assert.equal(judgeOne(199).status, 'missed');
  });

  it('know costs, where less is better', () => {
    const cost: Partial<Goal> = {
      measured: { peer: 'readAt@b', metric: 'cpuPerOp' },
      baseline: { peer: 'base', metric: 'cpuPerOp' },
      compare: 'at most',
    };
    assert.equal(judgeOne(1, { ...cost, target: 2 }).status, 'reached');
    assert.equal(judgeOne(1, { ...cost, target: 1.9 }).status, 'missed');
  });

  it('may compare two metrics of one peer', () => {
    const change: Partial<Goal> = {
      measured: { peer: 'readAt@b', metric: 'busyP99Us' },
      baseline: { peer: 'readAt@b', metric: 'idleP99Us' },
      compare: 'at most',
    };
    assert.deepEqual(judgeOne(1, { ...change, target: 3 }).measured, { median: 3, min: 3, max: 3 });
    assert.equal(judgeOne(1, { ...change, target: 3 }).status, 'reached');
    assert.equal(judgeOne(1, { ...change, target: 2.9 }).status, 'missed');
  });

  it('may be a figure of its own', () => {
    const { baseline, ...absolute } = RATE;
    assert.ok(baseline);
    const goal: Goal = {
      ...absolute,
      measured: { peer: 'readAt@b', metric: 'delayP99Ms' },
      compare: 'at most',
    };
    const run = results([measured('w', [{ 'readAt@b': sample(1, 1, { delayP99Ms: 2.1 }) }])]);
    assert.deepEqual(
      judge(run, [goal, { ...goal, target: 2.1 }]).map(({ status }) => status),
      ['missed', 'reached'],
    );
  });

  const fio = { baseline: { peer: 'fio', metric: 'opsPerSecond' } } as const;
  const where = { workload: 'w', peer: 'fio' };
  const missing: [string, Partial<Goal>, Partial<Results>, RegExp][] = [
    ['the workload was not run', { workload: 'other' }, {}, /^other was not run$/],
    ['a peer was not run', fio, {}, /^fio: it was not run/],
    [
      'a peer was left out',
      fio,
      { leftOut: [{ ...where, reason: 'not installed' }] },
      /^fio: not installed$/,
    ],
    [
      'its measurement failed',
      fio,
      { failures: [{ ...where, repetition: 0, message: 'broke' }] },
      /^fio: broke$/,
    ],
    ['the sample lacks the metric', { measured: { peer: 'base', metric: 'rssMiB' } }, {}, /^base: .*rssMiB$/],
  ];
  for (const [what, goal, run, reason] of missing) {
    it(`are not measured, with the reason, when ${what}`, () => {
      const verdict = judgeOne(200, goal, run);
      assert.equal(verdict.status, 'not measured');
      assert.equal(verdict.measured, undefined);
      assert.match(verdict.reason ?? '', reason);
    });
  }

  it('are not measured when no repetition has both sides', () => {
    const run = results([measured('w', [{ 'readAt@b': sample(200) }, { base: sample(100) }])]);
    assert.deepEqual(
      judge(run, [RATE]).map(({ status, reason }) => [status, reason]),
      [['not measured', 'no repetition has both sides']],
    );
  });

  it('say what they are', () => {
    const texts = (goal: Goal): string[] => [goalSubject(goal), goalTarget(goal)];
    const [rate] = GOALS;
    assert.deepEqual(texts(rate as Goal), ['readAt@io_uring', '≥ 0.9 x fio']);
    const find = (metric: string): Goal => GOALS.find((goal) => goal.measured.metric === metric) as Goal;
    assert.deepEqual(texts(find('cpuPerOp')), ['readAt@io_uring, CPU per read', '≤ 1.3 x readSync']);
    assert.deepEqual(texts(find('busyP99Us')), ['readAt@io_uring, pool full p99', '≤ 3 x idle p99']);
    assert.deepEqual(texts(find('rssMiB')), ['readAt@io_uring, memory above idle', '≤ 100 MiB']);
  });

  it('have a margin above 1 when they are more than kept', () => {
    assert.equal(margin(RATE, 3), 1.5);
    assert.equal(margin({ ...RATE, compare: 'at most' }, 1), 2);
  });

  it('name the peers to measure', () => {
    assert.deepEqual(peersOfGoals('w', [RATE, { ...RATE, baseline: { peer: 'c', metric: 'cpuPerOp' } }]), [
      'readAt@b',
      'base',
      'c',
    ]);
    assert.deepEqual(peersOfGoals('other', [RATE]), []);
  });

  const rates = (...ours: readonly number[]): Repetition[] =>
    ours.map((rate) => ({ 'readAt@b': sample(rate), base: sample(100) }));

  it('are settled when repetitions agree more than a coin would', () => {
    assert.deepEqual(unsettledPeers('w', rates(210, 220, 230, 240, 250), [RATE]), []);
    assert.deepEqual(unsettledPeers('w', rates(190, 180, 170, 160, 150), [RATE]), []);
    assert.deepEqual(unsettledPeers('w', rates(210, 220, 230, 240, 150), [RATE]), ['readAt@b', 'base']);
    assert.deepEqual(unsettledPeers('w', rates(210, 220, 230, 240), [RATE]), ['readAt@b', 'base']);
    assert.deepEqual(unsettledPeers('w', rates(150, 210, 220, 230, 240, 250, 260, 270), [RATE]), []);
  });

  it('leave nobody to measure again who is of no open goal, or was measured often enough', () => {
    const open = rates(210, 220, 230, 240, 150);
    assert.deepEqual(unsettledPeers('other', open, [RATE]), []);
    const easy: Goal = { ...RATE, baseline: { peer: 'easy', metric: 'opsPerSecond' }, target: 1 };
    const both = open.map((repetition) => ({ ...repetition, easy: sample(10) }));
    assert.deepEqual(unsettledPeers('w', both, [RATE, easy]), ['readAt@b', 'base']);
    const often = rates(...Array.from({ length: MOST_REPETITIONS }, (_, index) => 190 + 20 * (index % 2)));
    assert.deepEqual(unsettledPeers('w', often.slice(1), [RATE]), ['readAt@b', 'base']);
    assert.deepEqual(unsettledPeers('w', often, [RATE]), []);
  });

  it('are not measured again where nothing was measured at all', () => {
    assert.deepEqual(unsettledPeers('w', [{ 'readAt@b': sample(1) }], [RATE]), []);
  });

  it('are reached or missed narrowly where chance could have it so', () => {
    const statusOf = (...ours: readonly number[]): string =>
      goalStatus(judge(results([measured('w', rates(...ours))]), [RATE])[0] as Verdict);
    assert.equal(statusOf(210, 220, 190), 'reached narrowly');
    assert.equal(statusOf(210, 190, 180), 'missed narrowly');
    assert.equal(statusOf(210, 220, 230), 'reached');
    assert.equal(statusOf(190, 210, 220, 230, 240, 250, 260, 270), 'reached');
  });

  it('say of how many repetitions they are the median', () => {
    const [verdict] = judge(results([measured('w', [...rates(1, 2), { base: sample(1) }])]), [RATE]);
    assert.equal(verdict?.repetitions, 2);
  });

  const peers = peersFor(['io_uring', 'node-fs']);
  for (const goal of GOALS) {
    it(`"${goal.workload}: ${goalSubject(goal)} ${goalTarget(goal)}" names what exists`, () => {
      const workload = WORKLOADS.find(({ name }) => name === goal.workload);
      assert.ok(workload);
      assert.ok(workload.suite.includes('goals'));
      for (const quantity of [goal.measured, goal.baseline]) {
        if (quantity === undefined) continue;
        assert.ok(peers.find(({ id }) => id === quantity.peer)?.measures[workload.kind], quantity.peer);
      }
    });
  }

  it('use every workload of their suite', () => {
    const suite = WORKLOADS.filter((workload) => workload.suite.includes('goals'));
    for (const { name } of suite) assert.ok(peersOfGoals(name).length > 0, name);
  });
});
