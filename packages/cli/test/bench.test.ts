/** `overlapped bench`: a whole short run, its file, and the arithmetic of a contest. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describeBackends } from '@overlapped/core';
import { Fixtures, skipUnless } from '@overlapped/conformance';
import { type Contestant, REPETITIONS, type Result, runContest, type Work } from '../src/bench/contest.js';
import { bar } from '../src/bench/page.js';
import { overlapped, text } from './command.js';

interface Document {
  readonly path: string;
  readonly temporary: boolean;
  readonly backend: string;
  readonly measuredBytes: number;
  readonly contests: readonly { readonly title: string; readonly results: readonly Result[] }[];
  readonly notMeasured: readonly { readonly reason: string }[];
}

/** A contestant that takes its time, and gives `sum`. */
function fake(name: string, milliseconds: number, sum: (work: Work) => number): Contestant {
  return {
    name,
    ours: false,
    run: (work) => new Promise((resolve) => setTimeout(() => resolve(sum(work)), milliseconds)),
  };
}

describe('command overlapped bench', () => {
  const fixtures = new Fixtures();
  after(() => fixtures.dispose());

  it('measures a named file in every contest, or says why not', async function () {
    this.timeout(120_000); // a machine that is busy with other things

    const file = fixtures.file(1 << 20);
    const exit = await overlapped(['bench', file, '--json']);
    assert.deepEqual([exit.code, exit.stderr], [0, '']);
    const document = JSON.parse(text(exit)) as Document;
    assert.deepEqual(
      [document.path, document.temporary, document.backend, document.measuredBytes],
      [file, false, describeBackends().chosen, 1 << 20],
    );
    assert.equal(document.contests.length + document.notMeasured.length, 3);
    for (const { title, results } of document.contests) {
      assert(results.some(({ ours }) => ours) && results.some(({ ours }) => !ours), title);
      assert.equal(results.at(-1)?.ratio, 1);
      for (const { rates, median, name } of results) {
        assert.equal(rates.length, REPETITIONS);
        assert(median > 0 && rates.includes(median), name);
      }
    }
    for (const { reason } of document.notMeasured) assert.notEqual(reason, '');
  });

  it('removes its own file when it is interrupted', async function () {
    skipUnless(this, process.platform !== 'win32', 'nothing is told of an end there');
    const folder = fixtures.path('tmp');
    fs.mkdirSync(folder);
    let made: string[] = [];
    const exit = await overlapped(['bench'], {
      env: { TMPDIR: folder },
      meanwhile: (child) => {
        const watcher = fs.watch(folder, () => {
          watcher.close();
          made = fs.readdirSync(folder);
          child.kill('SIGINT');
        });
      },
    });
    assert.deepEqual([exit.signal, text(exit), made.length], ['SIGINT', '', 1]);
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  it('refuses what can’t be measured', async () => {
    const small = fixtures.file(1000);
    const [few, folder] = await Promise.all([overlapped(['bench', small]), overlapped(['bench', __dirname])]);
    assert.deepEqual([few.code, folder.code], [1, 1]);
    assert.match(few.stderr, /has 1000 bytes, too few to measure\. Name a file of 1 MiB or more/);
    assert.match(folder.stderr, /EISDIR/);
  });

  it('gives each contestant of a repetition the same work, in turn', async () => {
    const works = new Map<string, Work[]>();
    const note = (name: string) => (work: Work) => {
      works.set(name, [...(works.get(name) ?? []), work]);
      return work.seed;
    };
    let steps = 0;
    const contestants = [fake('a', 60, note('a')), fake('b', 60, note('b'))];
    const results = await runContest({ title: '', unit: 'reads', contestants }, () => steps++);
    assert.equal(steps, 2 * REPETITIONS);
    const [a, b] = [works.get('a')?.slice(-REPETITIONS), works.get('b')?.slice(-REPETITIONS)];
    assert.deepEqual(a, b);
    assert.deepEqual(
      a?.map(({ seed }) => seed),
      [1, 2, 3, 4, 5],
    );
    assert.deepEqual(
      results.map(({ name, rates }) => [name, rates.length]),
      [
        ['a', REPETITIONS],
        ['b', REPETITIONS],
      ],
    );
  });

  it('fails when two contestants read different bytes', async () => {
    const contestants = [fake('right', 60, () => 1), fake('wrong', 60, ({ seed }) => seed)];
    const contest = runContest({ title: '', unit: 'reads', contestants }, () => undefined);
    await assert.rejects(contest, /wrong and right read different bytes/);
  });

  it('draws bars to an eighth of a character', () => {
    assert.deepEqual(
      [bar(0, 10), bar(1, 4), bar(0.5, 3), bar(1 / 16, 2), bar(0.999, 2)],
      ['', '████', '█▌', '▏', '██'],
    );
  });
});
