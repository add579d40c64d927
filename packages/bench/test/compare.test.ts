import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compareRuns, onlyIn } from '../src/compare.js';
import { comparison } from '../src/report.js';
import { readResults, type Results } from '../src/results.js';
import { measured, results, sample } from './results-fixture.js';

function run(rates: Readonly<Record<string, readonly number[]>>, change: Partial<Results> = {}): Results {
  const repetitions = [0, 1, 2].map((index) =>
    Object.fromEntries(
      Object.entries(rates).map(([peer, values]) => [peer, sample(values[index] as number)]),
    ),
  );
  return results([measured('w', repetitions)], change);
}

describe('bench compare', () => {
  it('divides medians, and says whether the ranges overlap', () => {
    const a = run({ up: [90, 100, 110], same: [90, 100, 110], down: [90, 100, 110] });
    const b = run({ up: [120, 150, 200], same: [110, 120, 130], down: [40, 50, 60] });
    assert.deepEqual(
      compareRuns(a, b).map(({ peer, ratio, note }) => [peer, ratio, note]),
      [
        ['up', 1.5, 'better'],
        ['same', 1.2, 'ranges overlap'],
        ['down', 0.5, 'worse'],
      ],
    );
  });

  it('knows that a shorter delay is better', () => {
    const loop = (delayP99Ms: number): Results =>
      results([measured('loop', [{ x: sample(1, 1, { delayP99Ms }) }], { kind: 'loop' })]);
    assert.equal(compareRuns(loop(4), loop(2))[0]?.note, 'better');
    assert.equal(compareRuns(loop(2), loop(4))[0]?.note, 'worse');
  });

  it('tells what only one run has, or defines in another way', () => {
    const a = run({ x: [1, 2, 3], y: [1, 2, 3] });
    assert.deepEqual(onlyIn(a, run({ x: [1, 2, 3] })), ['w y']);
    const other = results([measured('w', [{ x: sample(1) }], { depth: 1 })]);
    assert.deepEqual(compareRuns(a, other), []);
    assert.deepEqual(onlyIn(a, other), ['w']);
  });

  it('prints ratios, and what the machines differ in', () => {
    const a = run({ x: [90, 100, 110] });
    const b = run({ x: [190, 200, 210] }, { machine: { ...a.machine, kernel: '6.9.9' } });
    const text = comparison(a, b);
    assert.match(text, /system.*linux 6\.1\.0 x64.*linux 6\.9\.9 x64/);
    assert.doesNotMatch(text, /ext4/, 'what is the same is not printed');
    assert.match(text, /w.*x.*100 \(90\.\.110\).*200 \(190\.\.210\).*2\.00.*better/);
  });
});

describe('bench results', () => {
  let directory: string;
  before(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-bench-'))));
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  function written(content: unknown): string {
    const file = path.join(directory, 'results.json');
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  it('are read as they were written', () => {
    const whole = results(
      [measured('w', [{ x: sample(5, 1e-6, { p50Us: 3 }) }], { kind: 'latency', rate: 20_000 })],
      { label: 'a label', leftOut: [{ workload: 'w', peer: 'fio', reason: 'r' }] },
    );
    assert.deepEqual(readResults(written(whole)), whole);
  });

  const damaged: [string, (good: Results) => unknown, RegExp][] = [
    ['is no JSON', () => 'nonsense', /results\.json can't be read as JSON/],
    [
      'is of something else',
      () => ({ a: 1 }),
      /results\.json is not a result of `pnpm bench --json`:[^]*machine/,
    ],
    ['lacks a part', (good) => ({ ...good, workloads: undefined }), /expected array[^]*workloads/],
    [
      'has a wrong value deep inside',
      (good) => ({ ...good, workloads: [measured('w', [{ x: { ...sample(1), ops: 'many' } as never }])] }),
      /expected number[^]*workloads\[0\]\.repetitions\[0\]\.x\.ops/,
    ],
    [
      'has a kind of workload that there is not',
      (good) => ({ ...good, workloads: [measured('w', [], { kind: 'odd' as never })] }),
      /workloads\[0\]\.kind/,
    ],
  ];
  for (const [what, damage, message] of damaged) {
    it(`are refused, with the file and the place, when it ${what}`, () => {
      assert.throws(() => readResults(written(damage(results([])))), message);
    });
  }

  it('are refused when there is no such file', () => {
    assert.throws(() => readResults(path.join(directory, 'missing.json')), /no such file: .*missing\.json/);
  });
});
