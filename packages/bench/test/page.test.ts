import assert from 'node:assert/strict';
import { SECTIONS } from '../src/chart-data.js';
import { draw } from '../src/charts.js';
import { FIGURES } from '../src/figures.js';
import { fileSystemIn } from '../src/file-system.js';
import { judge } from '../src/goals.js';
import { html } from '../src/html.js';
import { page } from '../src/page.js';
import type { Results } from '../src/results.js';
import { type WorkloadKind, WORKLOADS } from '../src/workloads.js';
import { measured, results, sample } from './results-fixture.js';

const METRICS_OF_ALL_KINDS = Object.fromEntries(
  Object.values(FIGURES)
    .flat()
    .map(({ metric }, index) => [metric, index + 1]),
);

/** Every workload that there is, with three peers of which ours is in the middle. */
function everything(): Results {
  const repetitions = [1, 1.1].map((factor) => ({
    'readAt@io_uring': sample(1000 * factor, 1e-6, METRICS_OF_ALL_KINDS),
    'fs.read': sample(500 * factor, 4e-6, METRICS_OF_ALL_KINDS),
    readSync: sample(1234 * factor, 1e-6, METRICS_OF_ALL_KINDS),
  }));
  return results(WORKLOADS.map((workload) => ({ ...workload, repetitions })));
}

describe('bench page', function () {
  this.timeout(120_000);

  it('has each workload, its peers and figures, where it loses, and goals', async () => {
    const run = everything();
    const verdicts = judge(run);
    const text = await page(run, verdicts);
    for (const { name, title } of WORKLOADS) {
      assert.ok(text.includes(`<details id="${name}">`), name);
      assert.ok(text.includes(title.replaceAll('&', '&amp;')), title);
    }
    assert.ok(/Where it loses[^]*0\.81 \(0\.81\.\.0\.81\) of readSync/.test(text));
    const count = (status: string) => verdicts.filter((verdict) => verdict.status === status).length;
    assert.ok(text.includes(`${count('reached')} reached, ${count('missed')} missed, `));
    for (const fact of ['a processor', 'linux 6.1.0 x64', 'ext4', 'v20.20.0', 'pnpm bench --quick'])
      assert.ok(text.includes(fact), fact);
  });

  it('needs nothing from elsewhere', async () => {
    const text = await page(everything(), []);
    const addresses = [...text.matchAll(/(?:src|href|xlink:href|action)="([^"]*)"|url\(([^)]*)\)|@import/g)];
    assert.deepEqual(
      addresses.map(([, address]) => address).filter((address) => !address?.startsWith('#')),
      [],
    );
  });

  it('has a table for each chart', async () => {
    const text = await page(everything(), []);
    const count = (part: RegExp): number => text.match(part)?.length ?? 0;
    assert.ok(count(/<figure>/g) > 0);
    assert.equal(count(/<figure>/g), count(/<summary>as a table<\/summary>/g));
  });

  it('says what failed, what was left out, and that nothing was measured', async () => {
    const text = await page(
      results([measured('empty', [])], {
        label: '<a label & more>',
        leftOut: [{ workload: 'empty', peer: 'fio', reason: 'not installed' }],
        failures: [{ workload: 'empty', peer: 'fs.read', repetition: 0, message: 'wrong content' }],
      }),
      [],
    );
    assert.ok(/&lt;a label &amp; more&gt;/.test(text));
    assert.ok(/left out: not installed/.test(text));
    assert.ok(/failed in repetition 1: wrong content/.test(text));
    assert.ok(/Nothing was measured/.test(text));
  });
});

describe('bench charts', function () {
  this.timeout(60_000);

  const kinds = Object.keys(FIGURES) as WorkloadKind[];
  for (const kind of kinds) {
    it(`draw ${kind}, naming peers and figures`, async () => {
      const repetitions = [
        {
          'readAt@io_uring': sample(1234, 1e-6, METRICS_OF_ALL_KINDS),
          'fs.read': sample(567, 1e-6, METRICS_OF_ALL_KINDS),
        },
      ];
      const charts = SECTIONS.flatMap(({ charts: of }) => of([measured('w', repetitions, { kind })]));
      assert.ok(charts.length > 0);
      for (const chart of charts) {
        const svg = await draw(chart, 'file');
        assert.match(svg, /^<svg /);
        const label = chart.figure.format(chart.rows[0]?.values[0]?.median ?? NaN);
        for (const text of ['readAt@io_uring', 'fs.read', label, chart.title])
          assert.ok(svg.includes(text), text);
      }
    });
  }

  it('put workloads that differ in depth alone into one, by depth', () => {
    const [sweep] = SECTIONS;
    const charts = sweep?.charts([
      measured('b', [{ x: sample(30) }], { depth: 16 }),
      measured('a', [{ x: sample(10) }, { x: sample(20) }], { depth: 4 }),
      measured('alone', [{ x: sample(1) }], { blockSize: 512 }),
    ]);
    assert.deepEqual(
      charts?.map(({ form, columns, rows }) => [
        form,
        columns,
        rows[0]?.values.map((value) => value?.median),
      ]),
      [
        ['bars', ['reads/s'], [1]],
        ['lines', ['4', '16'], [15, 30]],
      ],
    );
  });
});

describe('bench page pieces', () => {
  it('what is put into markup is text, unless it is markup', () => {
    const inner = html`<b>${'<&"\''}</b>`;
    assert.equal(html`<p>${inner}${[1, undefined, 'x']}</p>`.source, '<p><b>&lt;&amp;&quot;&#39;</b>1x</p>');
  });

  it('the mount that has a file is the deepest, and of two the later', () => {
    const mounts = [
      '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
      '23 22 0:21 / /home rw - xfs /dev/vdb rw',
      '24 22 0:22 / /with\\040space rw - btrfs /dev/vdc rw',
      '25 23 0:23 / /home rw master:2 - tmpfs tmpfs rw',
      '',
    ].join('\n');
    assert.equal(fileSystemIn(mounts, '/etc/file'), 'ext4');
    assert.equal(fileSystemIn(mounts, '/home/file'), 'tmpfs');
    assert.equal(fileSystemIn(mounts, '/homes/file'), 'ext4');
    assert.equal(fileSystemIn(mounts, '/with space/file'), 'btrfs');
    assert.equal(fileSystemIn('', '/file'), undefined);
  });
});
