import assert from 'node:assert/strict';
import { losses } from '../src/losses.js';
import { measured, sample } from './results-fixture.js';

const first = (_: unknown, index: number): boolean => index === 0;

describe('bench losses', () => {
  it('are the ways of ours that are behind, the worst first, with everyone who is ahead', () => {
    const found = losses(
      [
        measured('close', [{ 'readAt@x': sample(90), fio: sample(100), 'fs.read': sample(50) }]),
        measured('bad', [
          { 'readAt@x': sample(20), 'read@x': sample(120), fio: sample(40), readSync: sample(100) },
        ]),
      ],
      first,
    );
    assert.deepEqual(
      found.map(({ workload, way, backend, behind }) => [
        workload,
        way,
        backend,
        ...behind.map(({ peer, share }) => `${peer} ${share.median}`),
      ]),
      [
        ['bad', 'readAt@x', 'x', 'readSync 0.2', 'fio 0.5'],
        ['close', 'readAt@x', 'x', 'fio 0.9'],
      ],
    );
  });

  it('are shares below 1 also where less is better', () => {
    const delay = (delayP99Ms: number) => sample(1, 1e-6, { delayP99Ms });
    const loop = measured('loop', [{ 'readAt@x': delay(8), 'fs.read': delay(2) }], { kind: 'loop' });
    const [loss] = losses([loop], first);
    assert.deepEqual(loss?.behind, [{ peer: 'fs.read', share: { median: 0.25, min: 0.25, max: 0.25 } }]);
  });

  it('leave out the control, ways of ours among themselves, and what is even', () => {
    const delay = (delayP99Ms: number) => sample(1, 1e-6, { delayP99Ms });
    const loop = { 'readAt@x': delay(8), 'read@x': delay(2), 'no-reads': delay(1), 'fs.read': delay(8) };
    assert.deepEqual(losses([measured('loop', [loop], { kind: 'loop' })], first), []);
  });

  it('look at the figures that are chosen', () => {
    const workload = measured('w', [{ 'readAt@x': sample(200, 3e-6), fio: sample(100, 1e-6) }]);
    assert.deepEqual(losses([workload], first), []);
    const [loss] = losses([workload], ({ metric }) => metric === 'cpuPerOp');
    assert.equal(loss?.figure.metric, 'cpuPerOp');
    assert.ok(Math.abs((loss?.behind[0].share.median ?? 0) - 1 / 3) < 1e-9);
  });
});
