import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { GOALS, peersOfGoals } from '../src/goals.js';
import type { Options } from '../src/options.js';
import { assign, leftOutLines, select, type Selection } from '../src/plan.js';
import { WORKLOADS } from '../src/workloads.js';

const PLAIN: Options = { quick: false, goals: false, list: false };

function namesOf({ workloads }: Selection): string[] {
  return workloads.map(({ name }) => name);
}

describe('bench plan', () => {
  let directory: string;
  before(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-bench-'))));
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  it('has the workloads of a suite, or those that are named', () => {
    const quick = WORKLOADS.filter(({ suite }) => suite.includes('quick')).map(({ name }) => name);
    assert.deepEqual(namesOf(select({ ...PLAIN, quick: true })), quick);
    assert.deepEqual(namesOf(select({ ...PLAIN, workload: ['random-4k-d64'] })), ['random-4k-d64']);
    const beginning = namesOf(select({ ...PLAIN, workload: ['random-4k-d'] }));
    assert.ok(beginning.includes('random-4k-d1') && beginning.includes('random-4k-d64-direct'));
    assert.throws(() => select({ ...PLAIN, workload: ['stream', 'nonsense'] }), /no workload 'nonsense'/);
  });

  it('has the peers that are named, on every backend', () => {
    const ids = select({ ...PLAIN, peer: ['readAt@node-fs', 'fio'] }).peers.map(({ id }) => id);
    assert.deepEqual(ids, ['readAt@node-fs', 'fio']);
    const everywhere = select({ ...PLAIN, peer: ['readAt'] }).peers.map(({ id }) => id);
    assert.ok(everywhere.includes('readAt@node-fs'));
    assert.throws(() => select({ ...PLAIN, peer: ['nonsense'] }), /no peer 'nonsense'/);
  });

  it('measures, or leaves out with a reason, exactly the peers that the goals name', () => {
    const file = path.join(directory, 'small');
    fs.writeFileSync(file, Buffer.alloc(1 << 20));
    const { work, leftOut } = assign(select({ ...PLAIN, goals: true }), file);
    assert.deepEqual(
      work.map(({ workload }) => workload.name).sort(),
      [...new Set(GOALS.map(({ workload }) => workload))].sort(),
    );
    for (const { workload, peers } of work) {
      const missing = leftOut.filter((entry) => entry.workload === workload.name).map(({ peer }) => peer);
      assert.deepEqual([...peers, ...missing].sort(), peersOfGoals(workload.name).sort());
    }
    assert.ok(leftOut.every(({ reason }) => reason !== ''));
  });

  it('names each reason once', () => {
    const lines = leftOutLines([
      { workload: 'a', peer: 'fio', reason: 'not installed' },
      { workload: 'b', peer: 'fio', reason: 'not installed' },
      { workload: 'b', peer: 'fs.read', reason: 'too small' },
    ]);
    assert.deepEqual(lines, ['fio is left out: not installed (a, b)', 'fs.read is left out: too small (b)']);
  });
});
